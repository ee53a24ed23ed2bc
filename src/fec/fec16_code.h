/* What encoding and repairing of the GF(2^16) code share. Private to src/fec. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fec/fec16_locator.h"
#include "fec/fec16_transform.h"
#include "fec/gf16.h"
#include "fec/scratch.h"

struct pf_fec16 {
	struct pf_fec16_transform transform;
	struct pf_fec16_locator locator;
	struct pf_scratch tail; /* last, padded blocks of shards and the pointers to them */
	struct pf_scratch loss; /* the rest is for repairing: see fec16_repair.c */
	struct pf_scratch rows;
	struct pf_scratch syndromes;
	struct pf_scratch coefficients;
	struct pf_scratch columns;
	struct pf_scratch factors;
};

/* Where the shards sit in the transform (native-media 4.1.4, 4.1.6). The smaller kind of the two, rounded up
 * to a power of two, is the low side. */
struct pf_fec16_shape {
	unsigned k, m;
	bool data_high; /* "high rate": data on the high, parity on the low side; else the reverse */
	unsigned level; /* the low side has 2^level positions */
};

/* Errors: PF_ERR_INVALID as in fec16.h. */
int pf_fec16_shape_init(struct pf_fec16_shape *shape, unsigned k, unsigned m, size_t shard_bytes);

static inline uint32_t pf_fec16_data_at(const struct pf_fec16_shape *s, uint32_t i)
{
	return s->data_high ? (1u << s->level) + i : i;
}

static inline uint32_t pf_fec16_parity_at(const struct pf_fec16_shape *s, uint32_t j)
{
	return s->data_high ? j : (1u << s->level) + j;
}

/*
 * Shards are whole blocks of 64 bytes and a tail, which the kernels see as one more block with zeros: its
 * first half at 0, its second half at 32 (4.1.2).
 */
#define PF_FEC16_BLOCK 64

/* Of shards with their tail as a whole block. Errors: PF_ERR_NOMEM (no size_t holds it). */
int pf_fec16_padded_bytes(size_t shard_bytes, size_t *padded);
void pf_fec16_tail_load(uint8_t block[PF_FEC16_BLOCK], const uint8_t *tail, size_t tail_bytes);
void pf_fec16_tail_store(uint8_t *tail, size_t tail_bytes, const uint8_t block[PF_FEC16_BLOCK]);
