/*
 * The sums of the GF(2^16) code, over positions of one large transform (native-media 4.1.3). With
 * c = 2^level, the low side is the positions 0 .. c - 1, the high side c, c + 1, ... From one side to the
 * other,
 *     out[y] = sum over x of in[x] * (max(x, y) >> level) / (x xor y)
 *
 * which gather and spread compute for a small and a large number of outputs. Low to high is the low-rate,
 * high to low the high-rate encoder (4.1.5). That these are such sums follows from the Cantor basis: the
 * polynomial that vanishes on the low side takes the value (x >> level) at x, and its derivative is 1. As
 * the inverse of a Cauchy matrix is its scaled transpose, each direction also decodes the other.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fec/gf16.h"
#include "fec/gf16_kernel.h"
#include "fec/scratch.h"

/* All members are private to fec16_transform.c, but for kernel and field. */
struct pf_fec16_transform {
	const struct pf_gf16_kernel *kernel;
	const struct pf_gf16 *field;
	struct pf_scratch tables; /* of the words 0, 2, 4, ...: all twiddles of all layers are even */
	size_t table_count;
	struct pf_scratch memory;   /* strips: two per row of a chunk, one of zeros, one to be ignored */
	struct pf_scratch pointers; /* four arrays of rows */
	struct pf_scratch counts;   /* of wanted outputs before each position */
};

/* Readies tables and memory for blocks with up to 2^level shards on the low, n_high on the high side, where
 * 2^level + n_high <= 65536. Errors: PF_ERR_NOMEM. */
int pf_fec16_transform_reserve(struct pf_fec16_transform *t, unsigned level, size_t n_high);
void pf_fec16_transform_finish(struct pf_fec16_transform *t);

/* The table that multiplies by the word of this logarithm, 0..65535: PF_GF16_TABLE_MAX bytes aligned to 16. */
void pf_fec16_make_table(const struct pf_fec16_transform *t, uint32_t log, uint8_t *table);

/*
 * in[i] is NULL where there are zeros, out[i] NULL where the sum is not wanted. bytes is a multiple of 64.
 * Outputs do not overlap inputs. Reserve comes first, for both sides; then these cannot fail.
 */

/* From any number of shards to at most 2^window neighbours. */
struct pf_fec16_gather {
	unsigned level;
	unsigned window; /* at most level: the fewer layers, the less work per input */
	uint32_t from;   /* position of in[0]; a multiple of 2^window as the next, on the other side */
	uint32_t to;     /* position of out[0] */
};
void pf_fec16_gather(struct pf_fec16_transform *t, const struct pf_fec16_gather *g, const uint8_t *const *in,
	size_t n_in, uint8_t *const *out, size_t n_out, size_t bytes);

/* From the low side, at in[0] = 0, to the high side, at out[0] = 2^level. */
void pf_fec16_spread(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	uint8_t *const *out, size_t n_out, size_t bytes);
