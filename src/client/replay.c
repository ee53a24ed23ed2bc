#include "client/replay.h"

#include <string.h>

static uint64_t *word_of(struct pf_replay *r, uint64_t seq)
{
	return &r->seen[seq % PF_REPLAY_WINDOW / 64];
}

static uint64_t bit_of(uint64_t seq)
{
	return UINT64_C(1) << seq % 64;
}

static void slide_to(struct pf_replay *r, uint64_t seq)
{
	if (!r->anchored || seq - r->highest >= PF_REPLAY_WINDOW) {
		memset(r->seen, 0, sizeof(r->seen));
	} else {
		for (uint64_t skipped = r->highest + 1; skipped != seq; skipped++)
			*word_of(r, skipped) &= ~bit_of(skipped);
	}
	r->highest = seq;
	r->anchored = true;
}

bool pf_replay_accept(struct pf_replay *r, uint64_t seq)
{
	if (!r->anchored || seq > r->highest) {
		slide_to(r, seq);
	} else if (r->highest - seq >= PF_REPLAY_WINDOW || (*word_of(r, seq) & bit_of(seq))) {
		return false;
	}
	*word_of(r, seq) |= bit_of(seq);
	return true;
}
