/* GFNI with AVX-512: 64 bytes at a time, a product by one instruction. */
#include <immintrin.h>
#include <string.h>

#include "fec/affine_table.h"
#include "fec/kernel.h"

#define TARGET          __attribute__((target("avx512f,avx512bw,gfni")))
#define INLINE          PF_FEC_INLINE __attribute__((target("avx512f,avx512bw,gfni")))
#define LAYERS          3
#define PRODUCT_ROWS    6
#define PRODUCT_COLUMNS 2

#include "fec/avx512_register.h"

typedef vec multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	long long matrix;
#if defined(__clang__) && __clang_major__ < 20
	/* Its assembler counts short displacements of a product with a broadcast operand in bytes, the CPU in eights
	 * (LLVM pull request 120340). An address that the compiler knows nothing of is used without one. */
	__asm__("" : "+r"(table));
#endif
	memcpy(&matrix, table, sizeof(matrix));
	return _mm512_set1_epi64(matrix);
}

INLINE vec multiply(multiplier m, vec v)
{
	return _mm512_gf2p8affine_epi64_epi8(v, m, 0);
}

#include "fec/kernel_body.h"

KERNEL(gfni512, "gfni512");
