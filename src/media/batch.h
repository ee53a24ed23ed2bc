/*
 * A run of datagrams of one size on its way from the packetiser through the seal to the socket. Each one
 * stands in a slot with room for what later stages add, so that parity, sealing and sending work in place:
 *
 *   sequence (8) | header (40) | shard (P) | tag (16)
 *
 * A batch is what one sendmmsg() takes, not a whole access unit: its slots stay in the cache between the
 * stages, and the first datagram leaves before the last one is cut. The slots belong to the packetiser and
 * hold until its next call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "packet/header.h"
#include "seal/seal.h"

#define PF_BATCH_MAX 64 /* datagrams; the limit of one send call (native-media 1.4) */

#define PF_DATAGRAM_SHARD_OFFSET (PF_SEAL_SEQ_BYTES + PF_PACKET_HEADER_BYTES)
#define PF_DATAGRAM_OVERHEAD     (PF_SEAL_OVERHEAD + PF_PACKET_HEADER_BYTES) /* 64 */

struct pf_batch {
	unsigned count;
	size_t datagram_bytes; /* P + 64 */
	uint8_t *datagram[PF_BATCH_MAX];
};

/* What the seal takes: header and shard. */
static inline size_t pf_batch_plain_bytes(const struct pf_batch *b)
{
	return b->datagram_bytes - PF_SEAL_OVERHEAD;
}
