/*
 * Opus multistream at 48 kHz, restricted low delay: with packets of one size for GameStream (gamestream 7.2), with a
 * constrained variable rate for native clients (native-media 6.1). One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_OPUS_PACKET_MAX 1400

struct pf_opus_encoder;

struct pf_opus_params {
	unsigned channels, streams, coupled;
	const uint8_t *mapping; /* input channel -> coded channel */
	uint32_t kbps;
	unsigned packet_ms; /* 5 or 10 */
	bool variable;      /* rate */
};

/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM. A rate whose packets would not fit PF_OPUS_PACKET_MAX is lowered. */
int pf_opus_encoder_create(struct pf_opus_encoder **out, const struct pf_opus_params *params);
void pf_opus_encoder_destroy(struct pf_opus_encoder *e);
/* Samples per channel of one packet. */
unsigned pf_opus_encoder_frames(const struct pf_opus_encoder *e);
/* cap: of out, at most PF_OPUS_PACKET_MAX are used; a variable rate keeps below it. Without one every packet has the
 * same length. Errors: PF_ERR_INVALID. */
int pf_opus_encoder_encode(
	struct pf_opus_encoder *e, const float *samples, uint8_t *out, size_t cap, size_t *len);
