/* Plain C: the reference of the other kernels, and what runs where no other does. */
#include <string.h>

#include "fec/gf8_kernel.h"

#define TABLE_BYTES 256

static void make_table(uint8_t *table, const uint8_t image[8])
{
	table[0] = 0;
	for (unsigned v = 1; v < TABLE_BYTES; v++)
		table[v] = table[v & (v - 1)] ^ image[__builtin_ctz(v)];
}

static void product(const struct pf_gf8_product *p, const uint8_t *tables)
{
	for (unsigned r = 0; r < p->rows; r++) {
		uint8_t *out = p->out[r];
		memset(out, 0, p->bytes);
		for (unsigned c = 0; c < p->columns; c++) {
			const uint8_t *table = tables + (size_t)p->matrix[r * p->stride + c] * TABLE_BYTES;
			const uint8_t *in = p->in[c];
			for (size_t i = 0; i < p->bytes; i++)
				out[i] ^= table[in[i]];
		}
	}
}

const struct pf_gf8_kernel pf_gf8_kernel_c = {
	.name = "c",
	.table_bytes = TABLE_BYTES,
	.make_table = make_table,
	.product = product,
};
