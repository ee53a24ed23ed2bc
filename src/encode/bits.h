/*
 * Single bits, most significant first, with the Exp-Golomb codes of H.264 9.1. Bounded, errors are sticky:
 * a read past the end gives 0, a write past it is lost, and `failed` is set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bit_reader {
	const uint8_t *data;
	size_t bits, at;
	bool failed;
};

struct bit_writer {
	uint8_t *data; /* zeroed by the caller */
	size_t bits, at;
	bool failed;
};

static inline uint32_t bits_get(struct bit_reader *r, unsigned count)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < count; i++, r->at++) {
		if (r->at >= r->bits) {
			r->failed = true;
			return 0;
		}
		v = v << 1 | (r->data[r->at / 8] >> (7 - r->at % 8) & 1);
	}
	return v;
}

static inline uint32_t bits_get_ue(struct bit_reader *r)
{
	unsigned zeros = 0;
	while (!r->failed && bits_get(r, 1) == 0)
		zeros++;
	if (r->failed || zeros > 31) {
		r->failed = true;
		return 0;
	}
	return (uint32_t)((UINT64_C(1) << zeros) - 1 + bits_get(r, zeros));
}

static inline int32_t bits_get_se(struct bit_reader *r)
{
	uint32_t v = bits_get_ue(r);
	return v % 2 ? (int32_t)(v / 2 + 1) : -(int32_t)(v / 2);
}

static inline void bits_put(struct bit_writer *w, uint32_t value, unsigned count)
{
	for (unsigned i = count; i > 0; i--, w->at++) {
		if (w->at >= w->bits) {
			w->failed = true;
			return;
		}
		uint8_t mask = (uint8_t)(0x80 >> w->at % 8);
		if (value >> (i - 1) & 1)
			w->data[w->at / 8] |= mask;
		else
			w->data[w->at / 8] &= (uint8_t)~mask;
	}
}

static inline void bits_put_ue(struct bit_writer *w, uint32_t value)
{
	unsigned len = 32 - (unsigned)__builtin_clz(value + 1);
	bits_put(w, 0, len - 1);
	bits_put(w, value + 1, len);
}

static inline void bits_put_se(struct bit_writer *w, int32_t value)
{
	bits_put_ue(w, value > 0 ? (uint32_t)value * 2 - 1 : (uint32_t)-value * 2);
}
