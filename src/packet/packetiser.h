/*
 * Cuts access units into datagrams with parity (native-media 3): block and shard arithmetic, headers, the
 * counters of the connection, whole and streamed units. Sealing and sending come after it, batch by batch:
 *
 *   pf_packetiser_begin(p, &cut);
 *   while (pf_packetiser_next(p, PF_BATCH_MAX, &batch) == PF_OK && batch.count > 0)
 *           seal and send the batch
 *
 * Shards are read from the unit when their turn comes, so its bytes must stay until the last batch is
 * out; they are followed by PF_UNIT_PADDING readable zero bytes (media/unit.h). Starting a unit abandons the
 * one before, which the client then ages out. One thread; pure: no clock, no socket.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/batch.h"
#include "media/unit.h"

#define PF_FEC_PERCENT_MAX  90
#define PF_FILLER_BYTES_MAX 16384

struct pf_packetiser;

struct pf_packetiser_params {
	unsigned shard_payload;      /* P: even, 2..PF_SHARD_MAX */
	unsigned max_data_per_block; /* K: 1..PF_BLOCK_DATA_MAX */
	unsigned fec_percent;        /* as in Welcome, 0..90: start value, and it fixes the block total T */
	bool two_parity_shards;      /* at least two whenever parity is on (3.2, late hosts) */
};

/* What is to be cut. */
struct pf_cut {
	const uint8_t *data;
	size_t len;
	uint32_t frame_index;
	uint32_t user_flags; /* PF_UNIT_* */
	uint64_t pts_ns;
};

/* A whole unit with what it says about itself. */
struct pf_cut pf_cut_of(const struct pf_unit *unit);

enum pf_stream_mode {
	PF_STREAM_BLOCKS, /* mode A of 3.5: full blocks ahead of time */
	PF_STREAM_SLICES, /* mode B: at slice ends; PF_UNIT_SLICE_STREAM is set on every packet */
};

/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM. */
int pf_packetiser_create(struct pf_packetiser **out, const struct pf_packetiser_params *params);
void pf_packetiser_destroy(struct pf_packetiser *p);

/* Both hold from the next begin on; a unit under way keeps what it began with.
 * Errors: PF_ERR_INVALID (range); PF_ERR_NOMEM for the shard payload: the old one stays. */
int pf_packetiser_set_fec_percent(struct pf_packetiser *p, unsigned percent);
int pf_packetiser_set_shard_payload(struct pf_packetiser *p, unsigned shard_payload);

/* A whole unit. Errors: PF_ERR_INVALID (no data), PF_ERR_LIMIT (over PF_UNIT_BYTES_MAX or 65535 blocks),
 * PF_ERR_NOMEM. */
int pf_packetiser_begin(struct pf_packetiser *p, const struct pf_cut *cut);
/* A unit of zeros with the PROBE flag and its own frame index. len: 1..PF_FILLER_BYTES_MAX. */
int pf_packetiser_begin_filler(struct pf_packetiser *p, size_t len, uint64_t pts_ns);

/*
 * A unit that is still being made: cut->len is ignored. Then any number of _extend, each followed by taking
 * batches until none is left, the last with `end` set. data and len are the unit so far, from its first
 * byte; the memory may move between calls. slice_end: an encoder slice ends at len.
 * Errors as above; PF_ERR_INVALID also when nothing is streamed or len shrinks.
 */
int pf_packetiser_stream(struct pf_packetiser *p, const struct pf_cut *cut, enum pf_stream_mode mode);
int pf_packetiser_extend(struct pf_packetiser *p, const uint8_t *data, size_t len, bool slice_end, bool end);

/* Datagrams that the unit, as far as it is known, still has to give. */
size_t pf_packetiser_left(const struct pf_packetiser *p);
/* The next batch, in emission order (3.3), at most `max` (1..PF_BATCH_MAX) datagrams; count 0 = nothing left
 * now. Error: PF_ERR_NOMEM; the unit is lost then. */
int pf_packetiser_next(struct pf_packetiser *p, unsigned max, struct pf_batch *out);

/* Wire bytes of one datagram of the unit under way. */
size_t pf_packetiser_datagram_bytes(const struct pf_packetiser *p);
