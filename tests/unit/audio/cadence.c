/* The schedule of sound (native-media 6.1) against a simulated device, under a clock of its own. */
#include "audio/cadence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS    INT64_C(1000000)
#define FRAME 240
#define RATE  48000

/* A device that gives `chunk` frames at a time, and what was made of them. */
static struct {
	struct pf_cadence cadence;
	int64_t now_ns;
	struct pf_audio_news news;
	uint64_t frames, silences;
	int64_t last_pts_ns, last_out_ns, longest_gap_ns;
	unsigned broken, fades_in, fades_out;
	bool any;
} s;

static void begin(unsigned chunk, bool endless)
{
	memset(&s, 0, sizeof(s));
	s.now_ns = 1000 * MS;
	s.news = (struct pf_audio_news){.chunk_frames = chunk, .opened = 1, .live = true};
	pf_cadence_init(&s.cadence, RATE, FRAME, endless);
}

static void note(const struct pf_cadence_order *o)
{
	if (s.any) {
		assert_true(o->pts_ns >= s.last_pts_ns);
		if (s.now_ns - s.last_out_ns > s.longest_gap_ns)
			s.longest_gap_ns = s.now_ns - s.last_out_ns;
	}
	s.any = true;
	s.last_pts_ns = o->pts_ns;
	s.last_out_ns = s.now_ns;
	s.broken += o->broken;
	s.fades_in += o->fade_in;
	s.fades_out += o->fade_out;
}

/* Everything that is due by then. */
static void run_until(int64_t until_ns)
{
	for (;;) {
		struct pf_cadence_order o = pf_cadence_next(&s.cadence, &s.news, s.now_ns);
		if (o.step == PF_CADENCE_WAIT) {
			assert_true(o.until_ns > s.now_ns);
			if (o.until_ns > until_ns)
				break;
			s.now_ns = o.until_ns;
			continue;
		}
		note(&o);
		if (o.step == PF_CADENCE_FRAME) {
			s.frames++;
			s.news.frames -= FRAME;
		} else {
			s.silences++;
			s.news.frames = 0;
		}
	}
	s.now_ns = until_ns;
}

static void chunk_comes(int64_t at_ns)
{
	run_until(at_ns);
	s.news.frames += s.news.chunk_frames;
	s.news.newest_ns = at_ns;
}

static void a_device_of_frames_sets_the_beat(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 1000; i++) {
		chunk_comes((1005 + 5 * i) * MS);
		run_until(s.now_ns); /* goes out at once */
		assert_int_equal(s.frames, i + 1);
		assert_int_equal(s.last_pts_ns, (1000 + 5 * i) * MS);
	}
	assert_int_equal(s.silences, 0);
	assert_int_equal(s.longest_gap_ns, 5 * MS);
	assert_int_equal(s.broken, 1); /* the first joins nothing */
	assert_int_equal(s.fades_in, 1);
}

static void jitter_makes_no_hole_and_no_jitter_of_pts(void **state)
{
	static const int64_t late[] = {0, 2, 0, 4, 1, 0, 3, 0};
	begin(FRAME, false);
	int64_t pts_ns = 0;
	for (int i = 0; i < 1000; i++) {
		chunk_comes((1005 + 5 * i + late[i % 8]) * MS);
		run_until(s.now_ns);
		if (i > 0)
			assert_int_equal(s.last_pts_ns - pts_ns, 5 * MS);
		pts_ns = s.last_pts_ns;
	}
	assert_int_equal(s.frames, 1000);
	assert_int_equal(s.silences, 0);
}

/* 1024 frames are 21.3 ms: spread, not sent in a bunch. */
static void large_chunks_are_spread(void **state)
{
	begin(1024, false);
	for (int i = 0; i < 500; i++)
		chunk_comes(1000 * MS + (int64_t)(i + 1) * 1024 * 1000 * MS / RATE);
	run_until(s.now_ns + 1);
	assert_int_equal(s.silences, 0);
	assert_in_range(s.frames, 500 * 1024 / FRAME - 6, 500 * 1024 / FRAME);
	assert_true(s.longest_gap_ns < 8 * MS);
}

static void a_hole_is_filled_for_half_a_second(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 10; i++)
		chunk_comes((1005 + 5 * i) * MS);
	run_until(1099 * MS);
	assert_int_equal(s.silences, 0); /* patience */
	run_until(1100 * MS);
	assert_int_equal(s.frames, 10);
	assert_int_equal(s.silences, 9); /* what was missed meanwhile */
	assert_int_equal(s.fades_out, 1);
	int64_t last_ns = s.last_pts_ns;
	run_until(5000 * MS);
	assert_in_range(s.silences, 100, 101);
	assert_int_equal(s.last_pts_ns, last_ns + 5 * MS * ((int64_t)s.silences - 9));
	chunk_comes(5000 * MS);
	run_until(s.now_ns);
	assert_int_equal(s.frames, 11);
	assert_int_equal(s.last_pts_ns, 4995 * MS); /* what it is, not what was counted */
	assert_int_equal(s.broken, 2);
	assert_int_equal(s.fades_in, 2);
}

/* A machine that was busy elsewhere: everything comes, only later, and nothing is put in its place. */
static void late_is_not_lost(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 10; i++)
		chunk_comes((1005 + 5 * i) * MS);
	for (int i = 10; i < 16; i++)
		chunk_comes(1085 * MS);
	run_until(s.now_ns);
	assert_true(s.frames == 16 && s.silences == 0 && s.broken == 1);
	assert_int_equal(s.last_pts_ns, 1075 * MS);
}

static void a_short_hole_stays_in_step(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 10; i++)
		chunk_comes((1005 + 5 * i) * MS);
	for (int i = 30; i < 40; i++)
		chunk_comes((1005 + 5 * i) * MS);
	run_until(s.now_ns);
	assert_int_equal(s.frames, 20);
	assert_int_equal(s.broken, 1); /* silence joins */
	assert_int_equal(s.fades_in, 2);
	assert_int_equal(s.silences, 20);
	assert_int_equal(s.last_pts_ns, s.news.newest_ns - 5 * MS);
}

static void what_must_not_stop_never_does(void **state)
{
	begin(FRAME, true);
	run_until(1000 * MS);
	assert_int_equal(s.silences, 1); /* at once */
	run_until(6000 * MS);
	assert_int_equal(s.silences, 1000);
}

static void a_reopened_device_does_not_join(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 10; i++)
		chunk_comes((1005 + 5 * i) * MS);
	s.news.opened++;
	chunk_comes(1055 * MS);
	run_until(s.now_ns);
	assert_int_equal(s.broken, 2);
	s.news.lost_frames += 100; /* neither does what follows a loss */
	chunk_comes(1060 * MS);
	run_until(s.now_ns);
	assert_int_equal(s.broken, 3);
}

/* A device 200 ppm slow: counted samples fall behind the clock, and are brought up, only forward. */
static void pts_follow_the_clock(void **state)
{
	begin(FRAME, false);
	for (int64_t i = 0; i < 60000; i++)
		chunk_comes(1005 * MS + i * (5 * MS + 1000));
	run_until(s.now_ns);
	int64_t true_ns = s.news.newest_ns - 5 * MS;
	assert_true(s.last_pts_ns <= true_ns + MS);
	assert_true(s.last_pts_ns > true_ns - 4 * MS);
}

/* Six cycles that the graph never made: what follows is stamped right within a quarter of a second. */
static void missed_cycles_are_made_up_for(void **state)
{
	begin(FRAME, false);
	for (int i = 0; i < 300; i++)
		chunk_comes((1005 + 5 * i + (i >= 100 ? 30 : 0)) * MS);
	run_until(s.now_ns);
	assert_int_equal(s.silences, 0);
	assert_int_equal(s.last_pts_ns, s.news.newest_ns - 5 * MS);
	begin(FRAME, false);
	for (int i = 0; i < 150; i++)
		chunk_comes((1005 + 5 * i + (i >= 100 ? 30 : 0)) * MS);
	run_until(s.now_ns);
	assert_int_equal(s.last_pts_ns, s.news.newest_ns - 5 * MS);
}

static void a_stalled_thread_begins_anew(void **state)
{
	begin(FRAME, true);
	run_until(1100 * MS);
	uint64_t before = s.silences;
	s.now_ns = 3000 * MS; /* suspended */
	run_until(3000 * MS);
	assert_in_range(s.silences - before, 1, 2); /* not the four hundred that were missed */
}

static void weeks_of_sound_are_counted(void **state)
{
	const int64_t weeks_s = INT64_C(8) * 7 * 86400;
	begin(FRAME, false);
	chunk_comes(1005 * MS);
	run_until(s.now_ns);
	s.cadence.counted += (uint64_t)weeks_s * RATE;
	s.now_ns = s.news.newest_ns = 1010 * MS + weeks_s * 1000 * MS;
	s.news.frames = FRAME;
	run_until(s.now_ns);
	assert_int_equal(s.frames, 2);
	assert_int_equal(s.last_pts_ns, 1005 * MS + weeks_s * 1000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_of_frames_sets_the_beat),
		cmocka_unit_test(jitter_makes_no_hole_and_no_jitter_of_pts),
		cmocka_unit_test(large_chunks_are_spread),
		cmocka_unit_test(a_hole_is_filled_for_half_a_second),
		cmocka_unit_test(late_is_not_lost),
		cmocka_unit_test(a_short_hole_stays_in_step),
		cmocka_unit_test(what_must_not_stop_never_does),
		cmocka_unit_test(a_reopened_device_does_not_join),
		cmocka_unit_test(pts_follow_the_clock),
		cmocka_unit_test(missed_cycles_are_made_up_for),
		cmocka_unit_test(weeks_of_sound_are_counted),
		cmocka_unit_test(a_stalled_thread_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
