#include "input/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct pf_backlog backlog;

static bool push(enum pf_backlog_kind kind, uint32_t code, bool on, int x, int y)
{
	return pf_backlog_push(
		&backlog, &(struct pf_backlog_event){.kind = kind, .code = code, .on = on, .x = x, .y = y});
}

static struct pf_backlog_event pop(void)
{
	struct pf_backlog_event e;
	assert_true(pf_backlog_pop(&backlog, &e));
	return e;
}

static int empty(void **state)
{
	backlog = (struct pf_backlog){0};
	return 0;
}

static void events_keep_their_order(void **state)
{
	push(PF_BACKLOG_KEY, 30, true, 0, 0);
	push(PF_BACKLOG_TEXT, 'x', false, 0, 0);
	push(PF_BACKLOG_KEY, 30, false, 0, 0);
	assert_int_equal(pop().code, 30);
	assert_int_equal(pop().kind, PF_BACKLOG_TEXT);
	assert_false(pop().on);
	assert_false(pf_backlog_pop(&backlog, &(struct pf_backlog_event){0}));
}

static void motion_merges_but_not_across_other_events(void **state)
{
	push(PF_BACKLOG_MOVE, 0, false, 3, -4);
	push(PF_BACKLOG_MOVE, 0, false, -1, 10);
	push(PF_BACKLOG_BUTTON, 1, true, 0, 0);
	push(PF_BACKLOG_MOVE, 0, false, INT32_MAX, INT32_MIN);
	push(PF_BACKLOG_MOVE, 0, false, 1, -1);
	push(PF_BACKLOG_PLACE, 0, false, 5, 6);
	push(PF_BACKLOG_PLACE, 0, false, 7, 8);
	struct pf_backlog_event e = pop();
	assert_int_equal(e.x, 2);
	assert_int_equal(e.y, 6);
	assert_int_equal(pop().kind, PF_BACKLOG_BUTTON);
	e = pop();
	assert_int_equal(e.x, INT32_MAX);
	assert_int_equal(e.y, INT32_MIN);
	e = pop();
	assert_int_equal(e.kind, PF_BACKLOG_PLACE);
	assert_int_equal(e.x, 7);
	assert_int_equal(backlog.count, 0);
}

static void fill(void)
{
	for (unsigned i = 0; i < PF_BACKLOG_EVENTS; i++)
		assert_true(push(PF_BACKLOG_TEXT, i, false, 0, 0));
}

static void a_full_one_still_takes_what_lets_go(void **state)
{
	fill();
	assert_false(push(PF_BACKLOG_TEXT, 1, false, 0, 0));
	assert_false(push(PF_BACKLOG_FINGER, 0, false, 1, 0));
	assert_false(push(PF_BACKLOG_FINGER, 0, true, 0, 0));
	assert_true(push(PF_BACKLOG_KEY, 1, false, 0, 0));
	assert_true(push(PF_BACKLOG_BUTTON, 1, false, 0, 0));
	assert_int_equal(backlog.count, PF_BACKLOG_EVENTS + 2);
	for (unsigned i = 0; i < PF_BACKLOG_EVENTS; i++)
		assert_int_equal(pop().code, i);
	assert_int_equal(pop().kind, PF_BACKLOG_KEY);
	assert_int_equal(pop().kind, PF_BACKLOG_BUTTON);
}

/* Or taps in a long stall would take the room of what is really held. */
static void the_release_of_a_dropped_press_is_nothing(void **state)
{
	fill();
	for (unsigned i = 0; i < 5000; i++) {
		assert_false(push(PF_BACKLOG_KEY, 30, true, 0, 0));
		assert_true(push(PF_BACKLOG_KEY, 30, false, 0, 0));
		assert_false(push(PF_BACKLOG_BUTTON, 1, true, 0, 0));
		assert_true(push(PF_BACKLOG_BUTTON, 1, false, 0, 0));
	}
	assert_int_equal(backlog.count, PF_BACKLOG_EVENTS);
	assert_true(push(PF_BACKLOG_KEY, 42, false, 0, 0)); /* held since before */
	assert_int_equal(backlog.count, PF_BACKLOG_EVENTS + 1);
}

static void append(void *user, uint32_t scalar)
{
	*(uint64_t *)user = *(uint64_t *)user << 16 | scalar;
}

static void texts_that_wait_are_known(void **state)
{
	uint64_t all = 0;
	push(PF_BACKLOG_KEY, 30, true, 0, 0);
	push(PF_BACKLOG_TEXT, 'x', false, 0, 0);
	push(PF_BACKLOG_MOVE, 0, false, 1, 1);
	push(PF_BACKLOG_TEXT, 'y', false, 0, 0);
	pf_backlog_texts(&backlog, append, &all);
	assert_int_equal(all, 'x' << 16 | 'y');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(events_keep_their_order, empty),
		cmocka_unit_test_setup(motion_merges_but_not_across_other_events, empty),
		cmocka_unit_test_setup(texts_that_wait_are_known, empty),
		cmocka_unit_test_setup(a_full_one_still_takes_what_lets_go, empty),
		cmocka_unit_test_setup(the_release_of_a_dropped_press_is_nothing, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
