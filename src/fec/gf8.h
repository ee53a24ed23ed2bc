/*
 * The field GF(2^8) of gamestream 6.6: polynomials modulo 0x11D, generator 2. Addition is xor. Filled once,
 * then only read.
 */
#pragma once

#include <stdint.h>

#define PF_GF8_ORDER 255u

struct pf_gf8 {
	uint8_t exp[2 * PF_GF8_ORDER]; /* twice, so that the sum of two logarithms is an index */
	uint8_t log[256];              /* log[0] is not defined */
	uint8_t inverse[256];          /* inverse[0] = 0 */
};

void pf_gf8_init(struct pf_gf8 *field);

static inline uint8_t pf_gf8_mul(const struct pf_gf8 *field, uint8_t a, uint8_t b)
{
	return a && b ? field->exp[field->log[a] + field->log[b]] : 0;
}
