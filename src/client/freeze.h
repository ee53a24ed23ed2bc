/*
 * From a loss to the first clean picture (native-media 5.5): until then a client shows the last good one.
 * Pure; any monotonic clock; one thread. Zero-initialised: nothing is lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_FREEZE_PATIENCE_NS      500000000LL
#define PF_FREEZE_WAVE_PATIENCE_NS 1500000000LL /* from each recovery point on */

struct pf_freeze {
	bool frozen;
	int64_t since_ns;
	int64_t overdue_ns; /* when a keyframe is to be asked for */
	unsigned recovery_points;
};

/* Whether a unit with these PF_UNIT_* flags needs nothing from before. */
bool pf_freeze_is_clean(uint32_t user_flags);
/* Something is missing. A second loss while frozen makes the wait for recovery points begin anew. */
void pf_freeze_loss(struct pf_freeze *f, int64_t now_ns);
/* A unit was delivered. True when it ends the freeze; *held_ns is then how long that took. */
bool pf_freeze_unit(struct pf_freeze *f, uint32_t user_flags, int64_t now_ns, int64_t *held_ns);
/* True when a keyframe is to be asked for now; the next time follows after another patience. */
bool pf_freeze_overdue(struct pf_freeze *f, int64_t now_ns);
