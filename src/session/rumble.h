/*
 * Rumble over a way that loses packets (native-control 5.6): a level holds for its time to live and is renewed while it
 * lasts; a stop is said three times. Pure; zero-initialised: all motors stand still.
 */
#pragma once

#include <stdint.h>

#include "proto/native/caps.h"
#include "proto/native/feedback.h"

#define PF_RUMBLE_RENEW_NS ((int64_t)PF_RUMBLE_TTL_DEFAULT_MS * 300000) /* 30 % of the time to live */
#define PF_RUMBLE_STOP_NS  INT64_C(60000000)                            /* between the repeats of a stop */

struct pf_rumble_levels {
	uint16_t low, high, left_trigger, right_trigger;
};

struct pf_rumble_law {
	struct {
		uint8_t seq;    /* of the last one; never begins anew */
		unsigned left;  /* repeats of a stop */
		int64_t due_ns; /* 0: nothing is due */
		struct pf_rumble_levels now;
	} pad[PF_PADS_MAX];
};

typedef void (*pf_rumble_emit)(void *user, const struct pf_rumble *rumble);

void pf_rumble_law_set(struct pf_rumble_law *law, unsigned pad, const struct pf_rumble_levels *levels,
	int64_t now_ns, pf_rumble_emit emit, void *user);
/* Emits what is due. Returns when to call again, INT64_MAX = not of itself. */
int64_t pf_rumble_law_tick(struct pf_rumble_law *law, int64_t now_ns, pf_rumble_emit emit, void *user);
