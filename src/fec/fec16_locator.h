/*
 * Logarithms of the products that make up the inverse of a Cauchy matrix. Private to src/fec.
 *
 * The shards lost (positions X) and the parity shards that replace them (positions Y, as many) satisfy
 *     r(y) = sum over x of z(x) / (x xor y),   so   z(x) = A(x) * sum over y of B(y) * r(y) / (x xor y)
 *     A(x) = prod over y of (x xor y) / prod over other x' of (x xor x')
 *     B(y) = prod over x of (x xor y) / prod over other y' of (y xor y')
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fec/gf16.h"
#include "fec/scratch.h"

/* Zero-initialised; finish to free. */
struct pf_fec16_locator {
	struct pf_scratch sums; /* one per position */
	struct pf_scratch logs; /* Walsh transforms of the logarithms: of size N at [N, 2N) */
	uint32_t have_logs;     /* bit n: size 2^n is there */
};

/* Readies memory for positions below 2^levels, levels 1..16. Errors: PF_ERR_NOMEM. */
int pf_fec16_locator_reserve(struct pf_fec16_locator *l, unsigned levels);
void pf_fec16_locator_finish(struct pf_fec16_locator *l);

/* Positions are distinct and below 2^levels. log_a and log_b get values 0..65535 (65535 means 0). Reserve
 * comes first; then it cannot fail. */
void pf_fec16_locate(struct pf_fec16_locator *l, const struct pf_gf16 *field, unsigned levels,
	const uint32_t *x, const uint32_t *y, size_t count, uint16_t *log_a, uint16_t *log_b);
