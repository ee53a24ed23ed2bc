/* The table of kernels that multiply by GF2P8AFFINEQB: a matrix of bits whose byte 7 - i makes bit i of the result. */
#pragma once

#include <stdint.h>

#define TABLE_BYTES 8

static void make_table(uint8_t *table, const uint8_t image[8])
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned row = 0;
		for (unsigned j = 0; j < 8; j++)
			row |= (image[j] >> i & 1u) << j;
		table[7 - i] = (uint8_t)row;
	}
}
