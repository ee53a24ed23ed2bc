/*
 * One probe burst (native-media 7.3): how much filler is due when, so that its rate follows the time that
 * has passed. Pure; the sender asks between units and sends what is due.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_FILLER_TURN_BYTES (64u << 10) /* at most between two looks for video */

struct pf_filler {
	uint64_t bytes_per_s;
	size_t unit_bytes;
	int64_t start_ns, end_ns;
	uint64_t bytes; /* of units sent so far */
	uint32_t units;
};

/* Up to 10 Gbit/s for 5 s (7.3): the products of rate and time fit 64 bits. */
void pf_filler_init(struct pf_filler *f, uint32_t target_kbps, uint32_t duration_ms, int64_t now_ns);
/* Whole units to be sent in this turn. */
unsigned pf_filler_due(const struct pf_filler *f, int64_t now_ns);
void pf_filler_sent(struct pf_filler *f);
/* When the next unit is due; the end of the burst when that comes first. */
int64_t pf_filler_next_ns(const struct pf_filler *f);
bool pf_filler_over(const struct pf_filler *f, int64_t now_ns);
