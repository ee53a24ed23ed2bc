/* Plain C: the reference of the other kernels, and what runs where no other does. */
#include <stdbool.h>
#include <string.h>

#include "fec/gf16_kernel.h"

#define BLOCK 64

/* The product of t with the four nibbles of a word. */
struct nibbles {
	uint16_t of[4][16];
};

static void make_table(uint8_t *table, const uint16_t image[16])
{
	struct nibbles *t = (struct nibbles *)table;
	for (unsigned q = 0; q < 4; q++) {
		t->of[q][0] = 0;
		for (unsigned n = 1; n < 16; n++)
			t->of[q][n] = t->of[q][n & (n - 1)] ^ image[4 * q + (unsigned)__builtin_ctz(n)];
	}
}

static inline void block_add(uint8_t *dst, const uint8_t *a, const uint8_t *b)
{
	uint64_t x[BLOCK / 8], y[BLOCK / 8];
	memcpy(x, a, BLOCK);
	memcpy(y, b, BLOCK);
	for (unsigned i = 0; i < BLOCK / 8; i++)
		x[i] ^= y[i];
	memcpy(dst, x, BLOCK);
}

static inline void block_mul(uint8_t *dst, const uint8_t *src, const struct nibbles *t)
{
	for (unsigned i = 0; i < BLOCK / 2; i++) {
		uint8_t lo = src[i], hi = src[BLOCK / 2 + i];
		uint16_t v = t->of[0][lo & 15] ^ t->of[1][lo >> 4] ^ t->of[2][hi & 15] ^ t->of[3][hi >> 4];
		dst[i] = (uint8_t)v;
		dst[BLOCK / 2 + i] = (uint8_t)(v >> 8);
	}
}

enum butterfly { IFFT, IFFT_ADD, FFT };

/* x ^= t y and y ^= x, in the order of the transform; t = NULL is the zero word. */
static inline void block_butterfly(uint8_t *dst_x, uint8_t *dst_y, const uint8_t *src_x, const uint8_t *src_y,
	const struct nibbles *t, enum butterfly kind)
{
	uint8_t x[BLOCK], y[BLOCK], product[BLOCK];
	memcpy(x, src_x, BLOCK);
	memcpy(y, src_y, BLOCK);
	if (kind != FFT)
		block_add(y, y, x);
	if (t) {
		block_mul(product, y, t);
		block_add(x, x, product);
	}
	if (kind == FFT)
		block_add(y, y, x);
	if (kind == IFFT_ADD) {
		block_add(x, x, dst_x);
		block_add(y, y, dst_y);
	}
	memcpy(dst_x, x, BLOCK);
	memcpy(dst_y, y, BLOCK);
}

static inline void run_layer(const struct pf_gf16_layer *layer, enum butterfly kind)
{
	const struct nibbles *tables = (const struct nibbles *)layer->tables;
	for (unsigned g = layer->begin; g < layer->end; g++) {
		const struct nibbles *t = layer->first + g == 0 ? NULL : &tables[layer->first + g];
		size_t x = (size_t)g * 2 * layer->dist, y = x + layer->dist;
		for (unsigned i = 0; i < layer->dist; i++, x++, y++) {
			for (size_t at = 0; at < layer->bytes; at += BLOCK)
				block_butterfly(layer->dst[x] + at, layer->dst[y] + at, layer->src[x] + at,
					layer->src[y] + at, t, kind);
		}
	}
}

static void ifft(const struct pf_gf16_layer *layer)
{
	run_layer(layer, IFFT);
}

static void ifft_add(const struct pf_gf16_layer *layer)
{
	run_layer(layer, IFFT_ADD);
}

static void fft(const struct pf_gf16_layer *layer)
{
	run_layer(layer, FFT);
}

static void mul(uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table)
{
	for (size_t at = 0; at < bytes; at += BLOCK)
		block_mul(dst + at, src + at, (const struct nibbles *)table);
}

static void mul_add(uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table)
{
	uint8_t product[BLOCK];
	for (size_t at = 0; at < bytes; at += BLOCK) {
		block_mul(product, src + at, (const struct nibbles *)table);
		block_add(dst + at, dst + at, product);
	}
}

static void add(uint8_t *dst, const uint8_t *src, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += BLOCK)
		block_add(dst + at, dst + at, src + at);
}

const struct pf_gf16_kernel pf_gf16_kernel_c = {
	.name = "c",
	.table_bytes = sizeof(struct nibbles),
	.make_table = make_table,
	.ifft = ifft,
	.ifft_add = ifft_add,
	.fft = fft,
	.mul = mul,
	.mul_add = mul_add,
	.add = add,
};
