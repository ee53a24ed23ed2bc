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
	__m256i luma, luma_bias, u, v;
};

/* 32 pixels. Not an array: gcc 12 at -O2 would keep it in memory. */
struct pixels {
	__m256i a, b, c, d;
};

INLINE __m256i spread(const void *four_bytes)
{
	int32_t word;
	memcpy(&word, four_bytes, sizeof(word));
	return _mm256_set1_epi32(word);
}

/* Packing and horizontal adding work within halves; this puts their results in order. */
INLINE __m256i in_order(__m256i v)
{
	return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Pixels are taken as signed, 128 lower, since the factor for green needs all 8 bits; the bias makes up. */
INLINE __m256i luma16(const struct coefficients *c, __m256i first, __m256i second)
{
	const __m256i sign = _mm256_set1_epi8((char)0x80);
	__m256i a = _mm256_maddubs_epi16(c->luma, _mm256_xor_si256(first, sign));
	__m256i b = _mm256_maddubs_epi16(c->luma, _mm256_xor_si256(second, sign));
	return _mm256_srli_epi16(_mm256_add_epi16(_mm256_hadd_epi16(a, b), c->luma_bias), 8);
}

INLINE __m256i luma32(const struct coefficients *c, struct pixels p)
{
	return in_order(_mm256_packus_epi16(luma16(c, p.a, p.b), luma16(c, p.c, p.d)));
}

/* Means of neighbouring columns of 16 pixels. */
INLINE __m256i halve(__m256i first, __m256i second)
{
	__m256 a = _mm256_castsi256_ps(first), b = _mm256_castsi256_ps(second);
	__m256i even = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
	__m256i odd = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
	return _mm256_avg_epu8(even, odd);
}

INLINE __m256i chroma16(__m256i c, __m256i first, __m256i second)
{
	__m256i sum = _mm256_hadd_epi16(_mm256_maddubs_epi16(first, c), _mm256_maddubs_epi16(second, c));
	return _mm256_add_epi16(sum, _mm256_set1_epi16((short)CONVERT_CHROMA_BIAS));
}

/* U V U V ... of 32 columns. */
INLINE __m256i chroma32(const struct coefficients *c, struct pixels above, struct pixels below)
{
	__m256i first = halve(_mm256_avg_epu8(above.a, below.a), _mm256_avg_epu8(above.b, below.b));
	__m256i second = halve(_mm256_avg_epu8(above.c, below.c), _mm256_avg_epu8(above.d, below.d));
	__m256i u = _mm256_srli_epi16(chroma16(c->u, first, second), 8);
	__m256i v = _mm256_and_si256(chroma16(c->v, first, second), _mm256_set1_epi16((short)0xFF00));
	return in_order(_mm256_or_si256(u, v));
}

INLINE void store_planar(const struct convert_rows *r, unsigned x, __m256i uv)
{
	const __m256i apart = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
	__m256i split = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(uv, apart), 0xD8);
	_mm_storeu_si128((__m128i *)(r->u + x / 2), _mm256_castsi256_si128(split));
	_mm_storeu_si128((__m128i *)(r->v + x / 2), _mm256_extracti128_si256(split, 1));
}

INLINE struct pixels load32(const uint8_t *p)
{
	const __m256i *v = (const __m256i *)p;
	return (struct pixels){_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1), _mm256_loadu_si256(v + 2),
		_mm256_loadu_si256(v + 3)};
}

INLINE void step(const struct coefficients *c, const struct convert_rows *r, unsigned x)
{
	struct pixels above = load32(r->src[0] + 4 * (size_t)x);
	struct pixels below = load32(r->src[1] + 4 * (size_t)x);
	_mm256_storeu_si256((__m256i *)(r->y[0] + x), luma32(c, above));
	_mm256_storeu_si256((__m256i *)(r->y[1] + x), luma32(c, below));
	__m256i uv = chroma32(c, above, below);
	if (r->v)
		store_planar(r, x, uv);
	else
		_mm256_storeu_si256((__m256i *)(r->u + x), uv);
}

TARGET static void rows_avx2(const struct convert_matrix *m, struct convert_rows r, unsigned width)
{
	const struct coefficients c = {
		.luma = spread(m->luma),
		.luma_bias = _mm256_set1_epi16(
			(short)(m->luma_bias + 128 * (m->luma[0] + m->luma[1] + m->luma[2] + m->luma[3]))),
		.u = spread(m->u),
		.v = spread(m->v),
	};
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
