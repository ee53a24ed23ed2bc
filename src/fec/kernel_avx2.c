/* AVX2: 32 bytes at a time, a product by two byte shuffles. */
#include <immintrin.h>

#include "fec/kernel.h"
#include "fec/nibble_table.h"

#define TARGET          __attribute__((target("avx2")))
#define INLINE          PF_FEC_INLINE __attribute__((target("avx2")))
#define LAYERS          2
#define PRODUCT_ROWS    4
#define PRODUCT_COLUMNS 1

#include "fec/avx2_register.h"

typedef struct {
	vec low, high;
} multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	const __m128i *half = (const __m128i *)table;
	return (multiplier){_mm256_broadcastsi128_si256(_mm_load_si128(half)),
		_mm256_broadcastsi128_si256(_mm_load_si128(half + 1))};
}

INLINE vec multiply(multiplier m, vec v)
{
	const vec mask = _mm256_set1_epi8(15);
	vec low = _mm256_and_si256(v, mask), high = _mm256_and_si256(_mm256_srli_epi64(v, 4), mask);
	return add(_mm256_shuffle_epi8(m.low, low), _mm256_shuffle_epi8(m.high, high));
}

#include "fec/kernel_body.h"

KERNEL(avx2, "avx2");
