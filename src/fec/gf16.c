#include "fec/gf16.h"

#include <string.h>

#define POLYNOMIAL 0x1002d

static const uint16_t cantor_basis[16] = {0x0001, 0xacca, 0x3c0e, 0x163e, 0xc582, 0xed2e, 0x914c, 0x4012,
	0x6c98, 0x10d8, 0x6a72, 0xb900, 0xfdb8, 0xfb34, 0xff38, 0x991e};

/* field->exp serves as the discrete logarithm of polynomials until the second half refills it. */
static void fill_logarithms(struct pf_gf16 *field)
{
	uint16_t *dlog = field->exp;
	uint32_t s = 1;
	for (unsigned i = 0; i < PF_GF16_ORDER; i++) {
		dlog[s] = (uint16_t)i;
		s <<= 1;
		if (s > 0xffff)
			s ^= POLYNOMIAL;
	}
	uint16_t *value = field->log; /* of each word as a polynomial */
	value[0] = 0;
	for (unsigned v = 1; v < 65536; v++)
		value[v] = value[v & (v - 1)] ^ cantor_basis[__builtin_ctz(v)];
	for (unsigned v = 1; v < 65536; v++)
		field->log[v] = dlog[value[v]];
	field->log[0] = PF_GF16_ORDER;

	for (unsigned v = 1; v < 65536; v++)
		field->exp[field->log[v]] = (uint16_t)v;
	field->exp[PF_GF16_ORDER] = field->exp[0];
}

void pf_gf16_init(struct pf_gf16 *field)
{
	fill_logarithms(field);
	for (unsigned q = 0; q < 4; q++) {
		for (unsigned n = 0; n < 16; n++) {
			for (unsigned i = 0; i < 16; i++) {
				uint32_t log = pf_gf16_log_add(field->log[n << 4 * q], field->log[1u << i]);
				field->image[q][n][i] = n == 0 ? 0 : field->exp[log];
			}
		}
	}
}

void pf_gf16_images(const struct pf_gf16 *field, uint16_t t, uint16_t out[16])
{
	uint64_t sum[4] = {0};
	for (unsigned q = 0; q < 4; q++) {
		const uint16_t *image = field->image[q][t >> 4 * q & 15];
		for (size_t i = 0; i < 4; i++) {
			uint64_t four;
			memcpy(&four, image + 4 * i, sizeof(four));
			sum[i] ^= four;
		}
	}
	memcpy(out, sum, sizeof(sum));
}
