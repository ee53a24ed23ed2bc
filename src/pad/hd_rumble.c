#include "pad/hd_rumble.h"

#include <math.h>

#include "base/reader.h"

#define AMPLITUDE_FULL 100 /* the code of 1.0; what lies above is for the console alone */
#define STEPS_A_DOUBLE 32

struct actuator {
	uint8_t low, high; /* amplitude codes, 0..127 */
};

/*
 * A word, from its lowest bit: 2 bits of packing (0: one sample of both bands), 7 bits each of high frequency, high
 * amplitude, low frequency and low amplitude, and 2 bits that count the samples. The other packings are changes
 * relative to earlier samples, several a word. All zero is what drivers send before there is anything to feel.
 */
static bool read_actuator(struct actuator *out, uint32_t word)
{
	bool one_sample = (word & 3) == 0 && word >> 30 == 1;
	if (!one_sample && word != 0)
		return false;
	out->high = word >> 9 & 0x7F;
	out->low = word >> 23 & 0x7F;
	return true;
}

/* Codes are a logarithm: 32 a doubling above 31, 16 a doubling from 16 on, 4 below; and 0 is nothing. */
static uint16_t amplitude(uint8_t code)
{
	if (code == 0)
		return 0;
	int steps = code >= 32 ? code : code >= 16 ? 2 * code - 31 : 8 * code - 121;
	float level = exp2f((float)(steps - AMPLITUDE_FULL) / STEPS_A_DOUBLE);
	return level < 1 ? (uint16_t)lroundf(level * UINT16_MAX) : UINT16_MAX;
}

static uint8_t larger(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

bool pf_hd_rumble_read(const uint8_t data[PF_HD_RUMBLE_BYTES], uint16_t *low, uint16_t *high)
{
	struct pf_rd r = pf_rd_init(data, PF_HD_RUMBLE_BYTES);
	struct actuator left, right;
	if (!read_actuator(&left, pf_rd_u32(&r)) || !read_actuator(&right, pf_rd_u32(&r)))
		return false;
	/* The kernel's driver makes the left actuator the strong motor and the right one the weak, with both bands
	 * alike; others use the bands as motors. */
	bool by_side = left.low == left.high && right.low == right.high;
	*low = amplitude(by_side ? left.low : larger(left.low, right.low));
	*high = amplitude(by_side ? right.high : larger(left.high, right.high));
	return true;
}
