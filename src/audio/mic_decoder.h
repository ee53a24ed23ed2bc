/*
 * Opus packets to sound, and something instead of those that are not there. Makes one chunk at a time and hands it out
 * without a click, whatever came before. Allocates in init only; one thread.
 */
#pragma once

#include <opus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_MIC_CHANNELS         2
#define PF_MIC_CHUNK_FRAMES_MAX 5760 /* 120 ms at 48 kHz */

struct pf_mic_decoder {
	OpusDecoder *opus;
	unsigned frames, taken;    /* of the chunk */
	unsigned concealed_frames; /* in a row */
	bool silent;               /* the sound is over: nothing left to conceal with */
	bool cut;                  /* the chunk does not join what was handed out before */
	unsigned joining;          /* frames until it does */
	float last[PF_MIC_CHANNELS], step[PF_MIC_CHANNELS];
	float pcm[PF_MIC_CHANNELS * PF_MIC_CHUNK_FRAMES_MAX];
};

/* Errors: PF_ERR_NOMEM. */
int pf_mic_decoder_init(struct pf_mic_decoder *d);
void pf_mic_decoder_finish(struct pf_mic_decoder *d);

/* Each of these replaces the chunk; frames is a multiple of 120 and at most PF_MIC_CHUNK_FRAMES_MAX. */

/* Errors: PF_ERR_INVALID (not Opus): then there is concealment. len 0 = silence. */
int pf_mic_decoder_play(struct pf_mic_decoder *d, const uint8_t *data, size_t len, unsigned frames);
/* The lost packet in front of this one, as far as this one still tells it. */
void pf_mic_decoder_recover(struct pf_mic_decoder *d, const uint8_t *data, size_t len, unsigned frames);
/* What could have come; silence after a while. Any number of frames while silent. */
void pf_mic_decoder_conceal(struct pf_mic_decoder *d, unsigned frames);
/* No sound, and what comes has nothing to do with what was. */
void pf_mic_decoder_reset(struct pf_mic_decoder *d);

float pf_mic_decoder_peak(const struct pf_mic_decoder *d);
/* Drops the chunk, or the rest of it. */
void pf_mic_decoder_skip(struct pf_mic_decoder *d);
/* At most frames of the chunk; returns how many. */
unsigned pf_mic_decoder_take(struct pf_mic_decoder *d, float *out, unsigned frames);
