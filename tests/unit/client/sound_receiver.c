/* native-media 6.1 to 6.3. */
#include "client/sound_receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS       UINT64_C(1000000)
#define FRAME_NS (5 * MS)
#define BEGIN_NS (1000000 * MS)

/* What was told, as words: "7" packet, "7~" silence, "c" concealed, "p15" a pause of so many ms. */
static char told[4096];
static struct pf_sound_receiver r;

static void write_down(void *user, const struct pf_sound_event *e)
{
	char word[32];
	switch (e->kind) {
	case PF_SOUND_PACKET:
		/* Whatever was copied meanwhile: the packet's bytes are its own number. */
		assert_int_equal(e->packet.data.len, 4);
		assert_memory_equal(e->packet.data.data, &e->packet.seq, 4);
		snprintf(word, sizeof(word), "%u", e->packet.seq);
		break;
	case PF_SOUND_SILENCE:
		snprintf(word, sizeof(word), "%u~", e->packet.seq);
		break;
	case PF_SOUND_CONCEAL:
		snprintf(word, sizeof(word), "c");
		break;
	case PF_SOUND_PAUSE:
		snprintf(word, sizeof(word), "p%llu", (unsigned long long)(e->pause_ns / MS));
		break;
	}
	size_t len = strlen(told);
	snprintf(told + len, sizeof(told) - len, "%s%s", len ? " " : "", word);
}

static int begin(void **state)
{
	told[0] = '\0';
	pf_sound_receiver_init(&r, FRAME_NS, write_down, NULL);
	return 0;
}

#define assert_told(text)                        \
	do {                                     \
		assert_string_equal(told, text); \
		told[0] = '\0';                  \
	} while (0)

static void feed_late(uint32_t seq, uint64_t later_ns)
{
	const struct pf_datagram d = {.tag = PF_DATAGRAM_AUDIO,
		.audio = {seq, BEGIN_NS + seq * FRAME_NS + later_ns, {(const uint8_t *)&seq, 4}}};
	pf_sound_receiver_feed(&r, &d);
}

static void feed(uint32_t seq)
{
	feed_late(seq, 0);
}

static void feed_redundant(uint32_t seq)
{
	uint32_t before = seq - 1;
	const struct pf_datagram d = {.tag = PF_DATAGRAM_AUDIO_RED,
		.red = {seq, BEGIN_NS + seq * FRAME_NS, {(const uint8_t *)&seq, 4},
			{(const uint8_t *)&before, 4}}};
	pf_sound_receiver_feed(&r, &d);
}

static void what_comes_in_order_is_played_at_once(void **state)
{
	feed(7);
	assert_told("7");
	feed(8);
	assert_told("8");
	const struct pf_datagram empty = {
		.tag = PF_DATAGRAM_AUDIO, .audio = {.seq = 9, .pts_ns = BEGIN_NS + 9 * FRAME_NS}};
	pf_sound_receiver_feed(&r, &empty);
	assert_told("9~");
	const struct pf_datagram other = {.tag = PF_DATAGRAM_MIC, .audio = empty.audio};
	pf_sound_receiver_feed(&r, &other);
	assert_told("");
	assert_int_equal(r.stats.received, 3);
	assert_int_equal(r.stats.lost, 0);
}

static void what_comes_out_of_order_waits(void **state)
{
	feed(0);
	feed(3);
	feed(2);
	feed(4);
	assert_told("0");
	feed(1);
	assert_told("1 2 3 4");
	feed(5);
	assert_told("5");
	assert_int_equal(r.stats.lost, 0);
	assert_int_equal(r.stats.late, 0);
}

static void four_newer_ones_end_the_wait(void **state)
{
	feed(0);
	feed(2);
	feed(3);
	feed(4);
	assert_told("0");
	feed(5);
	assert_told("c 2 3 4 5");
	feed(1);
	assert_told("");
	assert_int_equal(r.stats.lost, 1);
	assert_int_equal(r.stats.concealed, 1);
	assert_int_equal(r.stats.late, 1);
	assert_int_equal(r.stats.duplicates, 0);
}

static void the_successor_brings_what_is_lost(void **state)
{
	feed_redundant(0);
	feed_redundant(1);
	feed_redundant(3);
	assert_told("0 1 2 3");
	assert_int_equal(r.stats.redundant, 3);
	assert_int_equal(r.stats.recovered, 1);
	feed(2);
	assert_told("");
	assert_int_equal(r.stats.duplicates, 1);
	/* Two in a row: the older one is lost. */
	feed_redundant(6);
	assert_told("");
	feed_redundant(7);
	feed_redundant(8);
	assert_told("c 5 6 7 8");
	assert_int_equal(r.stats.recovered, 2);
	assert_int_equal(r.stats.lost, 1);
}

static void duplicates_are_played_once(void **state)
{
	feed(0);
	feed(0);
	feed(2);
	feed(2);
	feed(1);
	feed(1);
	assert_told("0 1 2");
	assert_int_equal(r.stats.duplicates, 3);
	assert_int_equal(r.stats.late, 0);
}

static void a_long_gap_is_made_up_for_50_ms(void **state)
{
	feed(0);
	for (uint32_t seq = 31; seq < 35; seq++)
		feed(seq);
	assert_told("0 c c c c c c c c c c p100 31 32 33 34");
	assert_int_equal(r.stats.lost, 30);
	assert_int_equal(r.stats.concealed, 10);
	assert_int_equal(r.stats.pauses, 0);
}

static void a_pause_is_in_the_time_not_in_the_numbers(void **state)
{
	feed(0);
	feed_late(1, 700 * MS);
	feed_late(2, 700 * MS);
	/* The host follows its device by a little, more than once. */
	feed_late(3, 712 * MS);
	assert_told("0 p700 1 2 3");
	feed_late(4, 724 * MS);
	assert_told("p24 4");
	/* Its clock was set back. */
	feed(5);
	feed(6);
	assert_told("5 6");
	feed_late(7, 50 * MS);
	assert_told("p50 7");
	assert_int_equal(r.stats.pauses, 3);
}

static void numbers_wrap(void **state)
{
	feed(UINT32_MAX - 1);
	const uint32_t zero = 0, one = 1;
	const struct pf_datagram d = {.tag = PF_DATAGRAM_AUDIO_RED,
		.red = {1, r.due_ns + 2 * FRAME_NS, {(const uint8_t *)&one, 4}, {(const uint8_t *)&zero, 4}}};
	pf_sound_receiver_feed(&r, &d);
	assert_told("4294967294");
	feed_late(UINT32_MAX, 0);
	assert_told("4294967295 0 1");
	feed_late(UINT32_MAX - 1, 0);
	assert_told("");
	assert_int_equal(r.stats.duplicates, 1);
	assert_int_equal(r.stats.lost, 0);
}

static void wild_numbers_stay_bounded(void **state)
{
	feed(0);
	for (uint32_t i = 1; i < 1000; i++)
		feed(i * UINT32_C(0x9E3779B1));
	/* At most ten made up before each packet that is played. */
	assert_true(r.stats.concealed <= 10 * r.stats.received);
	assert_true(r.held_count < PF_SOUND_HELD_MAX);
	assert_true(r.stats.late > 0);
	pf_sound_receiver_flush(&r);
	assert_int_equal(r.held_count, 0);
}

static void too_large_a_packet_is_lost(void **state)
{
	static const uint8_t large[PF_SOUND_PACKET_MAX + 1];
	feed(0);
	const struct pf_datagram d = {
		.tag = PF_DATAGRAM_PCM, .audio = {1, BEGIN_NS + FRAME_NS, {large, sizeof(large)}}};
	pf_sound_receiver_feed(&r, &d);
	for (uint32_t seq = 2; seq < 6; seq++)
		feed(seq);
	assert_told("0 c 2 3 4 5");
}

static void the_end_plays_what_waits(void **state)
{
	feed(0);
	feed(2);
	feed(5);
	pf_sound_receiver_flush(&r);
	assert_told("0 c 2 c c 5");
	assert_int_equal(r.stats.lost, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_comes_in_order_is_played_at_once, begin),
		cmocka_unit_test_setup(what_comes_out_of_order_waits, begin),
		cmocka_unit_test_setup(four_newer_ones_end_the_wait, begin),
		cmocka_unit_test_setup(the_successor_brings_what_is_lost, begin),
		cmocka_unit_test_setup(duplicates_are_played_once, begin),
		cmocka_unit_test_setup(a_long_gap_is_made_up_for_50_ms, begin),
		cmocka_unit_test_setup(a_pause_is_in_the_time_not_in_the_numbers, begin),
		cmocka_unit_test_setup(numbers_wrap, begin),
		cmocka_unit_test_setup(wild_numbers_stay_bounded, begin),
		cmocka_unit_test_setup(too_large_a_packet_is_lost, begin),
		cmocka_unit_test_setup(the_end_plays_what_waits, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
