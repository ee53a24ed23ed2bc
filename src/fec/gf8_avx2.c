/*
 * AVX2: two byte shuffles multiply 32 bytes, one per nibble. Four outputs by 64 bytes are summed in
 * registers, so each input is loaded and split once for four coefficients and no sum goes through memory.
 */
#include <immintrin.h>

#include "fec/gf8_kernel.h"

#define AVX2        __attribute__((target("avx2")))
#define INLINE      static inline __attribute__((always_inline, target("avx2")))
#define BLOCK       64
#define TABLE_BYTES 32 /* products with the 16 low, then with the 16 high nibbles */

static void make_table(uint8_t *table, const uint8_t image[8])
{
	for (unsigned half = 0; half < 2; half++, table += 16, image += 4) {
		table[0] = 0;
		for (unsigned n = 1; n < 16; n++)
			table[n] = table[n & (n - 1)] ^ image[__builtin_ctz(n)];
	}
}

INLINE __m256i nibble_table(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)table));
}

INLINE __m256i plus_product(__m256i sum, __m256i low_table, __m256i high_table, __m256i low, __m256i high)
{
	return _mm256_xor_si256(_mm256_xor_si256(sum, _mm256_shuffle_epi8(low_table, low)),
		_mm256_shuffle_epi8(high_table, high));
}

/* BLOCK bytes at `at` of the outputs [row, row + count), where count is a constant of at most 4. */
INLINE void product_block(
	const struct pf_gf8_product *p, const uint8_t *tables, unsigned row, unsigned count, size_t at)
{
	const __m256i mask = _mm256_set1_epi8(15);
	const uint8_t *matrix = p->matrix + row * p->stride;
	__m256i sum[4][2];
#pragma GCC unroll 4
	for (unsigned r = 0; r < count; r++)
		sum[r][0] = sum[r][1] = _mm256_setzero_si256();
	for (unsigned c = 0; c < p->columns; c++) {
		const uint8_t *in = p->in[c] + at;
		__m256i a = _mm256_loadu_si256((const __m256i *)in);
		__m256i b = _mm256_loadu_si256((const __m256i *)(in + BLOCK / 2));
		__m256i a_low = _mm256_and_si256(a, mask), b_low = _mm256_and_si256(b, mask);
		__m256i a_high = _mm256_and_si256(_mm256_srli_epi64(a, 4), mask);
		__m256i b_high = _mm256_and_si256(_mm256_srli_epi64(b, 4), mask);
#pragma GCC unroll 4
		for (unsigned r = 0; r < count; r++) {
			const uint8_t *table = tables + (size_t)matrix[r * p->stride + c] * TABLE_BYTES;
			__m256i low = nibble_table(table), high = nibble_table(table + 16);
			sum[r][0] = plus_product(sum[r][0], low, high, a_low, a_high);
			sum[r][1] = plus_product(sum[r][1], low, high, b_low, b_high);
		}
	}
#pragma GCC unroll 4
	for (unsigned r = 0; r < count; r++) {
		uint8_t *out = p->out[row + r] + at;
		_mm256_storeu_si256((__m256i *)out, sum[r][0]);
		_mm256_storeu_si256((__m256i *)(out + BLOCK / 2), sum[r][1]);
	}
}

AVX2 static void product_column(const struct pf_gf8_product *p, const uint8_t *tables, size_t at)
{
	unsigned row = 0;
	for (; row + 4 <= p->rows; row += 4)
		product_block(p, tables, row, 4, at);
	for (; row + 2 <= p->rows; row += 2)
		product_block(p, tables, row, 2, at);
	if (row < p->rows)
		product_block(p, tables, row, 1, at);
}

static void product_short(const struct pf_gf8_product *p, const uint8_t *tables)
{
	for (unsigned r = 0; r < p->rows; r++) {
		for (size_t i = 0; i < p->bytes; i++) {
			uint8_t sum = 0;
			for (unsigned c = 0; c < p->columns; c++) {
				const uint8_t *table =
					tables + (size_t)p->matrix[r * p->stride + c] * TABLE_BYTES;
				uint8_t v = p->in[c][i];
				sum ^= table[v & 15] ^ table[16 + (v >> 4)];
			}
			p->out[r][i] = sum;
		}
	}
}

static void product(const struct pf_gf8_product *p, const uint8_t *tables)
{
	if (p->bytes < BLOCK) {
		product_short(p, tables);
		return;
	}
	size_t at = 0;
	for (; at + BLOCK <= p->bytes; at += BLOCK)
		product_column(p, tables, at);
	/* The last bytes together with some that are done already. */
	if (at < p->bytes)
		product_column(p, tables, p->bytes - BLOCK);
}

const struct pf_gf8_kernel pf_gf8_kernel_avx2 = {
	.name = "avx2",
	.table_bytes = TABLE_BYTES,
	.make_table = make_table,
	.product = product,
};
