#include "audio/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "os/clock.h"

#define MS INT64_C(1000000)

static void it_plays_by_the_clock(void **state)
{
	struct pf_audio_source *s;
	struct pf_audio_news news;
	float out[2 * 9600];
	assert_int_equal(pf_audio_source_create(&s, "tone", 2, 48000), PF_OK);
	s->impl->look(s, 1000 * MS, &news);
	assert_true(news.frames == 0 && news.live && news.chunk_frames == 240);
	s->impl->look(s, 1012 * MS, &news);
	assert_int_equal(news.frames, 480);
	assert_int_equal(news.newest_ns, 1010 * MS);
	s->impl->read(s, out, 480);
	for (unsigned f = 0; f < 480; f++) {
		assert_true(fabs(out[2 * f] - 0.25 * sin(2 * M_PI * 440 * f / 48000)) < 1e-6);
		assert_true(fabs(out[2 * f + 1] - 0.25 * sin(2 * M_PI * 550 * f / 48000)) < 1e-6);
	}
	s->impl->look(s, 1012 * MS, &news);
	assert_int_equal(news.frames, 0);
	s->impl->look(s, 3010 * MS, &news); /* nobody took it out */
	assert_int_equal(news.frames, 48 * PF_AUDIO_STORE_MS);
	assert_int_equal(news.lost_frames, 48 * (2000 - PF_AUDIO_STORE_MS));
	assert_int_equal(s->impl->device_rate(s), 48000);
	s->impl->destroy(s);
}

static void silence_is_silent_and_wakes(void **state)
{
	struct pf_audio_source *s;
	struct pf_audio_news news;
	float out[6 * 240] = {1};
	assert_int_equal(pf_audio_source_create(&s, "silence", 6, 48000), PF_OK);
	s->impl->look(s, pf_now_ns() - 20 * MS, &news);
	s->impl->look(s, pf_now_ns(), &news);
	s->impl->read(s, out, 240);
	for (unsigned i = 0; i < 6 * 240; i++)
		assert_true(out[i] == 0);
	s->impl->wait(s, INT64_MAX); /* for the next chunk */
	s->impl->wake(s);
	s->impl->wait(s, INT64_MAX);
	s->impl->destroy(s);
	assert_int_equal(pf_audio_source_create(&s, "cello", 2, 48000), PF_ERR_NOT_FOUND);
}

static void a_second_has_all_its_samples(void **state)
{
	struct pf_audio_source *s;
	struct pf_audio_news news;
	assert_int_equal(pf_audio_source_create(&s, "tone", 2, 44100), PF_OK);
	s->impl->look(s, 1000 * MS, &news);
	s->impl->look(s, 2000 * MS, &news);
	assert_int_equal(news.frames + news.lost_frames, 44100);
	assert_int_equal(news.chunk_frames, 221);
	s->impl->destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_plays_by_the_clock),
		cmocka_unit_test(silence_is_silent_and_wakes),
		cmocka_unit_test(a_second_has_all_its_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
