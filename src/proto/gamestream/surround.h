/*
 * Opus layouts of GameStream sound (gamestream 7.2): the table, how each is told to clients, and the one a client may
 * choose itself. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/writer.h"

#define PF_SURROUND_CHANNELS_MAX 8

/* Channel order FL FR C LFE RL RR SL SR. */
struct pf_surround {
	uint8_t channels, streams, coupled;
	uint8_t mapping[PF_SURROUND_CHANNELS_MAX]; /* of the encoder: input channel -> coded channel */
	uint32_t kbps;
};

/* The layout for 2, 6 or 8 channels; NULL for other counts. */
const struct pf_surround *pf_surround_find(unsigned channels, bool high_quality);
/* The digits behind "surround-params=". Normal layouts are rotated the way clients turn them back. */
void pf_surround_write(struct pf_wr *w, const struct pf_surround *s, bool high_quality);
/* A client's own digits, verbatim; kbps follows from the channels. False when they make no valid layout. */
bool pf_surround_read(struct pf_surround *out, const char *digits, bool high_quality);
