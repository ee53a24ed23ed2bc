/*
 * The send queue of QUIC datagrams: at most 4 KiB, the oldest dropped silently to make room, so that sound
 * and rumble never wait behind a stalled path (native-control 1.2). Private to net/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/quic.h"

#define PF_QUIC_DATAGRAM_SLOTS 64

/* Zero-initialised is empty. */
struct pf_quic_datagrams {
	uint8_t data[PF_QUIC_DATAGRAM_QUEUE_BYTES]; /* datagrams one after the other, each contiguous */
	struct {
		uint16_t start, len;
	} slot[PF_QUIC_DATAGRAM_SLOTS];
	unsigned first, count; /* of slots, first is the oldest */
	size_t bytes;          /* queued */
	uint64_t dropped;
};

/* False when it is empty or can never fit. */
bool pf_quic_datagrams_push(struct pf_quic_datagrams *q, const void *data, size_t len);
/* The oldest; false when empty. The bytes stay valid until the next push or pop. */
bool pf_quic_datagrams_peek(const struct pf_quic_datagrams *q, const uint8_t **data, size_t *len);
void pf_quic_datagrams_pop(struct pf_quic_datagrams *q);
