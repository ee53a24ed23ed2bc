/* Effects, as games load and play them, become motor levels and the time at which they change. */
#include "pad/force_feedback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct pf_force_feedback ff;

static int begin(void **state)
{
	pf_ff_init(&ff);
	return 0;
}

static void load(
	int16_t id, uint16_t strong, uint16_t weak, uint16_t delay_ms, uint16_t length_ms, int64_t now_ns)
{
	const struct ff_effect e = {.type = FF_RUMBLE,
		.id = id,
		.u.rumble = {.strong_magnitude = strong, .weak_magnitude = weak},
		.replay = {.delay = delay_ms, .length = length_ms}};
	assert_int_equal(pf_ff_upload(&ff, &e, now_ns), PF_OK);
}

static void expect(int64_t now_ns, uint16_t low, uint16_t high, int64_t until_ns)
{
	struct pf_ff_mix mix = pf_ff_mix(&ff, now_ns);
	assert_int_equal(mix.low, low);
	assert_int_equal(mix.high, high);
	assert_int_equal(mix.until_ns, until_ns);
}

static void nothing_plays_at_first(void **state)
{
	expect(0, 0, 0, INT64_MAX);
	load(0, 1000, 2000, 0, 100, 0);
	expect(0, 0, 0, INT64_MAX);
}

static void strong_is_low_and_weak_is_high(void **state)
{
	load(3, 1000, 2000, 0, 100, 0);
	pf_ff_play(&ff, 3, 1, 5 * MS);
	expect(5 * MS, 1000, 2000, 105 * MS);
	expect(105 * MS - 1, 1000, 2000, 105 * MS);
	expect(105 * MS, 0, 0, INT64_MAX);
}

static void delay_comes_first(void **state)
{
	load(0, 1000, 0, 50, 100, 0);
	pf_ff_play(&ff, 0, 1, 0);
	expect(0, 0, 0, 50 * MS);
	expect(50 * MS, 1000, 0, 150 * MS);
	expect(150 * MS, 0, 0, INT64_MAX);
}

static void it_plays_as_often_as_asked(void **state)
{
	load(0, 1000, 0, 10, 100, 0);
	pf_ff_play(&ff, 0, 3, 0);
	expect(309 * MS, 1000, 0, 310 * MS);
	expect(310 * MS, 0, 0, INT64_MAX);
	pf_ff_play(&ff, 0, INT32_MAX, 0);
	expect(INT64_C(60000) * MS, 1000, 0, (10 + INT64_C(6553500)) * MS);
}

static void without_a_length_it_plays_until_it_is_stopped(void **state)
{
	load(0, 1000, 0, 0, 0, 0);
	pf_ff_play(&ff, 0, 1, 0);
	expect(INT64_C(3600000) * MS, 1000, 0, INT64_MAX);
	pf_ff_play(&ff, 0, 0, INT64_C(3600000) * MS);
	expect(INT64_C(3600000) * MS, 0, 0, INT64_MAX);
	pf_ff_play(&ff, 0, -1, INT64_C(3600000) * MS);
	expect(INT64_C(3600000) * MS, 0, 0, INT64_MAX);
}

static void several_are_added_up_to_the_full_level(void **state)
{
	load(0, 0x4000, 0x9000, 0, 100, 0);
	load(15, 0x5000, 0x9000, 20, 200, 0);
	pf_ff_play(&ff, 0, 1, 0);
	pf_ff_play(&ff, 15, 1, 0);
	expect(0, 0x4000, 0x9000, 20 * MS);
	expect(20 * MS, 0x9000, 0xFFFF, 100 * MS);
	expect(100 * MS, 0x5000, 0x9000, 220 * MS);
	expect(220 * MS, 0, 0, INT64_MAX);
}

static void gain_scales_everything(void **state)
{
	load(0, 0x8000, 0xFFFF, 0, 0, 0);
	pf_ff_play(&ff, 0, 1, 0);
	ff.gain = 0x8000;
	expect(0, 0x4000, 0x8000, INT64_MAX);
	ff.gain = 0;
	expect(0, 0, 0, INT64_MAX);
	ff.gain = 0xFFFF;
	expect(0, 0x8000, 0xFFFF, INT64_MAX);
}

static void an_erased_effect_is_silent(void **state)
{
	load(0, 1000, 0, 0, 0, 0);
	pf_ff_play(&ff, 0, 1, 0);
	pf_ff_erase(&ff, 0);
	expect(0, 0, 0, INT64_MAX);
	load(0, 1000, 0, 0, 0, 0);
	expect(0, 0, 0, INT64_MAX);
}

static void loading_one_that_plays_begins_it_anew(void **state)
{
	load(0, 1000, 0, 0, 100, 0);
	pf_ff_play(&ff, 0, 1, 0);
	load(0, 7, 9, 0, 100, 50 * MS);
	expect(120 * MS, 7, 9, 150 * MS);
}

static void periodic_effects_drive_both_motors(void **state)
{
	struct ff_effect e = {
		.type = FF_PERIODIC, .id = 1, .u.periodic = {.waveform = FF_SINE, .magnitude = 0x7FFF}};
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_OK);
	pf_ff_play(&ff, 1, 1, 0);
	expect(0, 0xFFFF, 0xFFFF, INT64_MAX);
	e.u.periodic.magnitude = INT16_MIN;
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_OK);
	expect(0, 0xFFFF, 0xFFFF, INT64_MAX);
	e.u.periodic.magnitude = -0x4000;
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_OK);
	expect(0, 0x8000, 0x8000, INT64_MAX);
}

static void others_are_refused(void **state)
{
	struct ff_effect e = {.type = FF_SPRING};
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_ERR_INVALID);
	e.type = FF_RUMBLE;
	e.id = PF_FF_EFFECTS;
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_ERR_INVALID);
	e.id = -1;
	assert_int_equal(pf_ff_upload(&ff, &e, 0), PF_ERR_INVALID);
	pf_ff_play(&ff, PF_FF_EFFECTS, 1, 0);
	pf_ff_erase(&ff, UINT32_MAX);
	expect(0, 0, 0, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_plays_at_first, begin),
		cmocka_unit_test_setup(strong_is_low_and_weak_is_high, begin),
		cmocka_unit_test_setup(delay_comes_first, begin),
		cmocka_unit_test_setup(it_plays_as_often_as_asked, begin),
		cmocka_unit_test_setup(without_a_length_it_plays_until_it_is_stopped, begin),
		cmocka_unit_test_setup(several_are_added_up_to_the_full_level, begin),
		cmocka_unit_test_setup(gain_scales_everything, begin),
		cmocka_unit_test_setup(an_erased_effect_is_silent, begin),
		cmocka_unit_test_setup(loading_one_that_plays_begins_it_anew, begin),
		cmocka_unit_test_setup(periodic_effects_drive_both_motors, begin),
		cmocka_unit_test_setup(others_are_refused, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
