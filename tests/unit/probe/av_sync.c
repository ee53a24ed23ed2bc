#include "probe/av_sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS      UINT64_C(1000000)
#define RATE_HZ 48000
#define PIECE   240 /* frames that are told at once */
#define BLACK   16
#define WHITE   235

static struct pf_av_sync sync;

static int prepare(void **state)
{
	sync = (struct pf_av_sync){0};
	return 0;
}

/* Pictures at 100 Hz: each second from flash_ms on it is white for 150 ms. */
static void show(unsigned seconds, unsigned flash_ms)
{
	for (unsigned ms = 0; ms < seconds * 1000; ms += 10) {
		unsigned phase = (ms + 1000 - flash_ms) % 1000;
		pf_av_sync_picture(&sync, ms * MS, phase < 150 ? WHITE : BLACK);
	}
}

/* Stereo that beeps on the right only, in pieces as packets bring it. */
static void play(unsigned seconds, unsigned beep_frame, unsigned every_frames, float level)
{
	float piece[PIECE * 2] = {0};
	for (unsigned at = 0; at < seconds * RATE_HZ; at += PIECE) {
		for (unsigned i = 0; i < PIECE; i++) {
			unsigned phase = (at + i + every_frames - beep_frame) % every_frames;
			/* A wave: half of its samples are silent. */
			piece[2 * i + 1] = phase < RATE_HZ * 150 / 1000 && phase % 2 == 0 ? level : 0;
		}
		pf_av_sync_sound(&sync, at * UINT64_C(1000000000) / RATE_HZ, piece, PIECE, 2, RATE_HZ);
	}
}

static void sound_that_is_late_is_late_by_so_much(void **state)
{
	show(10, 300);
	play(10, RATE_HZ * 325 / 1000 + 12, RATE_HZ, 0.5f);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.flashes, 10);
	assert_int_equal(r.beeps, 10);
	assert_int_equal(r.pairs, 10);
	assert_float_equal(r.mean_ms, 25.25, 1e-3);
	assert_float_equal(r.deviation_ms, 0, 1e-3);
	assert_float_equal(r.min_ms, 25.25, 1e-3);
	assert_float_equal(r.max_ms, 25.25, 1e-3);
}

static void sound_that_is_early_is_negative(void **state)
{
	show(5, 500);
	play(5, RATE_HZ * 400 / 1000, RATE_HZ, 0.5f);
	assert_float_equal(pf_av_sync_result(&sync).mean_ms, -100, 1e-3);
}

/* The beeps come every 1.02 s: 0, 20, 40, 60 ms after the flashes. */
static void a_drift_shows_as_spread(void **state)
{
	show(4, 300);
	play(4, RATE_HZ * 300 / 1000, RATE_HZ * 1020 / 1000, 0.5f);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.pairs, 4);
	assert_float_equal(r.mean_ms, 30, 1e-3);
	assert_float_equal(r.deviation_ms, 22.3607, 1e-3);
	assert_float_equal(r.min_ms, 0, 1e-3);
	assert_float_equal(r.max_ms, 60, 1e-3);
}

static void what_is_too_far_apart_is_no_pair(void **state)
{
	show(5, 100);
	play(5, RATE_HZ * 550 / 1000, RATE_HZ, 0.5f);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.flashes, 5);
	assert_int_equal(r.beeps, 5);
	assert_int_equal(r.pairs, 0);
	assert_float_equal(r.mean_ms, 0, 0);
}

static void a_beep_belongs_to_one_flash_only(void **state)
{
	float loud = 1;
	pf_av_sync_picture(&sync, 0, BLACK);
	pf_av_sync_picture(&sync, 500 * MS, WHITE);
	pf_av_sync_picture(&sync, 550 * MS, BLACK);
	pf_av_sync_picture(&sync, 700 * MS, WHITE);
	pf_av_sync_sound(&sync, 0, &(float){0}, 1, 1, RATE_HZ);
	pf_av_sync_sound(&sync, 690 * MS, &loud, 1, 1, RATE_HZ);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.flashes, 2);
	assert_int_equal(r.pairs, 1);
	assert_float_equal(r.mean_ms, -10, 1e-3);
}

static void what_stands_at_the_beginning_is_no_event(void **state)
{
	show(3, 0);
	play(3, 0, RATE_HZ, 0.5f);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.flashes, 2);
	assert_int_equal(r.beeps, 2);
	assert_int_equal(r.pairs, 2);
}

static void a_dim_picture_and_faint_sound_are_no_events(void **state)
{
	for (unsigned i = 0; i < 100; i++)
		pf_av_sync_picture(&sync, i * 10 * MS, i % 20 ? BLACK : BLACK + 2);
	play(3, RATE_HZ / 2, RATE_HZ, 0.005f);
	struct pf_av_sync_result r = pf_av_sync_result(&sync);
	assert_int_equal(r.flashes, 0);
	assert_int_equal(r.beeps, 0);
}

static void more_events_than_are_kept_are_let_go(void **state)
{
	for (unsigned i = 0; i < 2 * PF_AV_SYNC_EVENTS_MAX + 10; i++)
		pf_av_sync_picture(&sync, i * 10 * MS, i % 2 ? WHITE : BLACK);
	assert_int_equal(pf_av_sync_result(&sync).flashes, PF_AV_SYNC_EVENTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sound_that_is_late_is_late_by_so_much, prepare),
		cmocka_unit_test_setup(sound_that_is_early_is_negative, prepare),
		cmocka_unit_test_setup(a_drift_shows_as_spread, prepare),
		cmocka_unit_test_setup(what_is_too_far_apart_is_no_pair, prepare),
		cmocka_unit_test_setup(a_beep_belongs_to_one_flash_only, prepare),
		cmocka_unit_test_setup(what_stands_at_the_beginning_is_no_event, prepare),
		cmocka_unit_test_setup(a_dim_picture_and_faint_sound_are_no_events, prepare),
		cmocka_unit_test_setup(more_events_than_are_kept_are_let_go, prepare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
