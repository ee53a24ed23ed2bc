/* 32 pixels of two rows per step with 256-bit multiply-adds; the rest of a row in plain C. */
#include "convert/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <string.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET static inline __attribute__((always_inline))
#define STEP   32

struct coefficients {
	__m256i luma_hi, luma_lo, u, v;
};

INLINE __m256i spread(const int8_t c[4])
{
	int32_t word;
	memcpy(&word, c, sizeof(word));
	return _mm256_set1_epi32(word);
}

/* Per pixel the sum over its bytes, in 32 bits. No pair exceeds 16 bits: |c0| + |c1| <= 128. */
INLINE __m256i dot(__m256i pixels, __m256i c)
{
	return _mm256_madd_epi16(_mm256_maddubs_epi16(pixels, c), _mm256_set1_epi16(1));
}

INLINE __m256i luma8(const struct coefficients *c, __m256i pixels)
{
	__m256i hi = _mm256_add_epi32(dot(pixels, c->luma_hi), _mm256_set1_epi32(CONVERT_LUMA_BIAS));
	__m256i sum = _mm256_add_epi32(_mm256_slli_epi32(hi, 7), dot(pixels, c->luma_lo));
	return _mm256_srli_epi32(sum, CONVERT_LUMA_SHIFT);
}

/* Four times eight 32-bit values to 32 bytes in order: packing works within halves. */
INLINE __m256i pack32(const __m256i w[4])
{
	__m256i bytes = _mm256_packus_epi16(_mm256_packus_epi32(w[0], w[1]), _mm256_packus_epi32(w[2], w[3]));
	return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* U V U V ... of eight columns in two rows, 32 bits each. */
INLINE __m256i chroma8(const struct coefficients *c, __m256i above, __m256i below)
{
	__m256i u = _mm256_add_epi32(dot(above, c->u), dot(below, c->u));
	__m256i v = _mm256_add_epi32(dot(above, c->v), dot(below, c->v));
	__m256i both = _mm256_blend_epi32(_mm256_add_epi32(u, _mm256_srli_epi64(u, 32)),
		_mm256_add_epi32(v, _mm256_slli_epi64(v, 32)), 0xAA);
	return _mm256_srli_epi32(
		_mm256_add_epi32(both, _mm256_set1_epi32(CONVERT_CHROMA_BIAS)), CONVERT_CHROMA_SHIFT);
}

INLINE void store_planar(const struct convert_rows *r, unsigned x, __m256i uv)
{
	__m256i split =
		_mm256_shuffle_epi8(uv, _mm256_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15,
						0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
	split = _mm256_permute4x64_epi64(split, 0xD8);
	_mm_storeu_si128((__m128i *)(r->u + x / 2), _mm256_castsi256_si128(split));
	_mm_storeu_si128((__m128i *)(r->v + x / 2), _mm256_extracti128_si256(split, 1));
}

INLINE void step(const struct coefficients *c, const struct convert_rows *r, unsigned x)
{
	__m256i above[4], below[4], uv[4];
	for (unsigned i = 0; i < 4; i++) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(r->src[0] + 4 * (size_t)x) + i);
		__m256i b = _mm256_loadu_si256((const __m256i *)(r->src[1] + 4 * (size_t)x) + i);
		above[i] = luma8(c, a);
		below[i] = luma8(c, b);
		uv[i] = chroma8(c, a, b);
	}
	_mm256_storeu_si256((__m256i *)(r->y[0] + x), pack32(above));
	_mm256_storeu_si256((__m256i *)(r->y[1] + x), pack32(below));
	if (r->v)
		store_planar(r, x, pack32(uv));
	else
		_mm256_storeu_si256((__m256i *)(r->u + x), pack32(uv));
}

TARGET static void rows_avx2(const struct convert_matrix *m, struct convert_rows r, unsigned width)
{
	const struct coefficients c = {spread(m->luma_hi), spread(m->luma_lo), spread(m->u), spread(m->v)};
	unsigned x = 0;
	for (; x + STEP <= width; x += STEP)
		step(&c, &r, x);
	if (x == width)
		return;
	unsigned at = r.v ? x / 2 : x;
	struct convert_rows rest = {
		.src = {r.src[0] + 4 * (size_t)x, r.src[1] + 4 * (size_t)x},
		.y = {r.y[0] + x, r.y[1] + x},
		.u = r.u + at,
		.v = r.v ? r.v + at : NULL,
	};
	convert_scalar.rows(m, rest, width - x);
}

static bool cpu_has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

const struct pf_convert_kernel convert_avx2 = {
	.name = "avx2",
	.runs_here = cpu_has_avx2,
	.rows = rows_avx2,
};

#endif
