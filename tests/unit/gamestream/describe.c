/* What the encoder gets of the bit rate that a user chose (gamestream 3.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gamestream/plane.h"

static uint32_t rate(uint32_t user, uint32_t most, unsigned fec_percent, uint32_t audio)
{
	const struct pf_gs_announce a = {.bitrate_kbps = user, .max_bitrate_kbps = most};
	return pf_gs_encoder_kbps(&a, fec_percent, audio);
}

static void test_shares_are_taken_off(void **state)
{
	/* 20 % parity, 512 of sound, 500 of overhead. */
	assert_int_equal(rate(20000, 16000, 20, 512), 16000 - 512 - 500);
	/* Sound is at most a fifth of the rest, overhead a tenth of what is left then. */
	assert_int_equal(rate(2000, 1600, 20, 2048), 1600 - 320 - 128);
	/* Parity counts up to 80 %. */
	assert_int_equal(rate(100000, 0, 90, 192), 20000 - 192 - 500);
	assert_int_equal(rate(50000, 40000, 0, 0), 50000 - 500);
}

static void test_without_the_users_rate(void **state)
{
	assert_int_equal(rate(0, 9000, 20, 512), 9000);
}

static void test_never_nothing(void **state)
{
	assert_int_equal(rate(1, 1, 20, 512), 500);
	assert_int_equal(rate(0, 10, 20, 512), 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_are_taken_off),
		cmocka_unit_test(test_without_the_users_rate),
		cmocka_unit_test(test_never_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
