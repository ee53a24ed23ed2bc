#include "audio/drift.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RATE   48000
#define PERIOD 240

static double jitter(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return (double)(*seed >> 8) / (1 << 23) - 1; /* -1..1 */
}

struct run {
	double excess, ratio, largest;
	double least, most; /* ratio in the last half minute */
};

/* A device that is fast by so many parts per million, seen with that many frames of jitter, for five minutes. */
static struct run simulate(double ppm, double jitter_frames)
{
	struct pf_drift d = {0};
	struct run r = {.ratio = 1, .least = 2, .most = 0};
	uint32_t seed = 1;
	unsigned periods = 300 * RATE / PERIOD;
	for (unsigned i = 0; i < periods; i++) {
		r.excess += PERIOD * ((1 + ppm * 1e-6) / r.ratio - 1);
		r.ratio = pf_drift_update(&d, r.excess + jitter_frames * jitter(&seed), PERIOD, RATE);
		r.largest = fmax(r.largest, fabs(r.excess));
		if (i > periods - 30 * RATE / PERIOD) {
			r.least = fmin(r.least, r.ratio);
			r.most = fmax(r.most, r.ratio);
		}
	}
	return r;
}

static void the_store_settles_whichever_is_faster(void **state)
{
	static const double ppm[] = {-200, -20, 20, 200};
	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
		struct run r = simulate(ppm[i], 48);
		assert_true(fabs(r.excess) < 0.001 * RATE);
		assert_true(r.largest < 0.003 * RATE);
		assert_true(fabs(r.least - 1 - ppm[i] * 1e-6) < 15e-6);
		assert_true(fabs(r.most - 1 - ppm[i] * 1e-6) < 15e-6);
	}
}

static void without_drift_nothing_is_resampled(void **state)
{
	struct run r = simulate(0, 2);
	assert_true(r.least == 1);
	assert_true(r.most == 1);
}

static void no_pitch_is_ever_heard(void **state)
{
	struct pf_drift d = {0};
	for (int i = 0; i < 10000; i++) {
		double ratio = pf_drift_update(&d, i < 5000 ? 1e6 : -1e6, PERIOD, RATE);
		assert_true(fabs(ratio - 1) <= PF_DRIFT_MAX + 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_store_settles_whichever_is_faster),
		cmocka_unit_test(without_drift_nothing_is_resampled),
		cmocka_unit_test(no_pitch_is_ever_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
