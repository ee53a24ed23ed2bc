/* The audio thread on the synthetic sources. */
#include "audio/out.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned frames, silent, broken;
	float peak;
	int64_t last_pts_ns;
	bool even; /* each 5 ms after the other */
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void handle_frame(void *user, const struct pf_audio_frame *frame)
{
	pthread_mutex_lock(&heard.lock);
	heard.even = heard.even && (heard.frames == 0 || frame->pts_ns - heard.last_pts_ns == 5000000);
	heard.last_pts_ns = frame->pts_ns;
	heard.frames++;
	heard.silent += frame->silent;
	heard.broken += frame->broken;
	for (unsigned i = 0; i < 480; i++)
		heard.peak = fmaxf(heard.peak, fabsf(frame->samples[i]));
	pthread_cond_signal(&heard.changed);
	pthread_mutex_unlock(&heard.lock);
}

static void wait_for(const unsigned *count, unsigned least)
{
	pthread_mutex_lock(&heard.lock);
	while (*count < least)
		pthread_cond_wait(&heard.changed, &heard.lock);
	pthread_mutex_unlock(&heard.lock);
}

static struct pf_audio_out *start(const char *name, float gain, bool muted)
{
	struct pf_audio_out_params params = {
		.frame_frames = 240, .gain = gain, .muted = muted, .on_frame = handle_frame};
	struct pf_audio_out *o;
	heard.frames = heard.silent = heard.broken = 0;
	heard.peak = 0;
	heard.even = true;
	assert_int_equal(pf_audio_source_create(&params.source, name, 2, 48000), PF_OK);
	assert_int_equal(pf_audio_out_start(&o, &params), PF_OK);
	return o;
}

static void sound_comes_out_in_frames(void **state)
{
	struct pf_audio_out *o = start("tone", 0, false);
	wait_for(&heard.frames, 40);
	pf_audio_out_stop(o);
	assert_true(heard.broken >= 1 && heard.silent == 0);
	assert_true(heard.peak > 0.24f && heard.peak <= 0.25f);
	if (heard.broken == 1)
		assert_true(heard.even);
}

static void gain_makes_it_louder(void **state)
{
	struct pf_audio_out *o = start("tone", 2, false);
	wait_for(&heard.frames, 10);
	pf_audio_out_stop(o);
	assert_true(heard.peak > 0.48f && heard.peak <= 0.5f);
}

static void muted_is_silent(void **state)
{
	struct pf_audio_out *o = start("tone", 0, false);
	wait_for(&heard.frames, 5);
	pf_audio_out_mute(o, true);
	wait_for(&heard.silent, 5);
	pf_audio_out_mute(o, false);
	pf_audio_out_stop(o);
}

static void muted_is_silent_from_the_first_frame_on(void **state)
{
	struct pf_audio_out *o = start("tone", 0, true);
	wait_for(&heard.frames, 10);
	pf_audio_out_stop(o);
	assert_int_equal(heard.silent, heard.frames);
}

static void silence_is_said(void **state)
{
	struct pf_audio_out *o = start("silence", 4, false);
	wait_for(&heard.frames, 5);
	pf_audio_out_stop(o);
	assert_int_equal(heard.silent, heard.frames);
	pf_audio_out_quit(NULL);
	pf_audio_out_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_comes_out_in_frames),
		cmocka_unit_test(gain_makes_it_louder),
		cmocka_unit_test(muted_is_silent),
		cmocka_unit_test(muted_is_silent_from_the_first_frame_on),
		cmocka_unit_test(silence_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
