/*
 * A stream's audio thread: takes sound out of a source and gives it on, frame by frame, by the cadence. What becomes of
 * a frame is the protocol's business.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "audio/source.h"

struct pf_audio_out;

struct pf_audio_frame {
	const float *samples; /* frame_frames x channels, interleaved */
	int64_t pts_ns;       /* pf_now_ns() at which the first was captured */
	bool silent;          /* every sample is zero */
	bool broken;          /* does not join the frame before */
};

struct pf_audio_out_params {
	struct pf_audio_source *source; /* taken over once started */
	unsigned frame_frames;
	bool endless; /* gives silence for ever where nothing is captured, else for half a second */
	bool muted;   /* from the first frame on */
	float gain;   /* 0 = 1.0; loud peaks are rounded off, not cut */
	/* On the audio thread. */
	void (*on_frame)(void *user, const struct pf_audio_frame *frame);
	void *user;
};

/* What the source has stored until now is thrown away. Errors: PF_ERR_NOMEM: the source is still the caller's then. */
int pf_audio_out_start(struct pf_audio_out **out, const struct pf_audio_out_params *params);
/* Silence from now on, or sound again. Thread-safety: safe. */
void pf_audio_out_mute(struct pf_audio_out *o, bool muted);
/* Begins the end; does not wait. NULL is fine. */
void pf_audio_out_quit(struct pf_audio_out *o);
/* Ends it, the source too. NULL is fine. */
void pf_audio_out_stop(struct pf_audio_out *o);
