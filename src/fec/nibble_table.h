/* The table of kernels that multiply by byte shuffles, one per nibble. */
#pragma once

#include <stdint.h>

#define TABLE_BYTES 32

/* Products with the 16 low, then with the 16 high nibbles. */
static void make_table(uint8_t *table, const uint8_t image[8])
{
	for (unsigned half = 0; half < 2; half++, table += 16, image += 4) {
		table[0] = 0;
		for (unsigned n = 1; n < 16; n++)
			table[n] = table[n & (n - 1)] ^ image[__builtin_ctz(n)];
	}
}
