/* AVX-512 without GFNI: 64 bytes at a time, a product by two byte shuffles. */
#include <immintrin.h>

#include "fec/kernel.h"
#include "fec/nibble_table.h"

#define TARGET          __attribute__((target("avx512f,avx512bw")))
#define INLINE          PF_FEC_INLINE __attribute__((target("avx512f,avx512bw")))
#define LAYERS          3
#define PRODUCT_ROWS    6
#define PRODUCT_COLUMNS 2

#include "fec/avx512_register.h"

typedef struct {
	vec low, high;
} multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	const __m128i *half = (const __m128i *)table;
	return (multiplier){_mm512_broadcast_i32x4(_mm_load_si128(half)),
		_mm512_broadcast_i32x4(_mm_load_si128(half + 1))};
}

INLINE vec multiply(multiplier m, vec v)
{
	const vec mask = _mm512_set1_epi8(15);
	vec low = _mm512_and_si512(v, mask), high = _mm512_and_si512(_mm512_srli_epi64(v, 4), mask);
	return add(_mm512_shuffle_epi8(m.low, low), _mm512_shuffle_epi8(m.high, high));
}

#include "fec/kernel_body.h"

KERNEL(avx512, "avx512");
