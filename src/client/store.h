/*
 * Memory for unfinished access units: their bytes, which shards arrived, their blocks, and the parity
 * held back for repair. Everything in use counts against one budget (native-media 5.1); what was used
 * goes to bounded idle lists, so that a running stream allocates nothing. One thread.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/header.h"

/* Bytes of room before the data, for the header in front of a shard that is opened there. */
#define PF_BODY_LEAD 64
static_assert(PF_BODY_LEAD >= PF_PACKET_HEADER_BYTES, "a header fits");

struct pf_parity {
	struct pf_parity *next;
	uint16_t index; /* recovery number, 0..m-1 */
	size_t cap;
	uint8_t bytes[];
};

struct pf_block {
	uint32_t base; /* number of its first data shard within the unit */
	uint16_t k, m;
	uint16_t have;            /* data shards that are there */
	uint16_t held;            /* parity shards in the list */
	bool known;               /* a packet of it was admitted: base, k, m are pinned */
	bool done;                /* all its data is there */
	struct pf_parity *parity; /* ascending by index */
	struct pf_parity *parity_last;
};

/* The memory of one unfinished unit. Growing moves it. */
struct pf_body {
	struct pf_body *next;
	void *memory; /* PF_BODY_LEAD bytes, then the data */
	uint8_t *data;
	size_t data_cap;
	uint64_t *have; /* one bit per data shard */
	size_t have_cap;
	struct pf_block *block;
	size_t block_cap;     /* bytes */
	uint32_t block_count; /* blocks in use: the highest index asked for, plus one */
};

struct pf_store {
	size_t budget; /* bytes */
	size_t in_use;
	struct pf_body *idle;
	unsigned idle_count;
	size_t idle_bytes;
	struct pf_parity *idle_parity;
	unsigned idle_parity_count;
};

void pf_store_init(struct pf_store *s, size_t budget);
/* Everything must have been given back. */
void pf_store_finish(struct pf_store *s);

/* An empty body, one that already holds `expected` bytes where there is one. NULL: no memory. */
struct pf_body *pf_store_take(struct pf_store *s, size_t expected);
/* With the parity of all its blocks. */
void pf_store_give(struct pf_store *s, struct pf_body *b);

/*
 * Room for `need` bytes of data, or for the bits of `shards` shards, or for block `index`. Data grows in
 * steps, but never beyond `ceiling` (>= need).
 * Errors: PF_ERR_LIMIT (budget), PF_ERR_NOMEM; nothing has changed then.
 */
int pf_body_need_data(struct pf_store *s, struct pf_body *b, size_t need, size_t ceiling);
int pf_body_need_bits(struct pf_store *s, struct pf_body *b, uint32_t shards);
int pf_body_need_block(struct pf_store *s, struct pf_body *b, uint32_t index);

/* Keeps a copy of a parity shard. A recovery number that is held already changes nothing.
 * Errors: PF_ERR_LIMIT, PF_ERR_NOMEM. */
int pf_block_hold(
	struct pf_store *s, struct pf_block *block, uint16_t index, const uint8_t *bytes, size_t len);
void pf_block_drop_parity(struct pf_store *s, struct pf_block *block);

static inline bool pf_body_has(const struct pf_body *b, uint32_t shard)
{
	return b->have[shard / 64] >> shard % 64 & 1;
}

static inline void pf_body_set(struct pf_body *b, uint32_t shard)
{
	b->have[shard / 64] |= UINT64_C(1) << shard % 64;
}

/* Where data shard `shard` belongs, if there is room for it and it has not arrived; else NULL. */
static inline uint8_t *pf_body_free_place(const struct pf_body *b, uint32_t shard, size_t shard_bytes)
{
	bool room = (shard + (size_t)1) * shard_bytes <= b->data_cap && shard / 8 < b->have_cap;
	return room && !pf_body_has(b, shard) ? b->data + shard * shard_bytes : NULL;
}
