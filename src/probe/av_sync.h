/*
 * How far sound and picture of a programme are apart that flashes and beeps at the same instants: finds the flashes in
 * the brightness of its pictures, the beeps in its samples, and pairs them. Pure; pictures and sound may be told by two
 * threads at a time, the result is for afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_AV_SYNC_EVENTS_MAX 1024 /* later flashes, and beeps, are not looked at */

/* pts of each, ascending. */
struct pf_av_sync_events {
	uint64_t pts_ns[PF_AV_SYNC_EVENTS_MAX];
	unsigned count;
};

/* Zero-initialised is ready. */
struct pf_av_sync {
	float darkest, brightest; /* of all pictures */
	bool seen, bright;        /* there was a picture; the last one was bright */
	struct pf_av_sync_events flashes;

	float loudest;          /* of all samples, as a magnitude */
	bool heard;             /* there was sound */
	uint64_t quiet_from_ns; /* pts of the last loud frame, or of the first one */
	struct pf_av_sync_events beeps;
};

struct pf_av_sync_result {
	unsigned flashes, beeps, pairs;
	double mean_ms, deviation_ms, min_ms, max_ms; /* sound minus picture; zeros without pairs */
};

/* luma: mean of the picture, on any scale that stays the same. */
void pf_av_sync_picture(struct pf_av_sync *a, uint64_t pts_ns, float luma);
/* Interleaved. pts_ns is that of the first frame; channels and rate_hz are not 0. */
void pf_av_sync_sound(struct pf_av_sync *a, uint64_t pts_ns, const float *samples, size_t frames,
	unsigned channels, unsigned rate_hz);
struct pf_av_sync_result pf_av_sync_result(const struct pf_av_sync *a);
