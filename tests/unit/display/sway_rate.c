#include "display/sway_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_sway.h"

#define TICK_NS 18280000 /* of wlroots 0.15 at 1920x1080@60 */

/* Three seconds of motion. */
static void show(struct pf_sway_rate *r)
{
	for (int64_t i = 1; i <= 180; i++)
		pf_sway_rate_picture(r, i * TICK_NS);
}

static void the_size_stays_and_the_refresh_changes(void **state)
{
	struct fake_sway sway = {.reply = "[ { \"success\": true } ]"};
	struct pf_sway_rate r;
	fake_sway_start(&sway);
	pf_sway_rate_init(&r, sway.path);
	show(&r); /* not started yet */
	pf_sway_rate_start(&r, (struct pf_mode){1920, 1080, 60});
	for (int64_t i = 1; i <= 61; i++)
		pf_sway_rate_picture(&r, i * TICK_NS);
	fake_sway_stop(&sway);
	assert_string_equal(sway.command, "output HEADLESS-1 mode --custom 1920x1080@68.965Hz");
	assert_int_equal(r.mode.refresh_hz, 60);
	pf_sway_rate_finish(&r);
}

static void a_refusal_ends_it(void **state)
{
	struct fake_sway sway = {.reply = "[ { \"success\": false } ]"};
	struct pf_sway_rate r;
	fake_sway_start(&sway);
	pf_sway_rate_init(&r, sway.path);
	pf_sway_rate_start(&r, (struct pf_mode){1920, 1080, 60});
	show(&r);
	fake_sway_stop(&sway);
	assert_false(r.running);
	pf_sway_rate_finish(&r);
}

/* Nobody listens there: asking would end it. */
static void a_stopped_one_asks_for_nothing(void **state)
{
	struct pf_sway_rate r;
	pf_sway_rate_init(&r, "/nonexistent/s");
	pf_sway_rate_start(&r, (struct pf_mode){1920, 1080, 60});
	pf_sway_rate_stop(&r);
	show(&r);
	assert_int_equal(r.law.changes, 0);
	pf_sway_rate_start(&r, (struct pf_mode){1920, 1080, 60});
	show(&r);
	assert_int_equal(r.law.changes, 1);
	assert_false(r.running);
	pf_sway_rate_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_size_stays_and_the_refresh_changes),
		cmocka_unit_test(a_refusal_ends_it),
		cmocka_unit_test(a_stopped_one_asks_for_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
