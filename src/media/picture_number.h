/*
 * A frame number drawn into the top left corner of a picture so that it survives lossy coding: 32 blocks of
 * 16x16 pixels, black = 0, white = 1, in two rows of 16, most significant bit first: 24 bits of number and
 * an 8-bit check. Drawn by the synthetic capture and by punktfunk-motion, read by tests and the probe.
 * Thread-safety: safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_PICTURE_NUMBER_BLOCK_PX  16
#define PF_PICTURE_NUMBER_WIDTH_PX  256
#define PF_PICTURE_NUMBER_HEIGHT_PX 32
#define PF_PICTURE_NUMBER_MASK      0xffffffu

/* Not linear in the number, so that a picture of one colour or a shifted one does not read as a number. */
static inline uint8_t pf_picture_number_check(uint32_t number)
{
	return (uint8_t)((number * 0x9e3779b1u) >> 24 ^ 0xa5);
}

/* Pixels of four bytes; the number counts modulo 2^24. */
static inline void pf_picture_number_draw(void *pixels, size_t stride_bytes, uint32_t number)
{
	number &= PF_PICTURE_NUMBER_MASK;
	uint32_t bits = number << 8 | pf_picture_number_check(number);
	for (unsigned y = 0; y < PF_PICTURE_NUMBER_HEIGHT_PX; y++) {
		uint32_t *row = (uint32_t *)((uint8_t *)pixels + y * stride_bytes);
		unsigned first = y / PF_PICTURE_NUMBER_BLOCK_PX * 16;
		for (unsigned x = 0; x < PF_PICTURE_NUMBER_WIDTH_PX; x++) {
			unsigned bit = first + x / PF_PICTURE_NUMBER_BLOCK_PX;
			row[x] = bits >> (31 - bit) & 1 ? 0xffffffffu : 0xff000000u;
		}
	}
}

/* Samples of one byte: a luma plane (step_bytes 1), or any colour of a packed picture (step_bytes 4).
 * False when the check says that this is no number. */
static inline bool pf_picture_number_read(
	const uint8_t *samples, size_t stride_bytes, size_t step_bytes, uint32_t *number)
{
	uint32_t bits = 0;
	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned left = bit % 16 * PF_PICTURE_NUMBER_BLOCK_PX;
		unsigned top = bit / 16 * PF_PICTURE_NUMBER_BLOCK_PX;
		unsigned sum = 0;
		for (unsigned y = top + 6; y < top + 10; y++)
			for (unsigned x = left + 6; x < left + 10; x++)
				sum += samples[y * stride_bytes + x * step_bytes];
		bits = bits << 1 | (sum >= 16 * 128);
	}
	if (pf_picture_number_check(bits >> 8) != (uint8_t)bits)
		return false;
	*number = bits >> 8;
	return true;
}
