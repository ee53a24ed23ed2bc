/*
 * One client's media path from a display to the sender, in flow order:
 *
 *     display -> capture -> mailbox -> encode -> sender
 *
 * It is built in two steps, so that a new one can be ready before the old one is dropped: prepare opens
 * capture and encoder and waits for the first picture, run starts encoding. The sender outlives pipelines.
 * All calls come from the session's display thread.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "display/display.h"
#include "encode/encoder.h"
#include "send/sender.h"
#include "session/encode_stage.h"

struct pf_pipeline;

struct pf_pipeline_params {
	struct pf_display *display; /* borrowed until destroy returns */
	struct pf_sender *sender;   /* same */
	struct pf_encode_control *control;
	const char *encoder; /* backend name or NULL */
	enum pf_codec codec;
	struct pf_colour colour; /* see encoder.h */
	unsigned slices;         /* wish of the client; 0 = none */
	uint32_t max_unit_bytes;
	uint32_t max_frames; /* 0 = never ends by itself */
	/* A stage ended by itself; reason empty = max_frames reached. Any stage thread, perhaps several times;
	 * `generation` says of which pipeline. */
	void (*on_ended)(void *user, unsigned generation, const struct pf_reason *reason);
	void *user;
	unsigned generation;
};

/* Opens capture and encoder and waits up to 5 s for the first picture.
 * Errors: those of pf_display_open_capture and pf_encoder_open; PF_ERR_TIMEOUT (no picture came). */
int pf_pipeline_prepare(
	struct pf_pipeline **out, const struct pf_pipeline_params *params, struct pf_reason *reason);
/* Starts encoding; the first unit is an IDR. Errors: PF_ERR_NOMEM. */
int pf_pipeline_run(struct pf_pipeline *p, struct pf_reason *reason);
/* The encode thread looks at force_key now, without waiting for a picture. */
void pf_pipeline_wake(struct pf_pipeline *p);
/* Sets force_key and wakes. */
void pf_pipeline_force_key(struct pf_pipeline *p);
/* Stops and joins every stage, newest first. NULL is fine. */
void pf_pipeline_destroy(struct pf_pipeline *p);
