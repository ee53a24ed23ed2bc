/*
 * 64 pixels of two rows per step. One dot product of four bytes is one instruction (VNNI). Row ends are done with masks, so damage of any width is fast.
 */
#include "convert/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,bmi2")))
#define INLINE TARGET static inline __attribute__((always_inline))
#define STEP   64

struct coefficients {
	__m512i luma_hi, luma_lo, u, v;
};

/* Which of a step's 64 pixels exist. */
struct extent {
	__mmask64 pixels;
	unsigned x;
};

INLINE __m512i spread(const int8_t c[4])
{
	int32_t word;
	memcpy(&word, c, sizeof(word));
	return _mm512_set1_epi32(word);
}

INLINE __m512i luma16(const struct coefficients *c, __m512i pixels)
{
	__m512i hi = _mm512_dpbusd_epi32(_mm512_set1_epi32(CONVERT_LUMA_BIAS), pixels, c->luma_hi);
	__m512i sum = _mm512_dpbusd_epi32(_mm512_slli_epi32(hi, 7), pixels, c->luma_lo);
	return _mm512_srli_epi32(sum, CONVERT_LUMA_SHIFT);
}

/* U V U V ... of sixteen columns in two rows, 32 bits each. Half of the bias per column of a pair. */
INLINE __m512i chroma16(const struct coefficients *c, __m512i above, __m512i below)
{
	const __m512i half = _mm512_set1_epi32(CONVERT_CHROMA_BIAS / 2);
	__m512i u = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(half, above, c->u), below, c->u);
	__m512i v = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(half, above, c->v), below, c->v);
	__m512i both = _mm512_add_epi32(u, _mm512_srli_epi64(u, 32));
	both = _mm512_mask_add_epi32(both, 0xAAAA, v, _mm512_slli_epi64(v, 32));
	return _mm512_srli_epi32(both, CONVERT_CHROMA_SHIFT);
}

/* Four times sixteen 32-bit values to 64 bytes in order: packing works within quarters. */
INLINE __m512i pack64(const __m512i w[4])
{
	__m512i bytes = _mm512_packus_epi16(_mm512_packus_epi32(w[0], w[1]), _mm512_packus_epi32(w[2], w[3]));
	return _mm512_permutexvar_epi32(
		_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), bytes);
}

INLINE void store_planar(const struct convert_rows *r, struct extent e, __m512i uv)
{
	__mmask32 half = (__mmask32)_pext_u64(e.pixels, 0x5555555555555555);
	_mm256_mask_storeu_epi8(r->u + e.x / 2, half, _mm512_cvtepi16_epi8(uv));
	_mm256_mask_storeu_epi8(r->v + e.x / 2, half, _mm512_cvtepi16_epi8(_mm512_srli_epi16(uv, 8)));
}

INLINE void step(const struct coefficients *c, const struct convert_rows *r, struct extent e)
{
	__m512i above[4], below[4], uv[4];
	for (unsigned i = 0; i < 4; i++) {
		__mmask16 m = (__mmask16)(e.pixels >> (16 * i));
		__m512i a = _mm512_maskz_loadu_epi32(m, r->src[0] + 4 * (size_t)e.x + 64 * (size_t)i);
		__m512i b = _mm512_maskz_loadu_epi32(m, r->src[1] + 4 * (size_t)e.x + 64 * (size_t)i);
		above[i] = luma16(c, a);
		below[i] = luma16(c, b);
		uv[i] = chroma16(c, a, b);
	}
	_mm512_mask_storeu_epi8(r->y[0] + e.x, e.pixels, pack64(above));
	_mm512_mask_storeu_epi8(r->y[1] + e.x, e.pixels, pack64(below));
	if (r->v)
		store_planar(r, e, pack64(uv));
	else
		_mm512_mask_storeu_epi8(r->u + e.x, e.pixels, pack64(uv));
}

TARGET static void rows_avx512(const struct convert_matrix *m, struct convert_rows r, unsigned width)
{
	const struct coefficients c = {spread(m->luma_hi), spread(m->luma_lo), spread(m->u), spread(m->v)};
	unsigned x = 0;
	for (; x + STEP <= width; x += STEP)
		step(&c, &r, (struct extent){.pixels = ~(__mmask64)0, .x = x});
	if (x < width)
		step(&c, &r, (struct extent){.pixels = ((__mmask64)1 << (width - x)) - 1, .x = x});
}

static bool cpu_has_avx512_vnni(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("bmi2");
}

const struct pf_convert_kernel convert_avx512 = {
	.name = "avx512",
	.runs_here = cpu_has_avx512_vnni,
	.rows = rows_avx512,
};

#endif
