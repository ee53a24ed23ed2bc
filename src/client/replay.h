/*
 * Which sequence numbers were seen already (native-media 2.4). Asked only about datagrams that passed
 * authentication. Pure, one thread; zero-initialised is empty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_REPLAY_WINDOW 131072 /* sequence numbers, a power of two */

struct pf_replay {
	bool anchored;
	uint64_t highest;
	uint64_t seen[PF_REPLAY_WINDOW /
		      64]; /* bit seq % PF_REPLAY_WINDOW, valid for the window below highest */
};

/* True exactly once for each sequence number; false for one seen before or PF_REPLAY_WINDOW or more behind. */
bool pf_replay_accept(struct pf_replay *r, uint64_t seq);
