/*
 * Opened packets in, whole access units out (native-media 5.1 to 5.3). Video and probe filler have index
 * spaces of their own; filler is counted and thrown away. Pure, one thread, bounded: 4 * M bytes for
 * unfinished units, plus idle lists of at most 2 * M and about 1024 parity shards.
 */
#pragma once

#include <stdint.h>

#include "client/geometry.h"
#include "client/receiver.h"

struct pf_reassembler;

/* Counts into `stats`, which outlives it. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_reassembler_create(struct pf_reassembler **out, unsigned fec_scheme,
	const struct pf_geometry_limits *limits, const struct pf_receiver_events *events, void *user,
	struct pf_receiver_stats *stats);
void pf_reassembler_destroy(struct pf_reassembler *r);

/*
 * Where the next shard, of `shard_bytes`, will stand in its unit if the packets come in order; NULL when there is no
 * such place yet. These bytes belong to nobody until they are fed from there; the PF_PACKET_HEADER_BYTES before them
 * may be written as well, but must be put back. Valid until the next feed.
 */
uint8_t *pf_reassembler_next_place(struct pf_reassembler *r, size_t shard_bytes);
/* shard holds h->shard_bytes bytes, and may be the place that pf_reassembler_next_place() gave, whether it belongs
 * there or not. Anything may stand in the header. */
void pf_reassembler_feed(
	struct pf_reassembler *r, const struct pf_packet_header *h, const uint8_t *shard, int64_t now_ns);
size_t pf_reassembler_bytes_in_flight(const struct pf_reassembler *r);
