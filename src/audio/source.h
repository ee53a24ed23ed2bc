/*
 * Where sound comes from: interleaved 32-bit float samples at 48 kHz in the order FL FR FC LFE RL RR SL SR. One
 * thread, the audio thread of a stream.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define PF_AUDIO_RATE_HZ 48000

struct pf_audio_source;

struct pf_audio_source_impl {
	const char *name;
	/* Always gives all samples: silence where there is none. Never waits; the caller keeps the time. */
	void (*read)(struct pf_audio_source *s, float *out, unsigned frames);
	void (*destroy)(struct pf_audio_source *s);
};

/* First member of every source's own struct. */
struct pf_audio_source {
	const struct pf_audio_source_impl *impl;
};

/* name: "silence" (NULL too) or "tone" (a steady tone per channel: 440 Hz, 550 Hz, ...).
 * Errors: PF_ERR_NOT_FOUND (no such source), PF_ERR_NOMEM. */
int pf_audio_source_create(struct pf_audio_source **out, const char *name, unsigned channels);
