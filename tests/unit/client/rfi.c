/* native-media 5.4. */
#include "client/rfi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000ll

static struct pf_rfi rfi;

static int setup(void **state)
{
	rfi = (struct pf_rfi){0};
	return 0;
}

static void assert_nothing(uint32_t index, bool clean, int64_t ms)
{
	assert_int_equal(pf_rfi_delivered(&rfi, index, clean, ms * MS).kind, PF_RFI_NOTHING);
}

static void assert_range(uint32_t index, int64_t ms, uint32_t first, uint32_t last)
{
	struct pf_rfi_ask ask = pf_rfi_delivered(&rfi, index, false, ms * MS);
	assert_int_equal(ask.kind, PF_RFI_RANGE);
	assert_int_equal(ask.first, first);
	assert_int_equal(ask.last, last);
}

static void a_gap_is_asked_for(void **state)
{
	assert_nothing(1000, true, 0);
	assert_nothing(1001, false, 8);
	assert_range(1003, 16, 1002, 1002);
	assert_nothing(1004, false, 24);
	assert_range(1010, 200, 1005, 1009);
}

static void the_index_wraps(void **state)
{
	assert_nothing(UINT32_MAX - 1, true, 0);
	assert_nothing(UINT32_MAX, false, 0);
	assert_nothing(0, false, 0);
	assert_range(2, 0, 1, 1);
	setup(state);
	assert_nothing(UINT32_MAX - 1, true, 0);
	assert_range(1, 0, UINT32_MAX, 0);
}

static void late_units_are_no_gap(void **state)
{
	assert_nothing(10, true, 0);
	assert_nothing(9, false, 0);
	assert_nothing(10, false, 0);
	assert_nothing(10 + (UINT32_C(1) << 31), false, 0);
	assert_nothing(11, false, 0);
}

static void gaps_within_100_ms_widen_the_next_request(void **state)
{
	assert_nothing(1, true, 0);
	assert_range(3, 0, 2, 2);
	assert_nothing(5, false, 20);
	assert_nothing(6, false, 40);
	assert_nothing(9, false, 99);
	assert_range(10, 100, 4, 8);
	assert_nothing(11, false, 300);
}

static void a_clean_unit_ends_the_need(void **state)
{
	assert_nothing(1, true, 0);
	assert_nothing(5, true, 10);
	assert_range(7, 20, 6, 6);
	assert_nothing(9, false, 30);
	assert_nothing(10, true, 40);
	assert_nothing(11, false, 500);
}

static void wide_gaps_become_a_keyframe(void **state)
{
	assert_nothing(1, true, 0);
	assert_range(258, 0, 2, 257);
	struct pf_rfi_ask ask = pf_rfi_delivered(&rfi, 258 + 258, false, 500 * MS);
	assert_int_equal(ask.kind, PF_RFI_KEYFRAME);
	assert_nothing(517, false, 900);
}

static void keyframes_have_their_own_spacing(void **state)
{
	assert_nothing(1, true, 0);
	assert_true(pf_rfi_keyframe(&rfi, 0));
	assert_false(pf_rfi_keyframe(&rfi, 99 * MS));
	assert_nothing(1000, false, 50);
	assert_int_equal(pf_rfi_delivered(&rfi, 1001, false, 100 * MS).kind, PF_RFI_KEYFRAME);
	assert_false(pf_rfi_keyframe(&rfi, 150 * MS));
	assert_true(pf_rfi_keyframe(&rfi, 200 * MS));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_gap_is_asked_for),
		TEST(the_index_wraps),
		TEST(late_units_are_no_gap),
		TEST(gaps_within_100_ms_widen_the_next_request),
		TEST(a_clean_unit_ends_the_need),
		TEST(wide_gaps_become_a_keyframe),
		TEST(keyframes_have_their_own_spacing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
