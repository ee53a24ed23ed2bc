#include "fec/gf16.h"

#include <pthread.h>

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
	for (unsigned high = 0; high < 256; high++) {
		field->fold[high] = (uint8_t)(pf_gf16_mul(field, PF_GF16_TOWER, (uint16_t)high) ^ high << 8);
		field->norm[high] = (uint8_t)pf_gf16_mul(field, 0x80, (uint16_t)high);
	}
}

static struct pf_gf16 shared;

static void init_shared(void)
{
	pf_gf16_init(&shared);
}

const struct pf_gf16 *pf_gf16_shared(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init_shared);
	return &shared;
}
