/* NEON: 16 bytes at a time, a product by two table look-ups. */
#include <arm_neon.h>

#include "fec/kernel.h"
#include "fec/nibble_table.h"

#define TARGET
#define INLINE          PF_FEC_INLINE
#define LAYERS          3
#define PRODUCT_ROWS    6
#define PRODUCT_COLUMNS 1

typedef uint8x16_t vec;

INLINE vec load(const uint8_t *p)
{
	return vld1q_u8(p);
}

INLINE void store(uint8_t *p, vec v)
{
	vst1q_u8(p, v);
}

INLINE vec zero(void)
{
	return vdupq_n_u8(0);
}

INLINE vec add(vec a, vec b)
{
	return veorq_u8(a, b);
}

INLINE vec add3(vec a, vec b, vec c)
{
	return add(add(a, b), c);
}

typedef struct {
	vec low, high;
} multiplier;

INLINE multiplier load_multiplier(const uint8_t *table)
{
	return (multiplier){load(table), load(table + 16)};
}

INLINE vec multiply(multiplier m, vec v)
{
	return add(vqtbl1q_u8(m.low, vandq_u8(v, vdupq_n_u8(15))), vqtbl1q_u8(m.high, vshrq_n_u8(v, 4)));
}

#include "fec/wire16.h"

#include "fec/kernel_body.h"

KERNEL(neon, "neon");
