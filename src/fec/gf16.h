/*
 * The field GF(2^16) of native-media 4.1.1: words whose bits select elements of a Cantor basis. Addition is
 * xor, multiplication goes through logarithms. Filled once, then only read.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PF_GF16_ORDER 65535u /* of the multiplicative group: logarithms count modulo this */

struct pf_gf16 {
	uint16_t exp[65536];       /* exp[65535] = exp[0] = 1 */
	uint16_t log[65536];       /* log[0] is the sentinel 65535 */
	uint16_t image[4][16][16]; /* image[q][n][i] = (n << 4q) * (1 << i) */
};

void pf_gf16_init(struct pf_gf16 *field);

/* The products of t with the 16 basis words: the columns of the matrix that multiplies by t. */
void pf_gf16_images(const struct pf_gf16 *field, uint16_t t, uint16_t out[16]);

/* a + b and a - b modulo 65535; 0..65535 in and out, where 65535 means 0. */
static inline uint32_t pf_gf16_log_add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;
	return sum >= PF_GF16_ORDER ? sum - PF_GF16_ORDER : sum;
}

static inline uint32_t pf_gf16_log_sub(uint32_t a, uint32_t b)
{
	return a >= b ? a - b : a + PF_GF16_ORDER - b;
}
