/* Rumble over a lossy way: renewed while it lasts, stopped three times (native-control 5.6). */
#include "session/rumble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct pf_rumble_law law;
static struct pf_rumble said[256];
static unsigned count;

static void say(void *user, const struct pf_rumble *r)
{
	said[count++] = *r;
}

static int set_up(void **state)
{
	law = (struct pf_rumble_law){0};
	count = 0;
	return 0;
}

static void set(unsigned pad, uint16_t low, int64_t now_ns)
{
	const struct pf_rumble_levels l = {low, (uint16_t)(low * 2), 0, low};
	pf_rumble_law_set(&law, pad, &l, now_ns, say, NULL);
}

static void levels_are_renewed(void **state)
{
	set(3, 100, 0);
	assert_true(count == 1 && said[0].pad == 3 && said[0].version == 3 && said[0].ttl_ms == 400);
	assert_true(said[0].low == 100 && said[0].high == 200 && said[0].right_trigger == 100);
	assert_true(pf_rumble_law_tick(&law, 119 * MS, say, NULL) == 120 * MS);
	assert_int_equal(count, 1);
	for (unsigned i = 1; i < 20; i++) {
		int64_t now = (int64_t)i * 120 * MS;
		assert_true(pf_rumble_law_tick(&law, now, say, NULL) == now + 120 * MS);
		assert_true(count == i + 1 && said[i].low == 100);
		assert_int_equal(said[i].seq, (uint8_t)(said[0].seq + i));
	}
}

static void a_stop_is_said_three_times(void **state)
{
	set(0, 100, 0);
	set(0, 0, 10 * MS);
	assert_true(count == 2 && said[1].low == 0);
	assert_true(pf_rumble_law_tick(&law, 70 * MS, say, NULL) == 130 * MS);
	assert_true(pf_rumble_law_tick(&law, 130 * MS, say, NULL) == INT64_MAX);
	assert_int_equal(count, 4);
	assert_true(pf_rumble_law_tick(&law, 1000 * MS, say, NULL) == INT64_MAX);
	assert_int_equal(count, 4);
	assert_int_equal((uint8_t)(said[3].seq - said[0].seq), 3);
	set(0, 5, 2000 * MS); /* the sequence goes on */
	assert_int_equal((uint8_t)(said[4].seq - said[3].seq), 1);
}

static void a_new_level_ends_the_repeats_of_a_stop(void **state)
{
	set(0, 1, 0);
	set(0, 0, 10 * MS);
	set(0, 2, 20 * MS);
	assert_true(pf_rumble_law_tick(&law, 75 * MS, say, NULL) == 140 * MS);
	assert_int_equal(count, 3);
}

static void pads_do_not_mix(void **state)
{
	set(0, 1, 0);
	set(15, 2, 50 * MS);
	assert_true(said[0].pad == 0 && said[1].pad == 15);
	assert_int_equal(said[0].seq, said[1].seq);
	assert_true(pf_rumble_law_tick(&law, 120 * MS, say, NULL) == 170 * MS);
	assert_true(count == 3 && said[2].pad == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(levels_are_renewed, set_up),
		cmocka_unit_test_setup(a_stop_is_said_three_times, set_up),
		cmocka_unit_test_setup(a_new_level_ends_the_repeats_of_a_stop, set_up),
		cmocka_unit_test_setup(pads_do_not_mix, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
