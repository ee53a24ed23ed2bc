/*
 * The field GF(2^16) of native-media 4.1.1: words whose bits select elements of a Cantor basis. Addition is
 * xor, multiplication goes through logarithms.
 *
 * The basis makes it a tower: the words below 256 are the subfield GF(2^8), and with g = 256, where g * g = g + 128,
 * the word with these two bytes is (low + fold(high)) + high * g. Kernels
 * multiply in those parts: a word below 256 multiplies both alike, any other one takes four products of bytes. That
 * 256 tables of byte products are enough, and that all coefficients of blocks with positions below 256 are bytes, is
 * what makes the code fast.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PF_GF16_ORDER 65535u /* of the multiplicative group: logarithms count modulo this */
#define PF_GF16_TOWER 256u   /* g */

struct pf_gf16 {
	uint16_t exp[65536]; /* exp[65535] = exp[0] = 1 */
	uint16_t log[65536]; /* log[0] is the sentinel 65535 */
	uint8_t fold[256];   /* of the word 256 h plus h * g; a linear map */
	uint8_t norm[256];   /* norm[h] = 128 * h: what h * g * g adds to the low part */
};

void pf_gf16_init(struct pf_gf16 *field);

/* The field, filled once for all contexts. Thread-safety: safe. */
const struct pf_gf16 *pf_gf16_shared(void);

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

static inline uint16_t pf_gf16_mul(const struct pf_gf16 *field, uint16_t a, uint16_t b)
{
	return a && b ? field->exp[pf_gf16_log_add(field->log[a], field->log[b])] : 0;
}
