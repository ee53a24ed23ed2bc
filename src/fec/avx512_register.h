/* The registers of AVX-512, 64 bytes each, for kernel_body.h: all but the products. Wants INLINE. */
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m512i vec;

struct pair {
	vec a, b;
};

INLINE vec load(const uint8_t *p)
{
	return _mm512_loadu_si512((const void *)p);
}

INLINE void store(uint8_t *p, vec v)
{
	_mm512_storeu_si512((void *)p, v);
}

INLINE vec zero(void)
{
	return _mm512_setzero_si512();
}

INLINE vec add(vec a, vec b)
{
	return _mm512_xor_si512(a, b);
}

INLINE vec add3(vec a, vec b, vec c)
{
	return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

INLINE vec join(const uint8_t *low, const uint8_t *high)
{
	vec v = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)low));
	return _mm512_inserti64x4(v, _mm256_loadu_si256((const __m256i *)high), 1);
}

INLINE void split(uint8_t *low, uint8_t *high, vec v)
{
	_mm256_storeu_si256((__m256i *)low, _mm512_castsi512_si256(v));
	_mm256_storeu_si256((__m256i *)high, _mm512_extracti64x4_epi64(v, 1));
}

/* A column is twice 64 bytes, but for the last of an odd number: its halves are the same then. */
INLINE struct pair load_wire(const uint8_t *p, size_t left)
{
	const uint8_t *second = left < 128 ? p : p + 64;
	return (struct pair){join(p, second), join(p + 32, second + 32)};
}

INLINE void store_wire(uint8_t *p, size_t left, struct pair v)
{
	uint8_t *second = left < 128 ? p : p + 64;
	split(p, second, v.a);
	split(p + 32, second + 32, v.b);
}
