/* A receiver whose deliveries and losses are kept for the test to look at. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "client/receiver.h"
#include "cut.h"

#define SINK_MAX          512
#define SINK_DATAGRAM_MAX (PF_SEAL_OVERHEAD + PF_PACKET_HEADER_BYTES + PF_SHARD_MAX)

struct sink {
	struct pf_receiver *receiver;
	struct pf_seal *seal; /* of the host's side, when sealed */
	uint64_t seq;
	size_t units, lost;
	struct pf_received_unit unit[SINK_MAX]; /* data is the sink's own copy */
	uint32_t lost_index[SINK_MAX];
};

/* Takes the geometry of `c`; seals when cipher_or_none >= 0. */
void sink_init(struct sink *s, const struct cut *c, int cipher_or_none);
/* Asserts that no memory is left for unfinished units unless some are open on purpose. */
void sink_finish(struct sink *s);
/* Seals a packet as the host does; returns the length of the datagram, at most SINK_DATAGRAM_MAX. */
size_t sink_seal(struct sink *s, const struct cut_packet *p, uint8_t *datagram);
void sink_feed(struct sink *s, const struct cut_packet *p);
/* All packets but those whose numbers are listed (ended by -1), forward or backward. */
void sink_feed_all(struct sink *s, const struct cut *c, const int *missing, int reversed);
struct pf_receiver_stats sink_stats(const struct sink *s);
void sink_assert_unit(const struct sink *s, size_t n, const struct cut_unit *u);
