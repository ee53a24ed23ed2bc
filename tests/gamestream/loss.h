/* Losses made on purpose: single ones or runs, at an overall rate, from a seed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gsc_loss {
	double rate;
	int burst;
	int left;
	uint64_t state;
};

void gsc_loss_init(struct gsc_loss *l, double rate, int burst, uint32_t seed);
bool gsc_loss_next(struct gsc_loss *l);
