/*
 * The client's side of the media plane: sealed datagrams in, access units out (native-media 2.4, 5).
 * Opens, checks for replays, reassembles, repairs. Pure: no socket, no clock; every limit of native-media
 * 5.1 and 5.3 is kept here. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/header.h"
#include "seal/seal.h"

struct pf_receiver;

struct pf_receiver_params {
	bool sealed; /* false only in tests */
	enum pf_cipher cipher;
	const uint8_t *key;
	uint8_t salt[PF_SEAL_SALT_BYTES];
	unsigned fec_scheme;         /* of Welcome: 0 GF(2^8), 1 GF(2^16) */
	unsigned fec_percent;        /* of Welcome */
	unsigned max_data_per_block; /* of Welcome, K */
	unsigned shard_payload;      /* of Welcome, P; later packets may differ, 512..9152 */
	uint32_t max_unit_bytes;     /* M of native-media 3.1 */
};

/* A whole access unit of video, delivered as soon as it is complete (probe filler is only counted). data
 * lives until the callback returns. */
struct pf_received_unit {
	const uint8_t *data;
	size_t len;
	uint32_t frame_index;
	uint32_t user_flags;
	uint64_t pts_ns;
	int64_t first_ns, last_ns; /* `now` of its first and of its completing datagram */
	unsigned shards_repaired;
};

/* Neither may destroy the receiver. */
struct pf_receiver_events {
	void (*on_unit)(void *user, const struct pf_received_unit *unit);
	/* A picture of which something arrived was given up. Never for probe filler. */
	void (*on_lost)(void *user, uint32_t frame_index);
};

struct pf_receiver_stats {
	uint64_t datagrams, bytes; /* opened and accepted */
	uint64_t noise;            /* too short to be a sealed datagram */
	uint64_t auth_failed;
	uint64_t replayed;
	uint64_t malformed;   /* opened, but its header contradicts the limits or what came before */
	uint64_t stale;       /* first packet of a unit that lies too far behind the newest */
	uint64_t over_budget; /* no memory left for it within 4 * M */
	uint64_t received, recovered,
		late; /* data shards: LossReport is made of these (native-control 4.3) */
	uint64_t units, units_lost, units_repaired;
	uint64_t probe_datagrams, probe_bytes, probe_units;
	size_t bytes_in_flight; /* memory held for unfinished units now */
};

/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_receiver_create(struct pf_receiver **out, const struct pf_receiver_params *params,
	const struct pf_receiver_events *events, void *user);
void pf_receiver_destroy(struct pf_receiver *r);

/* One datagram as it came from the socket; anything may stand there afterwards. Whatever the bytes are, the receiver
 * stays sound. now_ns is any monotonic clock. */
void pf_receiver_feed(struct pf_receiver *r, uint8_t *datagram, size_t len, int64_t now_ns);
void pf_receiver_get_stats(const struct pf_receiver *r, struct pf_receiver_stats *out);
