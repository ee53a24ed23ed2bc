#include "send/filler.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* Plays a burst on a made-up clock: every turn takes `turn_ns`. */
static uint64_t play(uint32_t kbps, uint32_t ms, int64_t turn_ns)
{
	struct pf_filler f;
	int64_t now = 5000;
	pf_filler_init(&f, kbps, ms, now);
	unsigned turns = 0;
	while (!pf_filler_over(&f, now)) {
		unsigned due = pf_filler_due(&f, now);
		assert_in_range(due * f.unit_bytes, 0, PF_FILLER_TURN_BYTES);
		for (unsigned i = 0; i < due; i++)
			pf_filler_sent(&f);
		int64_t next = pf_filler_next_ns(&f);
		if (due == 0)
			assert_true(next > now);
		now = next > now + turn_ns ? next : now + turn_ns;
		assert_true(++turns < 1000000);
	}
	assert_true(f.bytes == f.units * (uint64_t)f.unit_bytes);
	return f.bytes;
}

static void unit_size_is(uint32_t kbps, size_t bytes)
{
	struct pf_filler f;
	pf_filler_init(&f, kbps, 100, 0);
	assert_int_equal(f.unit_bytes, bytes);
}

static void units_are_a_240th_of_a_second_within_bounds(void **state)
{
	unit_size_is(1, 1200);
	unit_size_is(10000, 5208);
	unit_size_is(31457, 16383);
	unit_size_is(10000000, 16384);
}

static void the_rate_follows_the_time(void **state)
{
	static const uint32_t kbps[] = {1000, 20000, 500000, 2500000};
	for (unsigned i = 0; i < 4; i++) {
		uint64_t wanted = (uint64_t)kbps[i] * 125 * 2;
		uint64_t got = play(kbps[i], 2000, 10000);
		assert_in_range(got, wanted - 16384 * 2, wanted);
	}
}

/* Turns of 5 ms cannot carry 2.5 Gbit/s at 64 KiB each: the cap holds, nothing piles up beyond it. */
static void a_slow_thread_sends_less_but_never_a_heap(void **state)
{
	uint64_t got = play(2500000, 1000, 5 * MS);
	assert_in_range(got, 199 * 49152, 200 * PF_FILLER_TURN_BYTES);
}

static void nothing_is_due_at_rate_zero_or_after_the_end(void **state)
{
	struct pf_filler f;
	pf_filler_init(&f, 0, 10, 0);
	assert_int_equal(pf_filler_due(&f, 9 * MS), 0);
	assert_int_equal(pf_filler_next_ns(&f), 10 * MS);
	pf_filler_init(&f, 1000000, 10, 0);
	assert_int_equal(pf_filler_due(&f, 10 * MS), 0);
	assert_true(pf_filler_over(&f, 10 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_a_240th_of_a_second_within_bounds),
		cmocka_unit_test(the_rate_follows_the_time),
		cmocka_unit_test(a_slow_thread_sends_less_but_never_a_heap),
		cmocka_unit_test(nothing_is_due_at_rate_zero_or_after_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
