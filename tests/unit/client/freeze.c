#include "client/freeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packet/header.h"

#define MS 1000000ll

static void idr_and_anchor_end_it_at_once(void **state)
{
	static const uint32_t clean[] = {PF_UNIT_PIC | PF_UNIT_KEY, PF_UNIT_PIC | PF_UNIT_RECOVERY_ANCHOR};
	for (size_t i = 0; i < 2; i++) {
		struct pf_freeze f = {0};
		int64_t held = 0;
		assert_false(pf_freeze_unit(&f, clean[i], 0, &held));
		pf_freeze_loss(&f, 10 * MS);
		assert_false(pf_freeze_unit(&f, PF_UNIT_PIC, 20 * MS, &held));
		assert_true(pf_freeze_unit(&f, clean[i], 35 * MS, &held));
		assert_int_equal(held, 25 * MS);
		assert_false(pf_freeze_overdue(&f, 9000 * MS));
	}
}

static void the_second_recovery_point_ends_it(void **state)
{
	struct pf_freeze f = {0};
	int64_t held = 0;
	pf_freeze_loss(&f, 0);
	assert_false(pf_freeze_unit(&f, PF_UNIT_PIC | PF_UNIT_RECOVERY_POINT, 100 * MS, &held));
	pf_freeze_loss(&f, 200 * MS); /* what came before no longer counts, but the picture stands since 0 */
	assert_false(pf_freeze_unit(&f, PF_UNIT_PIC | PF_UNIT_RECOVERY_POINT, 300 * MS, &held));
	assert_true(pf_freeze_unit(
		&f, PF_UNIT_PIC | PF_UNIT_RECOVERY_POINT | PF_UNIT_RECOVERY_CLOSE, 400 * MS, &held));
	assert_int_equal(held, 400 * MS);
}

static void patience_is_500_ms_and_1500_after_a_recovery_point(void **state)
{
	struct pf_freeze f = {0};
	int64_t held = 0;
	pf_freeze_loss(&f, 0);
	assert_false(pf_freeze_overdue(&f, 499 * MS));
	assert_true(pf_freeze_overdue(&f, 500 * MS));
	assert_false(pf_freeze_overdue(&f, 501 * MS));
	assert_true(pf_freeze_overdue(&f, 1000 * MS));
	assert_false(pf_freeze_unit(&f, PF_UNIT_PIC | PF_UNIT_RECOVERY_POINT, 1100 * MS, &held));
	assert_false(pf_freeze_overdue(&f, 2599 * MS));
	assert_true(pf_freeze_overdue(&f, 2600 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idr_and_anchor_end_it_at_once),
		cmocka_unit_test(the_second_recovery_point_ends_it),
		cmocka_unit_test(patience_is_500_ms_and_1500_after_a_recovery_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
