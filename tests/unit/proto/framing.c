#include "proto/native/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

struct seen {
	unsigned count;
	size_t bytes;
	uint8_t sum;
	unsigned stop_at; /* message number, 0 = never */
};

static bool count_message(void *user, const uint8_t *message, size_t len)
{
	struct seen *s = user;
	s->count++;
	s->bytes += len;
	for (size_t i = 0; i < len; i++)
		s->sum = (uint8_t)(s->sum * 31 + message[i]);
	return s->count != s->stop_at;
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct pf_framer));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static const uint8_t three_messages[] = {2, 0, 'a', 'b', 0, 0, 1, 0, 'c', 3, 0, 'd', 'e', 'f'};

static void any_fragments_give_the_same_messages(void **state)
{
	struct pf_framer *f = *state;
	struct seen whole = {0};
	assert_int_equal(pf_framer_feed(f, three_messages, sizeof(three_messages), count_message, &whole),
		sizeof(three_messages));
	assert_int_equal(whole.count, 3);
	assert_int_equal(whole.bytes, 6);
	for (size_t step = 1; step < sizeof(three_messages); step++) {
		struct seen s = {0};
		for (size_t at = 0; at < sizeof(three_messages); at += step) {
			size_t part = sizeof(three_messages) - at < step ? sizeof(three_messages) - at : step;
			assert_int_equal(
				pf_framer_feed(f, three_messages + at, part, count_message, &s), part);
		}
		assert_int_equal(s.count, 3);
		assert_int_equal(s.sum, whole.sum);
		assert_false(pf_framer_in_frame(f));
	}
}

static void an_end_in_mid_frame_shows(void **state)
{
	struct pf_framer *f = *state;
	struct seen s = {0};
	static const bool inside[] = {false, true, true, true, false, true, false};
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(pf_framer_in_frame(f), inside[i]);
		pf_framer_feed(f, three_messages + i, 1, count_message, &s);
	}
	assert_int_equal(pf_framer_in_frame(f), inside[6]);
}

static void stopping_leaves_the_rest(void **state)
{
	struct pf_framer *f = *state;
	struct seen s = {.stop_at = 2};
	assert_int_equal(pf_framer_feed(f, three_messages, sizeof(three_messages), count_message, &s), 9);
	assert_int_equal(s.count, 2);
	assert_int_equal(pf_framer_feed(f, three_messages + 9, 5, count_message, &s), 5);
	assert_int_equal(s.count, 3);
}

static void empty_frames_are_skipped(void **state)
{
	struct pf_framer *f = *state;
	struct seen s = {0};
	uint8_t zeros[1000] = {0};
	assert_int_equal(pf_framer_feed(f, zeros, sizeof(zeros), count_message, &s), sizeof(zeros));
	assert_int_equal(s.count, 0);
	assert_false(pf_framer_in_frame(f));
	assert_int_equal(pf_framer_feed(f, NULL, 0, count_message, &s), 0);
}

static void the_longest_message_passes(void **state)
{
	struct pf_framer *f = *state;
	struct seen s = {0};
	uint8_t *message = malloc(PF_FRAME_BODY_MAX + 1), *out = malloc(PF_FRAME_BODY_MAX + 8);
	uint64_t seed = 1;
	random_fill(&seed, message, PF_FRAME_BODY_MAX + 1);
	struct pf_wr w = pf_wr_init(out, PF_FRAME_BODY_MAX + 8);
	pf_frame_write(&w, message, PF_FRAME_BODY_MAX);
	assert_false(w.failed);
	assert_int_equal(pf_framer_feed(f, out, w.len, count_message, &s), w.len);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.bytes, PF_FRAME_BODY_MAX);
	w = pf_wr_init(out, PF_FRAME_BODY_MAX + 8);
	pf_frame_write(&w, message, PF_FRAME_BODY_MAX + 1);
	assert_true(w.failed);
	free(message);
	free(out);
}

static void several_frames_in_one_buffer(void **state)
{
	uint8_t out[16];
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_frame_write(&w, "ab", 2);
	pf_frame_write(&w, "", 0);
	size_t at = pf_frame_begin(&w);
	pf_wr_u8(&w, 'c');
	pf_frame_end(&w, at);
	pf_frame_write(&w, "def", 3);
	assert_int_equal(w.len, sizeof(three_messages));
	assert_memory_equal(out, three_messages, w.len);
	pf_frame_write(&w, "x", 1);
	assert_true(w.failed);
}

static bool free_and_stop(void *user, const uint8_t *message, size_t len)
{
	free(*(struct pf_framer **)user);
	*(struct pf_framer **)user = NULL;
	return false;
}

static void a_handler_that_stops_may_free_the_framer(void **state)
{
	struct pf_framer *own = calloc(1, sizeof(*own));
	assert_int_equal(pf_framer_feed(own, three_messages, sizeof(three_messages), free_and_stop, &own), 4);
	assert_null(own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_fragments_give_the_same_messages),
		TEST(an_end_in_mid_frame_shows),
		TEST(stopping_leaves_the_rest),
		TEST(empty_frames_are_skipped),
		TEST(the_longest_message_passes),
		cmocka_unit_test(several_frames_in_one_buffer),
		cmocka_unit_test(a_handler_that_stops_may_free_the_framer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
