/*
 * A packet format on its way to the socket: cuts a unit into datagrams that are ready to leave. The sender paces and
 * sends them, whatever they are. One thread, the sender's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/batch.h"
#include "media/unit.h"
#include "seal/seal.h"

struct pf_wire;

struct pf_wire_impl {
	/* The unit's bytes must stay until nothing is left. Errors: PF_ERR_INVALID, PF_ERR_LIMIT, PF_ERR_NOMEM. */
	int (*begin)(struct pf_wire *w, const struct pf_unit *unit);
	/* Zeros to measure the way with; NULL: the format has no such thing. */
	int (*begin_filler)(struct pf_wire *w, size_t bytes);
	/* The next datagrams, at most `max` (1..PF_BATCH_MAX); count 0 = none is left. Error: PF_ERR_NOMEM. */
	int (*next)(struct pf_wire *w, unsigned max, struct pf_batch *out);
	size_t (*left)(const struct pf_wire *w);
	size_t (*datagram_bytes)(const struct pf_wire *w);
	void (*set_fec_percent)(struct pf_wire *w, unsigned percent);
	void (*set_shard_payload)(struct pf_wire *w, unsigned bytes); /* NULL: fixed */
	void (*destroy)(struct pf_wire *w);
};

/* First member of every format's own struct. */
struct pf_wire {
	const struct pf_wire_impl *impl;
};

struct pf_wire_native_params {
	enum pf_cipher cipher;
	const uint8_t *key; /* copied */
	uint8_t salt[PF_SEAL_SALT_BYTES];
	unsigned shard_payload, fec_percent;
	bool two_parity_shards;
};
/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_wire_native_create(struct pf_wire **out, const struct pf_wire_native_params *params);

struct pf_wire_gamestream_params {
	unsigned packet_size, fec_percent, min_parity;
	const uint8_t *key; /* 16 bytes, copied; NULL = video is not encrypted */
};
/* Errors: as above. */
int pf_wire_gamestream_create(struct pf_wire **out, const struct pf_wire_gamestream_params *params);

/* NULL is fine. */
static inline void pf_wire_destroy(struct pf_wire *w)
{
	if (w)
		w->impl->destroy(w);
}
