/*
 * What of the GF(2^8) code depends on the CPU: the product of a matrix with rows of bytes. A tier brings its
 * own form of the table that multiplies by a coefficient. Adding one: a file with a filled struct, a row
 * in tier.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* out[r] = sum over c of matrix[r * stride + c] * in[c]. Any alignment; out does not overlap in. */
struct pf_gf8_product {
	uint8_t *const *out;
	const uint8_t *const *in;
	unsigned rows, columns; /* at least one row; no columns make zeros */
	const uint8_t *matrix;
	size_t stride;
	size_t bytes; /* of each row of out and in, at least 1 */
};

struct pf_gf8_kernel {
	const char *name;
	size_t table_bytes; /* per coefficient; tables of all 256 lie one after the other, aligned to 64 */
	/* image[i] = coefficient * 2^i */
	void (*make_table)(uint8_t *table, const uint8_t image[8]);
	void (*product)(const struct pf_gf8_product *p, const uint8_t *tables);
};

extern const struct pf_gf8_kernel pf_gf8_kernel_c;
extern const struct pf_gf8_kernel pf_gf8_kernel_avx2; /* x86-64 only */
