/*
 * What a block of the GF(2^16) code lost, and the coefficients that give it back. Private to src/fec.
 *
 * With the lost data at the positions x, as many parity shards that arrived at y, and A and B of fec16_locator.h, the
 * inverse of the Cauchy matrix between them is A(x) B(y) / (x xor y). What any other data shard z adds to a lost one
 * follows without a second product of matrices: the partial fractions over y sum up to
 *     A(x) G(z) / (x xor z),   G(z) = prod over x of (z xor x) / prod over y of (z xor y)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fec/fec16_code.h"

/* Arrays have `count` entries; indexes ascend. */
struct pf_fec16_loss {
	size_t count;
	uint32_t *data, *parity; /* indexes of the lost data and of the parity shards used instead */
	uint32_t *x, *y;         /* their positions */
	uint16_t *log_a, *log_b; /* of A and B, the side's factor max(x, y) >> level taken out */
	size_t narrow;           /* lost shards, the first, at positions below 256 */
};

#define PF_FEC16_LOSS_BYTES (4 * sizeof(uint32_t) + 2 * sizeof(uint16_t)) /* of memory per lost shard */

/*
 * Lists the `count` lost data shards, and the first parity shards that arrived, as many, into `memory` of
 * count * PF_FEC16_LOSS_BYTES. The locator has been reserved for positions below 2^levels.
 */
void pf_fec16_loss_find(struct pf_fec16_loss *loss, void *memory, size_t count, const bool *have_data,
	const uint8_t *const *parity);
void pf_fec16_loss_locate(
	struct pf_fec16_loss *loss, struct pf_fec16 *f, const struct pf_fec16_shape *shape, unsigned levels);

/* Coefficients, `stride` from row to row. The first `narrow` columns are below 256. */
struct pf_fec16_matrix {
	uint16_t *words;
	size_t stride, columns, narrow;
};

/*
 * Direct repair: a row per lost shard, k columns. Lists the index of each column's shard in `column`: below k of a data
 * shard, from k on of a parity shard.
 */
void pf_fec16_direct(struct pf_fec16_matrix *m, uint32_t *column, const struct pf_gf16 *field,
	const struct pf_fec16_loss *loss, const struct pf_fec16_shape *shape, const bool *have_data);

/* The bare Cauchy matrix 1 / (x xor y) for the lost shards [begin, end). */
void pf_fec16_cauchy(struct pf_fec16_matrix *m, const struct pf_gf16 *field, const struct pf_fec16_loss *loss,
	size_t begin, size_t end);
