/* native-media 3.7, 8.1 number 16. */
#include "session/fec_law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS     1000000ll
#define WINDOW (750 * MS)

static void levels(void **state)
{
	assert_int_equal(pf_fec_level(0), 5);
	assert_int_equal(pf_fec_level(1), 5);
	assert_int_equal(pf_fec_level(30000), 6);
	assert_int_equal(pf_fec_level(50000), 8);
	assert_int_equal(pf_fec_level(100000), 15);
	assert_int_equal(pf_fec_level(1000000), 50);
	assert_int_equal(pf_fec_level(UINT32_MAX), 50);
}

static void the_step_lasts_four_windows(void **state)
{
	static const unsigned want[] = {8, 8, 8, 8, 7, 6};
	struct pf_fec_law law;
	pf_fec_law_init(&law, PF_FEC_ADAPTIVE);
	int64_t now = 0;
	while (law.percent > 5)
		pf_fec_law_report(&law, 0, now += WINDOW);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		pf_fec_law_rfi(&law, now);
		assert_int_equal(pf_fec_law_report(&law, 3000, now += WINDOW), want[i]);
	}
}

static void rises_at_once_and_falls_by_one(void **state)
{
	struct pf_fec_law law;
	pf_fec_law_init(&law, PF_FEC_ADAPTIVE);
	assert_int_equal(law.percent, 10);
	assert_int_equal(pf_fec_law_report(&law, 100000, WINDOW), 15);
	for (unsigned i = 1; i <= 10; i++)
		assert_int_equal(pf_fec_law_report(&law, 0, (1 + i) * WINDOW), 15 - i);
	assert_int_equal(pf_fec_law_report(&law, 0, 12 * WINDOW), 5);
	pf_fec_law_rfi(&law, 12 * WINDOW);
	assert_int_equal(pf_fec_law_report(&law, 1000000, 13 * WINDOW), 50);
}

static void a_late_report_begins_a_new_run(void **state)
{
	struct pf_fec_law law;
	pf_fec_law_init(&law, PF_FEC_ADAPTIVE);
	int64_t now = 0;
	for (unsigned i = 1; i <= 4; i++) {
		pf_fec_law_rfi(&law, now);
		pf_fec_law_report(&law, 0, now += WINDOW);
		assert_int_equal(law.run, i);
	}
	pf_fec_law_rfi(&law, now);
	pf_fec_law_report(&law, 0, now += 1125 * MS);
	assert_int_equal(law.run, 5);
	pf_fec_law_rfi(&law, now);
	pf_fec_law_report(&law, 0, now += 1125 * MS + 1);
	assert_int_equal(law.run, 1);
	pf_fec_law_report(&law, 0, now += WINDOW);
	assert_int_equal(law.run, 0);
}

static void a_pin_stays(void **state)
{
	struct pf_fec_law law;
	pf_fec_law_init(&law, 0);
	pf_fec_law_rfi(&law, 0);
	assert_int_equal(pf_fec_law_rfi(&law, 100 * MS), 0);
	assert_int_equal(pf_fec_law_report(&law, 500000, WINDOW), 0);
	pf_fec_law_init(&law, 30);
	assert_int_equal(pf_fec_law_report(&law, 0, WINDOW), 30);
	pf_fec_law_init(&law, 1000);
	assert_int_equal(law.percent, 90);
}

static void what_the_host_measured_raises_at_once(void **state)
{
	struct pf_fec_law law;
	pf_fec_law_init(&law, PF_FEC_ADAPTIVE);
	assert_int_equal(pf_fec_law_raise(&law, 34), 34);
	assert_int_equal(pf_fec_law_raise(&law, 20), 34);
	assert_int_equal(pf_fec_law_report(&law, 0, WINDOW), 33); /* and falls as ever */
	assert_int_equal(pf_fec_law_raise(&law, 100), PF_FEC_MAX_PERCENT);
	pf_fec_law_init(&law, 20);
	assert_int_equal(pf_fec_law_raise(&law, 34), 20);
}

static void losses_on_the_heels_of_others_raise_at_once(void **state)
{
	struct pf_fec_law law;
	pf_fec_law_init(&law, PF_FEC_ADAPTIVE);
	assert_int_equal(pf_fec_law_rfi(&law, 0), 10); /* one may be chance */
	assert_int_equal(pf_fec_law_rfi(&law, 500 * MS), 10);
	assert_int_equal(pf_fec_law_rfi(&law, 600 * MS), 20);
	assert_int_equal(pf_fec_law_rfi(&law, 700 * MS), 30);
	assert_int_equal(pf_fec_law_rfi(&law, 800 * MS), 40);
	assert_int_equal(pf_fec_law_rfi(&law, 900 * MS), 50);
	assert_int_equal(pf_fec_law_rfi(&law, 1000 * MS), 50);
	assert_int_equal(pf_fec_law_report(&law, 0, 1000 * MS), 49); /* and it falls as ever */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(the_step_lasts_four_windows),
		cmocka_unit_test(rises_at_once_and_falls_by_one),
		cmocka_unit_test(a_late_report_begins_a_new_run),
		cmocka_unit_test(a_pin_stays),
		cmocka_unit_test(what_the_host_measured_raises_at_once),
		cmocka_unit_test(losses_on_the_heels_of_others_raise_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
