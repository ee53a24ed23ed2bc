#include "session/idle_cadence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void repeats_are_quick_then_slow(void **state)
{
	for (unsigned i = 0; i < PF_IDLE_SHARPEN_REPEATS; i++)
		assert_int_equal(pf_idle_interval_ns(i, 60), 45000000);
	assert_int_equal(pf_idle_interval_ns(PF_IDLE_SHARPEN_REPEATS, 60), 400000000);
	assert_int_equal(pf_idle_interval_ns(100000, 240), 400000000);
}

static void a_slow_source_is_not_filled_up(void **state)
{
	assert_true(pf_idle_interval_ns(0, 24) >= 2 * INT64_C(1000000000) / 24);
	assert_int_equal(pf_idle_interval_ns(0, 1), 2 * INT64_C(1000000000));
	assert_int_equal(pf_idle_interval_ns(50, 1), 2 * INT64_C(1000000000));
	assert_true(pf_idle_interval_ns(0, 0) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeats_are_quick_then_slow),
		cmocka_unit_test(a_slow_source_is_not_filled_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
