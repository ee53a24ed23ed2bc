/* native-control 4.3, 8.7. */
#include "client/loss_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000ll

static void the_published_figures(void **state)
{
	assert_int_equal(pf_loss_ppm(950, 50, 0), 50000);
	assert_int_equal(pf_loss_ppm(1000, 50, 50), 0);
	assert_int_equal(pf_loss_ppm(980, 50, 30), 20000);
}

static void figures_stay_inside_a_million(void **state)
{
	assert_int_equal(pf_loss_ppm(0, 0, 0), 0);
	assert_int_equal(pf_loss_ppm(0, 10, 0), 1000000);
	assert_int_equal(pf_loss_ppm(100, 0, 10), 0);
	assert_int_equal(pf_loss_ppm(UINT64_MAX / 2, UINT64_MAX / 2, 0), 500000);
}

static void one_figure_per_window(void **state)
{
	struct pf_loss_report r;
	struct pf_loss_counters c = {1000, 500, 10};
	uint32_t ppm = 7;
	pf_loss_report_restart(&r, &c, 100 * MS);
	c.received += 950;
	c.recovered += 50;
	assert_false(pf_loss_report_due(&r, &c, 849 * MS, &ppm));
	assert_int_equal(ppm, 7);
	assert_true(pf_loss_report_due(&r, &c, 850 * MS, &ppm));
	assert_int_equal(ppm, 50000);
	assert_false(pf_loss_report_due(&r, &c, 1599 * MS, &ppm));
	assert_true(pf_loss_report_due(&r, &c, 1600 * MS, &ppm));
	assert_int_equal(ppm, 0);
}

static void a_window_can_be_thrown_away(void **state)
{
	struct pf_loss_report r;
	struct pf_loss_counters c = {0};
	uint32_t ppm;
	pf_loss_report_restart(&r, &c, 0);
	c.recovered = 100;
	pf_loss_report_restart(&r, &c, 700 * MS);
	c.received = 100;
	assert_false(pf_loss_report_due(&r, &c, 750 * MS, &ppm));
	assert_true(pf_loss_report_due(&r, &c, 1450 * MS, &ppm));
	assert_int_equal(ppm, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_figures),
		cmocka_unit_test(figures_stay_inside_a_million),
		cmocka_unit_test(one_figure_per_window),
		cmocka_unit_test(a_window_can_be_thrown_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
