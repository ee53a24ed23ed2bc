#include "fec/gf8.h"

#define POLYNOMIAL 0x11d

void pf_gf8_init(struct pf_gf8 *field)
{
	*field = (struct pf_gf8){0};
	unsigned v = 1;
	for (unsigned i = 0; i < PF_GF8_ORDER; i++) {
		field->exp[i] = field->exp[i + PF_GF8_ORDER] = (uint8_t)v;
		field->log[v] = (uint8_t)i;
		v <<= 1;
		if (v > 0xff)
			v ^= POLYNOMIAL;
	}
	for (unsigned a = 1; a < 256; a++)
		field->inverse[a] = field->exp[PF_GF8_ORDER - field->log[a]];
}
