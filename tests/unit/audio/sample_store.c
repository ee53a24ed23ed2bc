#include "audio/sample_store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define RATE   48000
#define CHUNK  240
#define KEPT   (RATE * PF_AUDIO_STORE_MS / 1000)
#define ROUNDS 20000

/* Every frame says its own number, in both channels. */
static void put(struct pf_sample_store *s, unsigned *next, unsigned frames, int64_t now_ns)
{
	float *samples = malloc(sizeof(*samples) * 2 * frames);
	for (unsigned f = 0; f < frames; f++)
		samples[2 * f] = samples[2 * f + 1] = (float)((*next)++);
	pf_sample_store_put(s, samples, frames, now_ns);
	free(samples);
}

static void what_is_put_is_taken_in_order(void **state)
{
	struct pf_sample_store s;
	struct pf_audio_news news;
	unsigned next = 0;
	float out[2 * 300];
	assert_int_equal(pf_sample_store_init(&s, 2, RATE), PF_OK);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, 0);
	assert_int_equal(news.chunk_frames, 0);
	pf_sample_store_open(&s);
	put(&s, &next, 100, 7);
	put(&s, &next, 200, 9);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, 300);
	assert_int_equal(news.chunk_frames, 200);
	assert_int_equal(news.newest_ns, 9);
	assert_int_equal(news.opened, 1);
	pf_sample_store_take(&s, out, 300);
	for (unsigned f = 0; f < 300; f++) {
		assert_true(out[2 * f] == (float)f);
		assert_true(out[2 * f + 1] == (float)f);
	}
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, 0);
	pf_sample_store_finish(&s);
}

static void the_oldest_is_lost_and_counted(void **state)
{
	struct pf_sample_store s;
	struct pf_audio_news news;
	unsigned next = 0;
	float out[2];
	assert_int_equal(pf_sample_store_init(&s, 2, RATE), PF_OK);
	for (unsigned i = 0; i < 500; i++)
		put(&s, &next, CHUNK, i);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, KEPT);
	assert_int_equal(news.lost_frames, 500 * CHUNK - KEPT);
	pf_sample_store_take(&s, out, 1);
	assert_true(out[0] == (float)KEPT); /* of what there was room for */
	put(&s, &next, CHUNK, 0);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, KEPT);
	pf_sample_store_take(&s, out, 1);
	assert_true(out[0] == (float)(2 * KEPT - (KEPT - CHUNK)));
	/* A chunk that is larger than everything never fits, and does no harm. */
	uint64_t lost = news.lost_frames;
	put(&s, &next, 3 * KEPT, 0);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.frames, KEPT - 1);
	assert_int_equal(news.lost_frames, lost + 3 * KEPT);
	pf_sample_store_finish(&s);
}

static void an_opening_throws_away_what_was_there(void **state)
{
	struct pf_sample_store s;
	struct pf_audio_news news;
	unsigned next = 0;
	float out[2];
	assert_int_equal(pf_sample_store_init(&s, 2, RATE), PF_OK);
	pf_sample_store_open(&s);
	put(&s, &next, CHUNK, 0);
	pf_sample_store_open(&s);
	put(&s, &next, 10, 0);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.opened, 2);
	assert_int_equal(news.frames, 10);
	assert_int_equal(news.lost_frames, 0);
	pf_sample_store_take(&s, out, 1);
	assert_true(out[0] == (float)CHUNK);
	pf_sample_store_finish(&s);
}

static void only_late_chunks_tell_the_size(void **state)
{
	struct pf_sample_store s;
	struct pf_audio_news news;
	unsigned next = 0;
	assert_int_equal(pf_sample_store_init(&s, 2, RATE), PF_OK);
	put(&s, &next, 1024, 0);
	for (unsigned i = 0; i < 63; i++)
		put(&s, &next, CHUNK, 0);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.chunk_frames, 1024);
	put(&s, &next, CHUNK, 0);
	pf_sample_store_look(&s, &news);
	assert_int_equal(news.chunk_frames, CHUNK);
	pf_sample_store_finish(&s);
}

static void *write_all(void *arg)
{
	unsigned next = 0;
	for (unsigned i = 0; i < ROUNDS; i++)
		put(arg, &next, CHUNK, i + 1);
	return NULL;
}

/* The writer is faster than any device: frames are lost, but what is read is whole and in order. */
static void a_writer_that_never_waits_tears_nothing(void **state)
{
	struct pf_sample_store s;
	struct pf_audio_news news = {0};
	float out[2], last = -1;
	uint64_t seen = 0, skipped = 0;
	pthread_t writer;
	assert_int_equal(pf_sample_store_init(&s, 2, RATE), PF_OK);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &s), 0);
	while (seen + news.lost_frames < (uint64_t)ROUNDS * CHUNK) {
		pf_sample_store_look(&s, &news);
		/* A loss in the middle is whole chunks. */
		for (unsigned left = news.frames; left > 0; left--, seen++) {
			pf_sample_store_take(&s, out, 1);
			assert_true(out[0] == out[1] && out[0] > last);
			skipped += out[0] != last + 1;
			last = out[0];
		}
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_true(skipped <= news.lost_frames);
	pf_sample_store_look(&s, &news);
	assert_int_equal(seen + news.lost_frames, (uint64_t)ROUNDS * CHUNK);
	pf_sample_store_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_taken_in_order),
		cmocka_unit_test(the_oldest_is_lost_and_counted),
		cmocka_unit_test(an_opening_throws_away_what_was_there),
		cmocka_unit_test(only_late_chunks_tell_the_size),
		cmocka_unit_test(a_writer_that_never_waits_tears_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
