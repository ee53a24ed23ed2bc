#include "session/loss_gauge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/vectors.h"

static void steady_loss_is_seen_from_the_second_report(void **state)
{
	struct pf_loss_gauge g = {0};
	assert_int_equal(pf_loss_gauge_report(&g, 850, 1000), 0);
	assert_int_equal(pf_loss_gauge_report(&g, 1700, 2000), 150000); /* one window is better than none */
	assert_int_equal(pf_loss_gauge_report(&g, 2550, 3000), 150000);
	assert_int_equal(pf_loss_gauge_report(&g, 3550, 4000), 75000); /* one good window of two */
	assert_int_equal(pf_loss_gauge_report(&g, 4550, 5000), 0);
}

static void packets_on_their_way_are_no_loss_for_long(void **state)
{
	struct pf_loss_gauge g = {0};
	pf_loss_gauge_report(&g, 1000, 1000);
	pf_loss_gauge_report(&g, 1980, 2000); /* twenty are still travelling */
	assert_int_equal(pf_loss_gauge_report(&g, 3000, 3000), 0);
	assert_int_equal(pf_loss_gauge_report(&g, 4010, 4000), 0); /* more than were sent in the span */
}

static void few_packets_tell_nothing(void **state)
{
	struct pf_loss_gauge g = {0};
	for (unsigned i = 1; i < 20; i++)
		assert_int_equal(pf_loss_gauge_report(&g, i, i * (PF_LOSS_GAUGE_PACKETS_MIN / 2 - 1)), 0);
}

static void a_count_that_runs_backwards_begins_anew(void **state)
{
	struct pf_loss_gauge g = {0};
	pf_loss_gauge_report(&g, 1000, 1000);
	pf_loss_gauge_report(&g, 2000, 2000);
	assert_int_equal(pf_loss_gauge_report(&g, 0, 3000), 0);
	assert_int_equal(pf_loss_gauge_report(&g, 500, 4000), 500000);
}

static void everything_lost_is_a_million(void **state)
{
	struct pf_loss_gauge g = {0};
	pf_loss_gauge_report(&g, 7, 1000);
	pf_loss_gauge_report(&g, 7, 2000);
	assert_int_equal(pf_loss_gauge_report(&g, 7, UINT64_C(1) << 40), 1000000);
}

static void parity_covers_the_spread_of_chance(void **state)
{
	assert_int_equal(pf_loss_parity_percent(0, 50), 0);
	assert_in_range(pf_loss_parity_percent(50000, 66), 12, 13);
	assert_in_range(pf_loss_parity_percent(150000, 66), 33, 34);
	assert_in_range(pf_loss_parity_percent(150000, 1000), 21, 22); /* large units: close to the mean */
	assert_int_equal(pf_loss_parity_percent(150000, 1), 100);
	assert_int_equal(pf_loss_parity_percent(UINT32_MAX, 0), 100);
}

/* Binomial: of 20000 units no more than about one in a hundred may lose more than their parity. */
static void ninety_nine_of_a_hundred_units_come_through(void **state)
{
	uint64_t seed = 11;
	unsigned data = 50, parity = (data * pf_loss_parity_percent(100000, 62) + 99) / 100, beyond = 0;
	for (int unit = 0; unit < 20000; unit++) {
		unsigned lost = 0;
		for (unsigned i = 0; i < data + parity; i++)
			lost += random_next(&seed) % 10 == 0;
		beyond += lost > parity;
	}
	assert_in_range(beyond, 1, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_loss_is_seen_from_the_second_report),
		cmocka_unit_test(packets_on_their_way_are_no_loss_for_long),
		cmocka_unit_test(few_packets_tell_nothing),
		cmocka_unit_test(a_count_that_runs_backwards_begins_anew),
		cmocka_unit_test(everything_lost_is_a_million),
		cmocka_unit_test(parity_covers_the_spread_of_chance),
		cmocka_unit_test(ninety_nine_of_a_hundred_units_come_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
