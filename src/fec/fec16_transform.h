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
#include "fec/kernel.h"
#include "fec/scratch.h"

/* What follows tables is private to fec16_transform.c. */
struct pf_fec16_transform {
	const struct pf_fec_kernel *kernel;
	const struct pf_gf16 *field;
	struct pf_fec_tables tables;
	struct pf_scratch memory; /* columns of a chunk at work, and of the sum */
	struct pf_scratch counts; /* of wanted outputs before each position */
	struct pf_scratch inputs; /* whole chunks of rows, as kernels want them */
	struct pf_scratch zeros;  /* a row of them */
};

/* Errors: PF_ERR_NOMEM. */
int pf_fec16_transform_init(struct pf_fec16_transform *t, const struct pf_fec_kernel *kernel);
void pf_fec16_transform_finish(struct pf_fec16_transform *t);

/* Readies memory for blocks with up to 2^level shards on the low, n_high on the high side, where
 * 2^level + n_high <= 65536, of up to `bytes`. Errors: PF_ERR_NOMEM. */
int pf_fec16_transform_reserve(struct pf_fec16_transform *t, unsigned level, size_t n_high, size_t bytes);

/*
 * in[i] is NULL where there are zeros, an output NULL where the sum is not wanted. bytes is a multiple of 64.
 * Outputs do not overlap inputs. Reserve comes first, for both sides; then these cannot fail.
 */

struct pf_fec16_outputs {
	uint8_t *const *row;
	const uint8_t *const *plus; /* rows that are added to the sums; NULL: none */
	const uint16_t *factor;     /* words that these are multiplied by then; NULL: none */
	size_t count;
};

/* From the high side, at in[0] = 2^level, to the low side, at out->row[0] = 0. */
void pf_fec16_gather(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	const struct pf_fec16_outputs *out, size_t bytes);

/* From the low side, at in[0] = 0, to the high side, at out->row[0] = 2^level. */
void pf_fec16_spread(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	const struct pf_fec16_outputs *out, size_t bytes);
