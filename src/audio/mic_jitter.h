/*
 * How unevenly a microphone's packets arrive: where each belongs on the time line of the sound, and how much later than
 * the fastest ones the slowest of late came. One thread; pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_MIC_LATE_MAX_NS 120000000 /* whoever is later than that is not waited for */
#define PF_MIC_SPANS       16        /* of half a second */

struct pf_mic_arrival {
	uint32_t seq; /* wrapping */
	uint64_t pts_ns;
	int64_t arrived_ns;
	int64_t length_ns; /* of its sound */
};

struct pf_mic_jitter {
	bool running;
	struct pf_mic_arrival newest; /* the highest seq so far */
	int64_t newest_ns;            /* where it begins on the time line, which begins anywhere */
	/* Transit: arrival minus place on the time line. base: of the fastest packet within 2 s. */
	int64_t base_ns;
	int64_t late_ns; /* what the slowest packet within 8 s was behind; 0..PF_MIC_LATE_MAX_NS */
	struct {
		int64_t fastest_ns, slowest_ns; /* transits; none while fastest > slowest */
	} span[PF_MIC_SPANS];
	int64_t span_number; /* half seconds, of the one being filled */
};

/* Where the packet begins on the time line. Zero-initialised is ready. */
int64_t pf_mic_jitter_arrived(struct pf_mic_jitter *j, const struct pf_mic_arrival *a);
/* The next packet has nothing to do with those before, but probably came the same way. */
void pf_mic_jitter_restart(struct pf_mic_jitter *j);
