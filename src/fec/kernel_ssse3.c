/* SSSE3: 16 bytes at a time, a product by two byte shuffles. */
#include <immintrin.h>

#include "fec/kernel.h"
#include "fec/nibble_table.h"

#define TARGET          __attribute__((target("ssse3")))
#define INLINE          PF_FEC_INLINE __attribute__((target("ssse3")))
#define LAYERS          2
#define PRODUCT_ROWS    4
#define PRODUCT_COLUMNS 1

typedef __m128i vec;

INLINE vec load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

INLINE void store(uint8_t *p, vec v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

INLINE vec zero(void)
{
	return _mm_setzero_si128();
}

INLINE vec add(vec a, vec b)
{
	return _mm_xor_si128(a, b);
}

INLINE vec add3(vec a, vec b, vec c)
{
	return _mm_xor_si128(_mm_xor_si128(a, b), c);
}

typedef struct {
	vec low, high;
} multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	const __m128i *half = (const __m128i *)table;
	return (multiplier){_mm_load_si128(half), _mm_load_si128(half + 1)};
}

INLINE vec multiply(multiplier m, vec v)
{
	const vec mask = _mm_set1_epi8(15);
	vec low = _mm_and_si128(v, mask), high = _mm_and_si128(_mm_srli_epi64(v, 4), mask);
	return add(_mm_shuffle_epi8(m.low, low), _mm_shuffle_epi8(m.high, high));
}

#include "fec/wire16.h"

#include "fec/kernel_body.h"

KERNEL(ssse3, "ssse3");
