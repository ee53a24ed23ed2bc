/* The registers of AVX2, 32 bytes each, for kernel_body.h: all but the products. Wants INLINE. */
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m256i vec;

struct pair {
	vec a, b;
};

INLINE vec load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

INLINE void store(uint8_t *p, vec v)
{
	_mm256_storeu_si256((__m256i *)p, v);
}

INLINE vec zero(void)
{
	return _mm256_setzero_si256();
}

INLINE vec add(vec a, vec b)
{
	return _mm256_xor_si256(a, b);
}

INLINE vec add3(vec a, vec b, vec c)
{
	return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

INLINE struct pair load_wire(const uint8_t *p, size_t left)
{
	return (struct pair){load(p), load(p + 32)};
}

INLINE void store_wire(uint8_t *p, size_t left, struct pair v)
{
	store(p, v.a);
	store(p + 32, v.b);
}
