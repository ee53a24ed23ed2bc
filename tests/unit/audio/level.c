#include "audio/level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void fades_are_a_millisecond(void **state)
{
	float x[240 * 2];
	for (int i = 0; i < 480; i++)
		x[i] = 1;
	pf_level_fade_in(x, 240, 2, 48000);
	pf_level_fade_out(x, 240, 2, 48000);
	assert_true(x[0] == 0 && x[1] == 0 && x[478] == 0 && x[479] == 0);
	for (int f = 1; f < 48; f++) {
		assert_true(x[2 * f] > x[2 * f - 2] && x[2 * f] == x[2 * f + 1]);
		assert_true(x[479 - 2 * f] > x[481 - 2 * f]);
	}
	for (int f = 48; f < 192; f++)
		assert_true(x[2 * f] == 1);
}

static void fewer_frames_than_a_fade(void **state)
{
	float x[3] = {1, 1, 1};
	pf_level_fade_out(x, 3, 1, 48000);
	assert_true(x[0] > x[1] && x[1] > x[2] && x[2] == 0);
	pf_level_fade_out(x, 0, 1, 48000);
}

static void silence_is_zero(void **state)
{
	float x[8] = {0, -0.0f};
	assert_true(pf_level_is_silent(x, 8));
	x[7] = 1e-20f;
	assert_false(pf_level_is_silent(x, 8));
}

static void gain_never_clips(void **state)
{
	float last = 0;
	for (int i = 0; i <= 1000; i++) {
		float x[2] = {(float)i / 1000, -(float)i / 1000};
		pf_level_amplify(x, 2, 4);
		assert_true(x[0] == -x[1] && x[0] <= 1 && x[0] >= last);
		if (i <= 187)
			assert_true(fabsf(x[0] - 4 * (float)i / 1000) < 1e-6f);
		last = x[0];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fades_are_a_millisecond),
		cmocka_unit_test(fewer_frames_than_a_fade),
		cmocka_unit_test(silence_is_zero),
		cmocka_unit_test(gain_never_clips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
