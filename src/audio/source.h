/*
 * Where sound comes from: interleaved 32-bit float samples in the order FL FR FC LFE RL RR SL SR. A source runs by
 * its own clock and stores a little of what it captured; the audio thread of a stream takes it out. Functions are
 * called by that one thread, wake by any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_AUDIO_STORE_MS 200 /* what a source stores at most; then the oldest is lost */

struct pf_audio_source;

/* What a source has to give right now. */
struct pf_audio_news {
	unsigned frames;       /* samples per channel that can be read */
	unsigned chunk_frames; /* as they came: the largest chunk of late, 0 before the first */
	int64_t newest_ns;     /* pf_now_ns() when the newest of them was captured */
	uint64_t lost_frames;  /* in all, because nobody took them out */
	unsigned opened; /* how many times; what comes after a reopening does not join what came before */
	bool live;       /* the device is there (it may still be quiet) */
};

struct pf_audio_source_impl {
	const char *name;
	void (*look)(struct pf_audio_source *s, int64_t now_ns, struct pf_audio_news *out);
	/* At most as many frames as look told. */
	void (*read)(struct pf_audio_source *s, float *out, unsigned frames);
	/* Until there is news, wake is called or pf_now_ns() reaches the deadline. */
	void (*wait)(struct pf_audio_source *s, int64_t deadline_ns);
	void (*wake)(struct pf_audio_source *s);
	/* What the device really runs at, whatever the source gives; 0 = not known yet. Any thread. */
	uint32_t (*device_rate)(const struct pf_audio_source *s);
	void (*destroy)(struct pf_audio_source *s);
};

/* First member of every source's own struct. */
struct pf_audio_source {
	const struct pf_audio_source_impl *impl;
	unsigned channels; /* 2, 6, 8 */
	uint32_t rate_hz;
};

/* Sources without a device, for tests and for hosts without sound. name: "silence" or "tone" (a steady tone per
 * channel: 440 Hz, 550 Hz, ... at level 0.25). Errors: PF_ERR_NOT_FOUND (no such source), PF_ERR_NOMEM. */
int pf_audio_source_create(
	struct pf_audio_source **out, const char *name, unsigned channels, uint32_t rate_hz);
