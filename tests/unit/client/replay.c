#include "client/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct pf_replay *fresh(void)
{
	struct pf_replay *r = calloc(1, sizeof(*r));
	assert_non_null(r);
	return r;
}

static void each_number_passes_once(void **state)
{
	struct pf_replay *r = fresh();
	for (uint64_t seq = 0; seq < 3 * PF_REPLAY_WINDOW; seq++) {
		assert_true(pf_replay_accept(r, seq));
		assert_false(pf_replay_accept(r, seq));
	}
	free(r);
}

static void reordered_numbers_pass_once(void **state)
{
	struct pf_replay *r = fresh();
	assert_true(pf_replay_accept(r, 500));
	assert_true(pf_replay_accept(r, 400));
	assert_true(pf_replay_accept(r, 499));
	assert_false(pf_replay_accept(r, 400));
	assert_false(pf_replay_accept(r, 500));
	assert_true(pf_replay_accept(r, 0));
	free(r);
}

static void the_first_number_is_arbitrary(void **state)
{
	struct pf_replay *r = fresh();
	uint64_t first = UINT64_C(1) << 40;
	assert_true(pf_replay_accept(r, first));
	assert_true(pf_replay_accept(r, first - PF_REPLAY_WINDOW + 1));
	assert_false(pf_replay_accept(r, first - PF_REPLAY_WINDOW));
	assert_false(pf_replay_accept(r, 0));
	free(r);
}

static void a_jump_clears_and_the_window_ends_exactly(void **state)
{
	struct pf_replay *r = fresh();
	assert_true(pf_replay_accept(r, 10));
	assert_true(pf_replay_accept(r, 10 + PF_REPLAY_WINDOW));
	assert_false(pf_replay_accept(r, 10));
	assert_true(pf_replay_accept(r, 11));
	assert_false(pf_replay_accept(r, 11));
	/* The same place of the bitmap one lap later is a new number. */
	assert_true(pf_replay_accept(r, 11 + PF_REPLAY_WINDOW));
	free(r);
}

static void the_largest_numbers_do_not_wrap(void **state)
{
	struct pf_replay *r = fresh();
	assert_true(pf_replay_accept(r, UINT64_MAX - 1));
	assert_true(pf_replay_accept(r, UINT64_MAX));
	assert_false(pf_replay_accept(r, UINT64_MAX));
	assert_false(pf_replay_accept(r, 0));
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_passes_once),
		cmocka_unit_test(reordered_numbers_pass_once),
		cmocka_unit_test(the_first_number_is_arbitrary),
		cmocka_unit_test(a_jump_clears_and_the_window_ends_exactly),
		cmocka_unit_test(the_largest_numbers_do_not_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
