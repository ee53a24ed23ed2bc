/*
 * Where a shard belongs in its access unit, and whether its header can be right at all (native-media 3.2,
 * 3.5, 5.1). Looks at one header only: what depends on earlier packets is the reassembler's business.
 * Pure. Thread-safety: safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "packet/header.h"

struct pf_geometry_limits {
	uint32_t data_max;       /* K: data shards per block */
	uint32_t total_max;      /* data and parity shards per block */
	uint32_t unit_bytes_max; /* M */
	uint32_t shard_bytes;    /* of Welcome: always accepted, beside 512..9152 */
};

struct pf_placement {
	uint32_t base;   /* number of the block's first data shard within the unit */
	uint32_t shards; /* data shards of the whole unit; 0 = not known from this packet (sentinel) */
};

/* Limits of a session. total_max is what newer receivers take, K + ceil(0.9 K) (3.1); GF(2^8) has 255. */
struct pf_geometry_limits pf_geometry_limits_of(
	unsigned fec_scheme, unsigned data_max, unsigned shard_bytes, uint32_t unit_bytes_max);

/* Errors: PF_ERR_INVALID; out is written on success only. */
int pf_geometry_place(
	struct pf_placement *out, const struct pf_geometry_limits *limits, const struct pf_packet_header *h);
