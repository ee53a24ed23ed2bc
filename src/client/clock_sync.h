/*
 * The client's idea of the host's wall clock (native-control 4.5). The caller sends ClockProbe and hands in
 * the echoes; a batch of rounds ends with pf_clock_sync_finish. All times are wall clock, ns since the Unix
 * epoch. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_CLOCK_ROUNDS           8
#define PF_CLOCK_ROUND_LIMIT_NS   2000000000ll /* wait for an echo */
#define PF_CLOCK_ROUND_SPACING_NS 7000000ll    /* of a resync */
#define PF_CLOCK_RESYNC_NS        60000000000ll

/* Zero-initialised: never synchronised. */
struct pf_clock_sync {
	bool valid;           /* offset_ns means something */
	int64_t offset_ns;    /* host clock - client clock */
	uint64_t rtt_ns;      /* of the sample that gave the offset */
	uint64_t best_rtt_ns; /* ever */

	bool waiting;
	uint64_t sent_t1_ns;
	unsigned rounds; /* sent in this batch */
	bool have_sample;
	int64_t sample_offset_ns;
	uint64_t sample_rtt_ns;
	unsigned refusals; /* batches refused in a row */
};

/* Starts a batch. */
void pf_clock_sync_begin(struct pf_clock_sync *s);
/* A ClockProbe with this t1 goes out now; an echo still missing counts as lost. False: the batch has all
 * its rounds, send nothing. */
bool pf_clock_sync_probe(struct pf_clock_sync *s, uint64_t t1_ns);
/* An echo received at t4. Errors: PF_ERR_INVALID (not the one awaited, or its times cannot be). */
int pf_clock_sync_echo(
	struct pf_clock_sync *s, uint64_t t1_ns, uint64_t t2_ns, uint64_t t3_ns, uint64_t t4_ns);
/* Ends the batch; true when its best sample was taken. The first one always is; later ones must come with
 * rtt <= max(2 ms, 1.5 x the best ever), unless three batches before were refused. */
bool pf_clock_sync_finish(struct pf_clock_sync *s);
