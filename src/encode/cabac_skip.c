#include "encode/cabac_skip.h"

/* mb_skip_flag's first context at QP 51 (9.3.1.1: (23 * 51 >> 4) + 33 = 106): "skipped" is the likely value
 * and becomes likelier with each one, so that states below this and the other direction never occur. */
#define FIRST_STATE 42
#define LAST_STATE  62

/* Table 9-44 from FIRST_STATE on: range of the unlikely value by quarter of the range. */
static const uint8_t unlikely_range[LAST_STATE - FIRST_STATE + 1][4] = {
	{16, 20, 23, 27},
	{15, 19, 22, 25},
	{14, 18, 21, 24},
	{14, 17, 20, 23},
	{13, 16, 19, 22},
	{12, 15, 18, 21},
	{12, 14, 17, 20},
	{11, 14, 16, 19},
	{11, 13, 15, 18},
	{10, 12, 15, 17},
	{10, 12, 14, 16},
	{9, 11, 13, 15},
	{9, 11, 12, 14},
	{8, 10, 12, 14},
	{8, 9, 11, 13},
	{7, 9, 11, 12},
	{7, 9, 10, 12},
	{7, 8, 10, 11},
	{6, 8, 9, 11},
	{6, 7, 9, 10},
	{6, 7, 8, 9},
};

struct coder {
	struct bit_writer *out;
	uint32_t low, range;
	unsigned outstanding;
	bool started; /* the first bit is not written */
};

static void put_bit(struct coder *c, unsigned bit)
{
	if (c->started)
		bits_put(c->out, bit, 1);
	c->started = true;
	for (; c->outstanding > 0; c->outstanding--)
		bits_put(c->out, !bit, 1);
}

static void renormalise(struct coder *c)
{
	for (; c->range < 256; c->range <<= 1, c->low <<= 1) {
		if (c->low < 256) {
			put_bit(c, 0);
		} else if (c->low >= 512) {
			c->low -= 512;
			put_bit(c, 1);
		} else {
			c->low -= 256;
			c->outstanding++;
		}
	}
}

static void put_likely(struct coder *c, unsigned *state)
{
	c->range -= unlikely_range[*state - FIRST_STATE][c->range >> 6 & 3];
	if (*state < LAST_STATE)
		++*state;
	renormalise(c);
}

/* 9.3.4.5 and, at the end, 9.3.4.6: the last bit written is the trailing bit. */
static void put_end_of_slice(struct coder *c, bool end)
{
	c->range -= 2;
	if (end) {
		c->low += c->range;
		c->range = 2;
	}
	renormalise(c);
	if (end) {
		put_bit(c, c->low >> 9 & 1);
		bits_put(c->out, (c->low >> 7 & 3) | 1, 2);
	}
}

void cabac_write_skips(struct bit_writer *w, uint32_t count)
{
	while (w->at % 8 != 0 && !w->failed)
		bits_put(w, 1, 1);
	struct coder c = {.out = w, .range = 510};
	unsigned state = FIRST_STATE;
	for (uint32_t i = 1; i <= count; i++) {
		put_likely(&c, &state);
		put_end_of_slice(&c, i == count);
	}
}
