/*
 * The media plane in memory (product 1.4): what an encoder made is cut, sealed, opened and put together again,
 * and must come out as it went in. Every other unit loses its first datagram on the way, so that parity is
 * proven as well. One thread.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "media/unit.h"

struct pf_loopback;

struct pf_loopback_counts {
	uint64_t units, repaired;         /* came out whole; of these, by means of parity */
	uint64_t datagrams, parity, lost; /* cut; of these, parity; of these, held back */
	uint64_t bytes;                   /* of all datagrams, as they would stand on the wire */
};

/* shard_payload: even, PF_SHARD_MIN..PF_SHARD_MAX. Errors: PF_ERR_INVALID, PF_ERR_NOMEM, PF_ERR_UNSUPPORTED; with a
 * reason. */
int pf_loopback_create(struct pf_loopback **out, unsigned shard_payload, struct pf_reason *reason);
void pf_loopback_destroy(struct pf_loopback *l);

/* One unit; each has its own frame_index, counting up. Errors, with a reason: PF_ERR_NOT_FOUND (it did not come
 * out), PF_ERR_INVALID (it came out differently, or cannot be cut), PF_ERR_LIMIT, PF_ERR_NOMEM. */
int pf_loopback_pass(struct pf_loopback *l, const struct pf_unit *unit, struct pf_reason *reason);
struct pf_loopback_counts pf_loopback_count(const struct pf_loopback *l);
