/* What drivers send as HD rumble is felt as they meant it. */
#include "pad/hd_rumble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint16_t low, high;

static bool read_words(const char *left, const char *right)
{
	uint8_t data[PF_HD_RUMBLE_BYTES];
	memcpy(data, left, 4);
	memcpy(data + 4, right, 4);
	low = high = 1;
	return pf_hd_rumble_read(data, &low, &high);
}

/* 160 and 320 Hz, as the kernel's driver sets both bands of a side. */
static bool read_codes(unsigned left_low, unsigned left_high, unsigned right_low, unsigned right_high)
{
	const uint8_t data[PF_HD_RUMBLE_BYTES] = {
		0x00,
		(uint8_t)(0x01 | left_high << 1),
		(uint8_t)(0x40 | left_low << 7),
		(uint8_t)(0x40 | left_low >> 1),
		0x00,
		(uint8_t)(0x01 | right_high << 1),
		(uint8_t)(0x40 | right_low << 7),
		(uint8_t)(0x40 | right_low >> 1),
	};
	low = high = 1;
	return pf_hd_rumble_read(data, &low, &high);
}

static void silence_is_silence(void **state)
{
	assert_true(read_words("\x00\x01\x40\x40", "\x00\x01\x40\x40"));
	assert_int_equal(low, 0);
	assert_int_equal(high, 0);
	assert_true(read_words("\0\0\0\0", "\0\0\0\0"));
	assert_int_equal(low, 0);
	assert_int_equal(high, 0);
}

static void bands_are_motors(void **state)
{
	/* What the reverse engineers give for a half of each. */
	assert_true(read_words("\x00\x01\x40\x62", "\x00\x01\x40\x62"));
	assert_in_range(low, 16000, 33000);
	assert_int_equal(high, 0);
	assert_true(read_words("\x00\x65\x40\x40", "\x00\x65\x40\x40"));
	assert_int_equal(low, 0);
	assert_in_range(high, 16000, 33000);
	assert_true(read_codes(100, 0, 0, 50));
	assert_int_equal(low, 65535);
	assert_in_range(high, 22000, 22400);
}

static void sides_are_motors_when_their_bands_agree(void **state)
{
	assert_true(read_codes(100, 100, 0, 0));
	assert_int_equal(low, 65535);
	assert_int_equal(high, 0);
	assert_true(read_codes(0, 0, 100, 100));
	assert_int_equal(low, 0);
	assert_int_equal(high, 65535);
}

/* Amplitudes of codes, thousandths of full strength, as they were measured. */
static void the_scale_is_the_one_that_was_measured(void **state)
{
	static const struct {
		unsigned code, amplitude;
	} points[] = {{1, 10}, {2, 12}, {8, 33}, {15, 112}, {16, 117}, {24, 166}, {31, 225}, {32, 230},
		{50, 340}, {64, 460}, {75, 584}, {90, 808}, {99, 981}, {100, 1003}};
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		assert_true(read_codes(points[i].code, 0, 0, 0));
		int thousandths = (int)(low * 1003 / 65535.0 + 0.5);
		assert_in_range(thousandths, points[i].amplitude - 1, points[i].amplitude + 1);
	}
}

static void more_is_never_less(void **state)
{
	unsigned last = 0;
	for (unsigned code = 0; code < 128; code++) {
		assert_true(read_codes(code, 0, 0, 0));
		assert_true(code > 100 ? low == 65535 : code == 0 || low > last);
		last = low;
		assert_true(read_codes(0, code, 0, 0));
		assert_int_equal(high, last);
	}
}

static void packings_of_the_console_change_nothing(void **state)
{
	assert_false(read_words("\x01\x01\x40\x40", "\x00\x01\x40\x40"));
	assert_false(read_words("\x00\x01\x40\x40", "\x02\x01\x40\x40"));
	assert_false(read_words("\x00\x01\x40\x80", "\x00\x01\x40\x40"));
	assert_false(read_words("\xff\xff\xff\xff", "\xff\xff\xff\xff"));
	assert_int_equal(low, 1);
	assert_int_equal(high, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_silence),
		cmocka_unit_test(bands_are_motors),
		cmocka_unit_test(sides_are_motors_when_their_bands_agree),
		cmocka_unit_test(the_scale_is_the_one_that_was_measured),
		cmocka_unit_test(more_is_never_less),
		cmocka_unit_test(packings_of_the_console_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
