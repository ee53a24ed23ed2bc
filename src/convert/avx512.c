/*
 * 64 pixels of two rows per step. One dot product of four bytes is one instruction (VNNI), its result is
 * the second byte of 32 bits, and one byte permute collects 32 results of two registers (VBMI). Row ends are
 * done with masks, so damage of any width is fast.
 */
#include "convert/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi,bmi2")))
#define INLINE TARGET static inline __attribute__((always_inline))
#define STEP   64

struct coefficients {
	__m512i luma, luma_bias, u, v;
};

/* 64 pixels. Not an array: gcc 12 at -O2 would keep it in memory. */
struct pixels {
	__m512i a, b, c, d;
};

#define ALL_PIXELS (~(__mmask64)0)

INLINE __m512i spread(const void *four_bytes)
{
	int32_t word;
	memcpy(&word, four_bytes, sizeof(word));
	return _mm512_set1_epi32(word);
}

/* Pixels are taken as signed, 128 lower, since the factor for green needs all 8 bits; the bias makes up. */
INLINE __m512i luma16(const struct coefficients *c, __m512i pixels)
{
	__m512i lowered = _mm512_xor_si512(pixels, _mm512_set1_epi8((char)0x80));
	return _mm512_dpbusd_epi32(c->luma_bias, c->luma, lowered);
}

/* Second bytes of the sixteen 32-bit values of a, then of b; twice. */
INLINE __m512i second_bytes(__m512i a, __m512i b)
{
	const __m512i step = _mm512_set1_epi32(0x10101010);
	const __m512i first = _mm512_set1_epi32(0x0D090501);
	__m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
	index = _mm512_add_epi8(first, _mm512_mullo_epi32(index, step));
	return _mm512_permutex2var_epi8(a, index, b);
}

INLINE __m512i luma64(const struct coefficients *c, struct pixels p)
{
	__m512i low = second_bytes(luma16(c, p.a), luma16(c, p.b));
	__m512i high = second_bytes(luma16(c, p.c), luma16(c, p.d));
	return _mm512_mask_blend_epi64(0xF0, low, high);
}

/* Means of neighbouring columns of 32 pixels. Within each quarter: two from first, two from second. */
INLINE __m512i halve(__m512i first, __m512i second)
{
	__m512 a = _mm512_castsi512_ps(first), b = _mm512_castsi512_ps(second);
	__m512i even = _mm512_castps_si512(_mm512_shuffle_ps(a, b, 0x88));
	__m512i odd = _mm512_castps_si512(_mm512_shuffle_ps(a, b, 0xDD));
	return _mm512_avg_epu8(even, odd);
}

/* U V U V ... of 32 columns whose rows are averaged, in the order of columns; twice. */
INLINE __m512i chroma32(const struct coefficients *c, __m512i first, __m512i second)
{
	const __m512i bias = _mm512_set1_epi32(CONVERT_CHROMA_BIAS);
	/* Each 32 bits are U V U V of two neighbouring means; the second 64 bits of a quarter come from the
	 * second half of the columns. */
	const __m512i index = _mm512_setr_epi32(0x45054101, 0x55155111, 0x65256121, 0x75357131, 0x4D0D4909,
		0x5D1D5919, 0x6D2D6929, 0x7D3D7939, 0x45054101, 0x55155111, 0x65256121, 0x75357131,
		0x4D0D4909, 0x5D1D5919, 0x6D2D6929, 0x7D3D7939);
	__m512i mean = halve(first, second);
	__m512i u = _mm512_dpbusd_epi32(bias, mean, c->u);
	__m512i v = _mm512_dpbusd_epi32(bias, mean, c->v);
	return _mm512_permutex2var_epi8(u, index, v);
}

INLINE __m512i chroma64(const struct coefficients *c, struct pixels above, struct pixels below)
{
	__m512i low = chroma32(c, _mm512_avg_epu8(above.a, below.a), _mm512_avg_epu8(above.b, below.b));
	__m512i high = chroma32(c, _mm512_avg_epu8(above.c, below.c), _mm512_avg_epu8(above.d, below.d));
	return _mm512_mask_blend_epi64(0xF0, low, high);
}

/* Compilers keep the mask even when it is a constant of ones, and a masked store takes many times as long. */
INLINE __m512i load(const uint8_t *p, __mmask16 wanted)
{
	return wanted == 0xFFFF ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi32(wanted, p);
}

INLINE struct pixels load64(const uint8_t *p, __mmask64 wanted)
{
	return (struct pixels){
		load(p, (__mmask16)wanted),
		load(p + 64, (__mmask16)(wanted >> 16)),
		load(p + 128, (__mmask16)(wanted >> 32)),
		load(p + 192, (__mmask16)(wanted >> 48)),
	};
}

INLINE void store(uint8_t *p, __mmask64 bytes, __m512i v)
{
	if (bytes == ALL_PIXELS)
		_mm512_storeu_si512(p, v);
	else
		_mm512_mask_storeu_epi8(p, bytes, v);
}

INLINE void store_half(uint8_t *p, __mmask32 bytes, __m256i v)
{
	if (bytes == (__mmask32)ALL_PIXELS)
		_mm256_storeu_si256((__m256i *)p, v);
	else
		_mm256_mask_storeu_epi8(p, bytes, v);
}

INLINE void store_chroma(const struct convert_rows *r, unsigned x, __mmask64 wanted, __m512i uv)
{
	if (!r->v) {
		store(r->u + x, wanted, uv);
		return;
	}
	__mmask32 half = wanted == ALL_PIXELS ? (__mmask32)ALL_PIXELS
					      : (__mmask32)_pext_u64(wanted, 0x5555555555555555);
	store_half(r->u + x / 2, half, _mm512_cvtepi16_epi8(uv));
	store_half(r->v + x / 2, half, _mm512_cvtepi16_epi8(_mm512_srli_epi16(uv, 8)));
}

/* wanted: which of the 64 pixels exist. */
INLINE void step(const struct coefficients *c, const struct convert_rows *r, unsigned x, __mmask64 wanted)
{
	struct pixels above = load64(r->src[0] + 4 * (size_t)x, wanted);
	struct pixels below = load64(r->src[1] + 4 * (size_t)x, wanted);
	store(r->y[0] + x, wanted, luma64(c, above));
	store(r->y[1] + x, wanted, luma64(c, below));
	store_chroma(r, x, wanted, chroma64(c, above, below));
}

TARGET static void rows_avx512(const struct convert_matrix *m, struct convert_rows r, unsigned width)
{
	const struct coefficients c = {
		.luma = spread(m->luma),
		.luma_bias = _mm512_set1_epi32(
			m->luma_bias + 128 * (m->luma[0] + m->luma[1] + m->luma[2] + m->luma[3])),
		.u = spread(m->u),
		.v = spread(m->v),
	};
	unsigned x = 0;
	for (; x + STEP <= width; x += STEP)
		step(&c, &r, x, ALL_PIXELS);
	if (x < width)
		step(&c, &r, x, ((__mmask64)1 << (width - x)) - 1);
}

static bool cpu_has_vnni_and_vbmi(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("bmi2");
}

const struct pf_convert_kernel convert_avx512 = {
	.name = "avx512",
	.runs_here = cpu_has_vnni_and_vbmi,
	.rows = rows_avx512,
};

#endif
