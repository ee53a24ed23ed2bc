/*
 * Plain C: the reference of the other kernels, and what runs where no other does. The compiler's generic vectors stand
 * in for registers; a product goes bit by bit.
 */
#include <string.h>

#include "fec/kernel.h"

#define TARGET
#define INLINE          PF_FEC_INLINE
#define LAYERS          2
#define PRODUCT_ROWS    4
#define PRODUCT_COLUMNS 1
#define TABLE_BYTES     128

typedef uint8_t vec __attribute__((vector_size(16)));
typedef int8_t signed_vec __attribute__((vector_size(16)));

INLINE vec load(const uint8_t *p)
{
	vec v;
	memcpy(&v, p, sizeof(v));
	return v;
}

INLINE void store(uint8_t *p, vec v)
{
	memcpy(p, &v, sizeof(v));
}

INLINE vec zero(void)
{
	return (vec){0};
}

INLINE vec add(vec a, vec b)
{
	return a ^ b;
}

INLINE vec add3(vec a, vec b, vec c)
{
	return a ^ b ^ c;
}

/* The images of the eight bits, the highest first, each in all bytes of a register. */
typedef const uint8_t *multiplier;

static void make_table(uint8_t *table, const uint8_t image[8])
{
	for (unsigned i = 0; i < 8; i++)
		memset(table + (size_t)i * sizeof(vec), image[7 - i], sizeof(vec));
}

INLINE multiplier load_multiplier(const uint8_t *table)
{
	return table;
}

INLINE vec multiply(multiplier m, vec v)
{
	vec sum = zero();
	PF_FEC_UNROLL
	for (unsigned i = 0; i < 8; i++, v += v)
		sum ^= load(m + i * sizeof(vec)) & (vec)((signed_vec)v < 0);
	return sum;
}

#include "fec/wire16.h"

#include "fec/kernel_body.h"

KERNEL(c, "c");
