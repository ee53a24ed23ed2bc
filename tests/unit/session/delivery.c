#include "session/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SENT 1000
#define LATE (SENT + PF_DELIVERY_PATIENCE_NS)

static void zero_is_no_news_before_anything_can_have_arrived(void **state)
{
	struct pf_delivery d = {0};
	assert_int_equal(pf_delivery_report(&d, 0, 0, LATE), PF_DELIVERY_NO_NEWS);
	assert_int_equal(pf_delivery_report(&d, 0, SENT, LATE - 1), PF_DELIVERY_NO_NEWS);
}

static void a_blocked_way_is_told_once(void **state)
{
	struct pf_delivery d = {0};
	assert_int_equal(pf_delivery_report(&d, 0, SENT, LATE), PF_DELIVERY_BLOCKED);
	assert_int_equal(pf_delivery_report(&d, 0, SENT, 2 * LATE), PF_DELIVERY_NO_NEWS);
	assert_int_equal(pf_delivery_report(&d, 1, SENT, 3 * LATE), PF_DELIVERY_RESTORED);
	assert_int_equal(pf_delivery_report(&d, 2, SENT, 4 * LATE), PF_DELIVERY_NO_NEWS);
}

static void a_way_that_worked_is_not_called_blocked(void **state)
{
	struct pf_delivery d = {0};
	assert_int_equal(pf_delivery_report(&d, 5, SENT, SENT + 1), PF_DELIVERY_NO_NEWS);
	assert_int_equal(pf_delivery_report(&d, 0, SENT, LATE), PF_DELIVERY_NO_NEWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_no_news_before_anything_can_have_arrived),
		cmocka_unit_test(a_blocked_way_is_told_once),
		cmocka_unit_test(a_way_that_worked_is_not_called_blocked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
