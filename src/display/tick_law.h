/*
 * Which refresh to ask a compositor for so that pictures come at the client's rate. The headless outputs of
 * wlroots 0.15 wait whole milliseconds between pictures and paint and copy on top of that, so what they
 * deliver can be moved in steps of 1 ms only. The law looks at pictures of continuously moving content and at
 * nothing else: where the rate is right, or cannot be made better, it leaves everything alone. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_TICK_RUN_MIN     60 /* pictures in the first run: these, or those of a second if that is more */
#define PF_TICK_CHANGES_MAX 16 /* per start; then the client's own refresh stays */

struct pf_tick_law {
	uint32_t refresh_hz; /* the client's */
	unsigned wait_ms;    /* what the refresh asked for makes a compositor wait that counts milliseconds */

	/* The run under way. */
	int64_t last_ns; /* 0: none yet */
	int64_t sum_ns;
	unsigned ticks, misses;

	/* The change that the next run judges. */
	bool trying;
	unsigned wait_before_ms;
	int64_t error_before_ns, error_expected_ns;

	unsigned changes;
	unsigned rest; /* pictures to come before the next try */
};

/* The compositor runs at the client's refresh. */
void pf_tick_law_start(struct pf_tick_law *law, uint32_t refresh_hz);
/* A picture became ready. Returns the refresh to ask for from now on in thousandths of a hertz, or 0: none
 * other. */
uint32_t pf_tick_law_picture(struct pf_tick_law *law, int64_t ready_ns);
