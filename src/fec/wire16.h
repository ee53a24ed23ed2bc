/* Columns of registers of 16 bytes, for kernel_body.h. Wants INLINE, vec, load and store. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pair {
	vec a, b;
};

/* Each 64 bytes are two columns: the first and the second half of their low and high bytes. */
INLINE struct pair load_wire(const uint8_t *p, size_t left)
{
	p -= left % 64 / 2;
	return (struct pair){load(p), load(p + 32)};
}

INLINE void store_wire(uint8_t *p, size_t left, struct pair v)
{
	p -= left % 64 / 2;
	store(p, v.a);
	store(p + 32, v.b);
}
