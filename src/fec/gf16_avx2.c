/*
 * AVX2: 32 elements at a time, a product by eight byte shuffles (native-media 4.1.7). The eight tables of
 * a group stay in registers over all of its rows, which beats fusing layers: two layers at once would need
 * three sets of tables and there are 16 registers.
 */
#include <immintrin.h>
#include <stdbool.h>

#include "fec/gf16_kernel.h"

#define AVX2   __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))
#define BLOCK  64

/* of[2q] gives the low, of[2q + 1] the high byte of t times nibble q of a word. */
struct shuffles {
	__m256i of[8];
};

struct block {
	__m256i lo, hi;
};

/* Where bit b of an entry's index is set, byte i is picked, else zero. */
#define PICK(n, b, i)  ((n) >> (b)&1 ? (i) : 0x80)
#define PICK4(n, b, i) PICK(n, b, i), PICK((n) + 1, b, i), PICK((n) + 2, b, i), PICK((n) + 3, b, i)
#define PICK16(b, i)   PICK4(0, b, i), PICK4(4, b, i), PICK4(8, b, i), PICK4(12, b, i)
#define PICK_WORD(w)                                                   \
	{                                                              \
		PICK16((w) % 4, 2 * (w)), PICK16((w) % 4, 2 * (w) + 1) \
	}

/* Spreads one of eight words over the entries of a nibble's two tables: low bytes, then high bytes. */
static const uint8_t pick_word[8][32] = {PICK_WORD(0), PICK_WORD(1), PICK_WORD(2), PICK_WORD(3), PICK_WORD(4),
	PICK_WORD(5), PICK_WORD(6), PICK_WORD(7)};

INLINE __m256i picked(__m256i words, unsigned w)
{
	return _mm256_shuffle_epi8(words, _mm256_loadu_si256((const __m256i *)pick_word[w]));
}

/* Entry n of a table is the xor of the images of the bits set in n. */
INLINE __m256i nibble_tables(__m256i words, unsigned w)
{
	return _mm256_xor_si256(_mm256_xor_si256(picked(words, w), picked(words, w + 1)),
		_mm256_xor_si256(picked(words, w + 2), picked(words, w + 3)));
}

AVX2 static void make_table(uint8_t *table, const uint16_t image[16])
{
	__m256i *out = (__m256i *)table;
	for (unsigned half = 0; half < 2; half++) {
		__m256i words = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const __m128i *)(image + (size_t)8 * half)));
		_mm256_storeu_si256(out + (size_t)2 * half, nibble_tables(words, 0));
		_mm256_storeu_si256(out + (size_t)2 * half + 1, nibble_tables(words, 4));
	}
}

INLINE __m256i broadcast(const uint8_t *table, unsigned i)
{
	return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)table + i));
}

INLINE struct shuffles load_table(const uint8_t *table)
{
	/* Not a loop: at -O2 that would keep the tables on the stack. */
	return (struct shuffles){
		{broadcast(table, 0), broadcast(table, 1), broadcast(table, 2), broadcast(table, 3),
			broadcast(table, 4), broadcast(table, 5), broadcast(table, 6), broadcast(table, 7)}};
}

INLINE struct block load(const uint8_t *p)
{
	return (struct block){
		_mm256_loadu_si256((const __m256i *)p),
		_mm256_loadu_si256((const __m256i *)(p + BLOCK / 2)),
	};
}

INLINE void store(uint8_t *p, struct block b)
{
	_mm256_storeu_si256((__m256i *)p, b.lo);
	_mm256_storeu_si256((__m256i *)(p + BLOCK / 2), b.hi);
}

INLINE struct block plus(struct block a, struct block b)
{
	return (struct block){_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}

/* sum += the products of t with nibble q of each word. */
INLINE void add_nibble(struct block *sum, const struct shuffles *t, size_t q, __m256i nibble)
{
	sum->lo = _mm256_xor_si256(sum->lo, _mm256_shuffle_epi8(t->of[2 * q], nibble));
	sum->hi = _mm256_xor_si256(sum->hi, _mm256_shuffle_epi8(t->of[2 * q + 1], nibble));
	/* Left alone, compilers reorder the sum for depth and then spill the tables. */
	__asm__("" : "+x"(sum->lo), "+x"(sum->hi));
}

/* t b: one nibble after the other, so that all of it and the tables fit in the 16 registers. */
INLINE struct block times(const struct shuffles *t, struct block b)
{
	const __m256i low = _mm256_set1_epi8(15);
	__m256i nibble = _mm256_and_si256(b.lo, low);
	struct block sum = {_mm256_shuffle_epi8(t->of[0], nibble), _mm256_shuffle_epi8(t->of[1], nibble)};
	add_nibble(&sum, t, 1, _mm256_and_si256(_mm256_srli_epi64(b.lo, 4), low));
	add_nibble(&sum, t, 2, _mm256_and_si256(b.hi, low));
	add_nibble(&sum, t, 3, _mm256_and_si256(_mm256_srli_epi64(b.hi, 4), low));
	return sum;
}

enum butterfly { IFFT, IFFT_ADD, FFT };

/* x ^= t y and y ^= x, in the order of the transform, on one pair of rows; t = NULL is the zero word. */
INLINE void row_butterfly(
	const struct pf_gf16_layer *layer, size_t row, const struct shuffles *t, enum butterfly kind)
{
	uint8_t *dst_x = layer->dst[row], *dst_y = layer->dst[row + layer->dist];
	const uint8_t *src_x = layer->src[row], *src_y = layer->src[row + layer->dist];
	size_t bytes = layer->bytes;
	for (size_t at = 0; at < bytes; at += BLOCK) {
		struct block y = load(src_y + at);
		if (kind == FFT) {
			struct block x = load(src_x + at);
			if (t)
				x = plus(times(t, y), x);
			store(dst_x + at, x);
			store(dst_y + at, plus(x, load(src_y + at)));
			continue;
		}
		y = plus(y, load(src_x + at));
		store(dst_y + at, kind == IFFT_ADD ? plus(y, load(dst_y + at)) : y);
		struct block x = load(src_x + at);
		if (t)
			x = plus(times(t, y), x);
		store(dst_x + at, kind == IFFT_ADD ? plus(x, load(dst_x + at)) : x);
	}
}

INLINE void run_layer(const struct pf_gf16_layer *layer, enum butterfly kind)
{
	for (unsigned g = layer->begin; g < layer->end; g++) {
		size_t row = (size_t)g * 2 * layer->dist, end = row + layer->dist;
		size_t index = layer->first + g;
		if (index == 0) {
			for (; row < end; row++)
				row_butterfly(layer, row, NULL, kind);
			continue;
		}
		struct shuffles t = load_table(layer->tables + index * sizeof(__m128i) * 8);
		for (; row < end; row++)
			row_butterfly(layer, row, &t, kind);
	}
}

AVX2 static void ifft(const struct pf_gf16_layer *layer)
{
	run_layer(layer, IFFT);
}

AVX2 static void ifft_add(const struct pf_gf16_layer *layer)
{
	run_layer(layer, IFFT_ADD);
}

AVX2 static void fft(const struct pf_gf16_layer *layer)
{
	run_layer(layer, FFT);
}

AVX2 static void mul(uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table)
{
	struct shuffles t = load_table(table);
	for (size_t at = 0; at < bytes; at += BLOCK)
		store(dst + at, times(&t, load(src + at)));
}

AVX2 static void mul_add(uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table)
{
	struct shuffles t = load_table(table);
	for (size_t at = 0; at < bytes; at += BLOCK)
		store(dst + at, plus(times(&t, load(src + at)), load(dst + at)));
}

AVX2 static void add(uint8_t *dst, const uint8_t *src, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += BLOCK)
		store(dst + at, plus(load(dst + at), load(src + at)));
}

const struct pf_gf16_kernel pf_gf16_kernel_avx2 = {
	.name = "avx2",
	.table_bytes = sizeof(__m128i) * 8,
	.make_table = make_table,
	.ifft = ifft,
	.ifft_add = ifft_add,
	.fft = fft,
	.mul = mul,
	.mul_add = mul_add,
	.add = add,
};
