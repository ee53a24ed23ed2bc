/* GFNI with AVX2: 32 bytes at a time, a product by one instruction. Consumer CPUs have it that lack AVX-512. */
#include <immintrin.h>
#include <string.h>

#include "fec/affine_table.h"
#include "fec/kernel.h"

#define TARGET          __attribute__((target("avx2,gfni")))
#define INLINE          PF_FEC_INLINE __attribute__((target("avx2,gfni")))
#define LAYERS          2
#define PRODUCT_ROWS    6
#define PRODUCT_COLUMNS 1

#include "fec/avx2_register.h"

typedef vec multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	long long matrix;
	memcpy(&matrix, table, sizeof(matrix));
	return _mm256_set1_epi64x(matrix);
}

INLINE vec multiply(multiplier m, vec v)
{
	return _mm256_gf2p8affine_epi64_epi8(v, m, 0);
}

#include "fec/kernel_body.h"

KERNEL(gfni256, "gfni256");
