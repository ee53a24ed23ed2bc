/*
 * When each frame of sound goes out, what it is when nothing was captured, and its presentation time (native-media 6.1).
 * A device that gives a frame or less at a time sets the beat itself: what it gives goes out at once. Larger chunks are
 * spread over their length. Pure; times are pf_now_ns().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "audio/source.h"

enum pf_cadence_step {
	PF_CADENCE_WAIT,    /* for news, at most until until_ns */
	PF_CADENCE_FRAME,   /* take a whole frame out of the source */
	PF_CADENCE_SILENCE, /* there is a hole: whatever is left in the source, then silence */
};

struct pf_cadence_order {
	enum pf_cadence_step step;
	int64_t until_ns;
	int64_t pts_ns; /* when the first sample was captured; never goes back */
	bool broken;    /* does not join what came before */
	bool fade_in;   /* sound begins: from nothing */
	bool fade_out;  /* of what is left: to nothing */
};

struct pf_cadence {
	uint32_t rate_hz;
	unsigned frame_frames; /* of one frame */
	bool endless;          /* silence never stops */

	enum { PF_CADENCE_ASLEEP, PF_CADENCE_FLOWING, PF_CADENCE_HOLE } state;
	unsigned opened; /* of the news that the last frame came with, and ... */
	uint64_t lost_frames;
	bool starved; /* the next frame was due before it was there */
	int64_t due_ns, hole_ns;
	int64_t base_ns;  /* pts of ... */
	uint64_t counted; /* ... this many frames before the next */
	bool has_base;
	int64_t lead_ns; /* least lead of the arrivals over the count, in this window */
	unsigned leads;
	bool far; /* behind by so much that it must not last */
};

/* endless: GameStream, whose clients want packets always. */
void pf_cadence_init(struct pf_cadence *c, uint32_t rate_hz, unsigned frame_frames, bool endless);
/* What to do now; FRAME and SILENCE are taken as done. */
struct pf_cadence_order pf_cadence_next(
	struct pf_cadence *c, const struct pf_audio_news *news, int64_t now_ns);
