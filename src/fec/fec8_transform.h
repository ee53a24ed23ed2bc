/*
 * The Cauchy matrix of the GF(2^8) code by transforms, which costs a block of many parity shards a fraction of its
 * product. With c = 2^level >= m positions 0 .. m - 1 of parity, data at position x in the chunk of c positions that
 * begins at b >= c adds
 *     sum over x of in[x] / (x xor y) = (s'(c) / s(b)) * P(y)
 * where P takes the values in[x] in the chunk, s is the polynomial that vanishes on 0 .. c - 1 and s' its derivative,
 * a constant. The transform is that of the GF(2^16) code with s(position) of each layer for its coefficients, scaled to
 * be 1 at the layer's own size. Data at positions below c, if m < c, has the first columns of the matrix instead.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fec/gf8.h"
#include "fec/kernel.h"
#include "fec/scratch.h"

#define PF_FEC8_LEVELS 8

/* Zero-initialised until init; finish to free. Private to fec8_transform.c. */
struct pf_fec8_transform {
	const struct pf_fec_kernel *kernel;
	const struct pf_fec_tables *tables;
	uint8_t skew[PF_FEC8_LEVELS][256];
	uint8_t scale[PF_FEC8_LEVELS][256]; /* s'(c) / s(b), by level and b */
	uint32_t wanted[256];               /* rows of parity before each position of the chunk */
	const uint8_t *inputs[256];
	uint8_t *head_rows[256];
	struct pf_scratch memory; /* columns at work, and of the sum */
	struct pf_scratch head;   /* what data below c adds, by parity row */
	struct pf_scratch zeros;  /* a row */
};

/* tables: of the field under the kernel; they outlive it. */
void pf_fec8_transform_init(struct pf_fec8_transform *t, const struct pf_gf8 *field,
	const struct pf_fec_kernel *kernel, const struct pf_fec_tables *tables);
void pf_fec8_transform_finish(struct pf_fec8_transform *t);

/* Whether a block of this shape is less work this way. */
bool pf_fec8_transform_pays(const struct pf_fec8_transform *t, unsigned k, unsigned m, size_t bytes);

/* Readies memory for blocks of every shape, of shards of up to `bytes`. Errors: PF_ERR_NOMEM. */
int pf_fec8_transform_reserve(struct pf_fec8_transform *t, size_t bytes);

/* As pf_fec8_encode(), for shapes that pay. matrix: m rows of coefficients, `stride` apart. Reserve comes first; then it
 * cannot fail. */
void pf_fec8_transform_encode(struct pf_fec8_transform *t, const uint8_t *matrix, size_t stride,
	const uint8_t *const *data, unsigned k, uint8_t *const *parity, unsigned m, size_t bytes);
