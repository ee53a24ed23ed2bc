/*
 * A session's display thread: everything that may block for a while (making, changing and removing the
 * output, opening capture and encoder) happens here, so that the net loop never waits. It owns the display
 * and the pipeline. Calls only post a job and come from the net loop; events are called on the display
 * thread and must only post as well.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "session/display_pool.h"
#include "session/pipeline.h"

struct pf_display_thread;

/* What else goes into a display and comes out of it. */
struct pf_display_ports {
	struct pf_input *input; /* NULL: it takes none */
	struct pf_audio_place sound;
};

struct pf_display_events {
	/* The answer to start: PF_OK and the mode in force, or an error with its reason. */
	void (*on_display)(void *user, int rc, struct pf_mode mode, const struct pf_reason *reason);
	/* Before on_display, and again when another display takes its place. They stay valid, and their user's alone,
	 * until pf_display_thread_stop. May be NULL. */
	void (*on_ports)(void *user, const struct pf_display_ports *ports);
	/* The stream now runs in this mode and begins with an IDR. `asked`: it is the answer to set_mode (rc tells
	 * whether the wish came true). gap_ms: how long no picture was encoded. */
	void (*on_mode)(void *user, int rc, struct pf_mode mode, bool asked, unsigned gap_ms,
		const struct pf_reason *reason);
	/* The session cannot go on; only stop is useful from now on. Empty reason: all frames were sent. */
	void (*on_failed)(void *user, const struct pf_reason *reason);
	/* Last call: join will return at once. */
	void (*on_stopped)(void *user);
};

struct pf_display_thread_params {
	struct pf_display_pool *pool;       /* outlives the thread */
	const struct pf_fingerprint *owner; /* copied; NULL = anonymous, never resumed */
	const char *backend;                /* of displays; NULL = best */
	struct pf_display_params display;   /* strings outlive the thread */
	const struct pf_display_events *events;
	void *user;
};

/* Starts the thread and the making of a display (or the resuming of a kept one). Errors: PF_ERR_NOMEM. */
int pf_display_thread_start(struct pf_display_thread **out, const struct pf_display_thread_params *params);
/* Builds and runs the pipeline towards params->sender; display, generation, on_ended and user are filled in
 * here. */
void pf_display_thread_run(struct pf_display_thread *t, const struct pf_pipeline_params *params);
/* Before the pipeline runs: changes the display, and is answered by on_failed only, when that cannot be.
 * Later: changes the mode without a gap longer than needed: the new pipeline first, then the old one goes. */
void pf_display_thread_set_mode(struct pf_display_thread *t, struct pf_mode mode);
/* After force_key was set: an idle source's held picture is sent as an IDR at once. */
void pf_display_thread_wake(struct pf_display_thread *t);
/* Ends the pipeline, then the sender (NULL is fine), keeps the display for keep_ms (0: not at all), then
 * on_stopped. */
void pf_display_thread_stop(struct pf_display_thread *t, struct pf_sender *sender, unsigned keep_ms);
/* After on_stopped only. */
void pf_display_thread_join(struct pf_display_thread *t);
