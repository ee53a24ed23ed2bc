/*
 * The effects that games load and play on a controller, mixed to the levels of its two motors. Pure. It does what the
 * kernel does for real Xbox controllers: rumble, periodic effects on both motors without their envelope, and a gain.
 */
#pragma once

#include <linux/input.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_FF_EFFECTS 16

struct pf_ff_effect {
	uint16_t low, high; /* motors: strong is the low one */
	int64_t delay_ns;
	int64_t length_ns; /* 0: until it is stopped */
	int32_t count;     /* how often it is to be played; 0: it is not playing */
	int64_t start_ns;  /* when that was asked for */
};

struct pf_force_feedback {
	struct pf_ff_effect effect[PF_FF_EFFECTS];
	uint16_t gain;
};

void pf_ff_init(struct pf_force_feedback *f);
/* One that is playing begins anew. Errors: PF_ERR_INVALID (another kind, or no such number). */
int pf_ff_upload(struct pf_force_feedback *f, const struct ff_effect *e, int64_t now_ns);
void pf_ff_erase(struct pf_force_feedback *f, uint32_t id);
/* 0 times, or fewer: stops it. */
void pf_ff_play(struct pf_force_feedback *f, uint32_t id, int32_t times, int64_t now_ns);

struct pf_ff_mix {
	uint16_t low, high;
	int64_t until_ns; /* when that changes by itself; INT64_MAX: never */
};
struct pf_ff_mix pf_ff_mix(const struct pf_force_feedback *f, int64_t now_ns);
