/* native-control 4.5. */
#include "client/clock_sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS    1000000ll
#define EPOCH 1751500000000000000ull

/* The host's clock runs `offset` ahead, the path takes `there` and `back`. */
static int round_trip(struct pf_clock_sync *s, int64_t offset, int64_t there, int64_t back)
{
	static uint64_t t1 = EPOCH;
	t1 += 7 * MS;
	assert_true(pf_clock_sync_probe(s, t1));
	uint64_t t2 = t1 + (uint64_t)(there + offset), t3 = t2 + 20000;
	return pf_clock_sync_echo(s, t1, t2, t3, t3 - (uint64_t)offset + (uint64_t)back);
}

static bool batch(struct pf_clock_sync *s, int64_t offset, int64_t one_way)
{
	pf_clock_sync_begin(s);
	assert_int_equal(round_trip(s, offset, one_way, one_way), PF_OK);
	return pf_clock_sync_finish(s);
}

static void the_sample_with_the_smallest_rtt_counts(void **state)
{
	struct pf_clock_sync s = {0};
	pf_clock_sync_begin(&s);
	static const int64_t there[] = {9, 5, 2, 1, 3, 8, 4, 6};
	for (unsigned i = 0; i < PF_CLOCK_ROUNDS; i++)
		assert_int_equal(round_trip(&s, -5000 * MS, there[i] * MS, 1 * MS), PF_OK);
	assert_false(pf_clock_sync_probe(&s, EPOCH));
	assert_true(pf_clock_sync_finish(&s));
	assert_true(s.valid);
	assert_true(s.offset_ns == -5000 * MS);
	assert_true(s.rtt_ns == (uint64_t)(2 * MS));
}

static void an_asymmetric_path_errs_by_half_its_difference(void **state)
{
	struct pf_clock_sync s = {0};
	pf_clock_sync_begin(&s);
	assert_int_equal(round_trip(&s, 100 * MS, 3 * MS, 1 * MS), PF_OK);
	assert_true(pf_clock_sync_finish(&s));
	assert_true(s.offset_ns == 101 * MS);
}

static void foreign_or_impossible_echoes_are_refused(void **state)
{
	struct pf_clock_sync s = {0};
	pf_clock_sync_begin(&s);
	assert_int_equal(pf_clock_sync_echo(&s, 1, 2, 3, 4), PF_ERR_INVALID);
	assert_true(pf_clock_sync_probe(&s, 100));
	assert_int_equal(pf_clock_sync_echo(&s, 99, 100, 101, 102), PF_ERR_INVALID);
	assert_int_equal(pf_clock_sync_echo(&s, 100, 500, 501, 110), PF_OK);
	assert_int_equal(pf_clock_sync_echo(&s, 100, 500, 501, 110), PF_ERR_INVALID);
	assert_true(pf_clock_sync_probe(&s, 200));
	assert_int_equal(pf_clock_sync_echo(&s, 200, 501, 500, 210), PF_ERR_INVALID);
	assert_true(pf_clock_sync_probe(&s, 300));
	assert_int_equal(pf_clock_sync_echo(&s, 300, 500, 600, 310), PF_ERR_INVALID);
	assert_true(pf_clock_sync_probe(&s, 400));
	assert_int_equal(pf_clock_sync_echo(&s, 400, 500, 501, 399), PF_ERR_INVALID);
}

static void lost_rounds_do_not_matter(void **state)
{
	struct pf_clock_sync s = {0};
	pf_clock_sync_begin(&s);
	for (unsigned i = 0; i + 1 < PF_CLOCK_ROUNDS; i++)
		assert_true(pf_clock_sync_probe(&s, i));
	assert_int_equal(round_trip(&s, 7, MS, MS), PF_OK);
	assert_true(pf_clock_sync_finish(&s));
	assert_true(s.offset_ns == 7);
	pf_clock_sync_begin(&s);
	assert_true(pf_clock_sync_probe(&s, 1));
	assert_false(pf_clock_sync_finish(&s));
	assert_true(s.valid && s.offset_ns == 7);
}

static void a_slow_resync_is_refused_three_times(void **state)
{
	struct pf_clock_sync s = {0};
	assert_true(batch(&s, 10, 2 * MS));
	assert_true(batch(&s, 20, 3 * MS));
	assert_true(s.offset_ns == 20 && s.best_rtt_ns == (uint64_t)(4 * MS));
	for (unsigned i = 0; i < 3; i++)
		assert_false(batch(&s, 30, 3 * MS + 1));
	assert_true(s.offset_ns == 20);
	assert_true(batch(&s, 30, 3 * MS + 1));
	assert_true(s.offset_ns == 30);
	assert_false(batch(&s, 40, 50 * MS));
}

static void two_milliseconds_are_always_good_enough(void **state)
{
	struct pf_clock_sync s = {0};
	assert_true(batch(&s, 10, MS / 10));
	assert_true(batch(&s, 20, MS));
	assert_false(batch(&s, 30, MS + 1));
	assert_true(s.offset_ns == 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_with_the_smallest_rtt_counts),
		cmocka_unit_test(an_asymmetric_path_errs_by_half_its_difference),
		cmocka_unit_test(foreign_or_impossible_echoes_are_refused),
		cmocka_unit_test(lost_rounds_do_not_matter),
		cmocka_unit_test(a_slow_resync_is_refused_three_times),
		cmocka_unit_test(two_milliseconds_are_always_good_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
