/*
 * The media side of one client's stream, whatever protocol it speaks: display thread, sender, input, numbers, and the
 * notices of the threads behind them. Private to the planes; everything here belongs to the net loop.
 */
#pragma once

#include <uv.h>

#include "session/display_thread.h"
#include "session/encode_stage.h"
#include "session/host.h"
#include "session/input_plane.h"
#include "session/outbox.h"
#include "session/stats.h"

struct pf_media {
	struct pf_outbox *outbox;
	struct pf_display_thread *display; /* NULL: none was started, or it has ended */
	struct pf_sender *sender;          /* NULL before it is made */
	struct pf_encode_control control;
	struct pf_session_stats stats;
	struct pf_input_plane *input;
	struct pf_audio_place place; /* where the display's programs play and listen */
};

/* What the pipeline is to make; see pf_pipeline_params. */
struct pf_media_stream {
	enum pf_codec codec;
	struct pf_colour colour;
	unsigned slices;
	uint32_t max_unit_bytes;
};

/* Errors: PF_ERR_NOMEM. */
int pf_media_init(struct pf_media *m, uv_loop_t *loop, enum pf_key_dialect dialect,
	void (*on_notice)(void *user, const struct pf_notice *notice), void *user);
/* PF_NOTICE_PORTS. True: sound is elsewhere now. */
bool pf_media_take_ports(struct pf_media *m, const struct pf_display_ports *ports);
/* Makes or resumes a display; PF_NOTICE_DISPLAY answers. Events and user of params are filled in here. */
int pf_media_start_display(struct pf_media *m, struct pf_display_thread_params *params);
/* Callbacks and user of params are filled in here. Errors: those of pf_sender_create. */
int pf_media_create_sender(struct pf_media *m, struct pf_sender_params *params);
/* Builds and runs the pipeline; the sender has been started. */
void pf_media_run(
	struct pf_media *m, const struct pf_host_params *host, const struct pf_media_stream *stream);
/* The next picture is an IDR. */
void pf_media_force_key(struct pf_media *m);
/* Lets go of input, and ends display thread and sender; PF_NOTICE_STOPPED answers. keep_ms as in display_thread.h: what is
 * kept for the client keeps its controllers too. */
void pf_media_stop(struct pf_media *m, unsigned keep_ms);
/* After PF_NOTICE_STOPPED. */
void pf_media_join(struct pf_media *m);
/* What pf_media_init made is given back; on_gone(user of the notices) is called from the loop at the end. */
void pf_media_finish(struct pf_media *m, void (*on_gone)(void *user));
