/* What arrives whole, and what the counters say of it (native-media 8.1, items 3 to 5, 9, 10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cut.h"
#include "sink.h"
#include "support/vectors.h"

#define PTS UINT64_C(1751500000000000000)

static struct cut small_cut(unsigned data_max, unsigned percent)
{
	return (struct cut){.scheme = 1,
		.shard_bytes = 16,
		.data_max = data_max,
		.percent = percent,
		.total_max = data_max + (data_max * percent + 99) / 100};
}

static uint8_t *fresh_bytes(size_t len)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	uint8_t *data = malloc(len ? len : 1);
	assert_non_null(data);
	random_fill(&seed, data, len);
	return data;
}

static void three_lost_packets_come_back(void **state)
{
	static const int lost[] = {0, 2, 5, -1};
	uint8_t *data = fresh_bytes(100);
	for (int reversed = 0; reversed < 2; reversed++) {
		struct cut c = small_cut(4, 50);
		const struct cut_unit u = {.frame_index = 7, .pts_ns = PTS, .data = data, .len = 100};
		cut_whole(&c, &u);
		assert_int_equal(c.count, 11);
		struct sink s;
		sink_init(&s, &c, -1);
		sink_feed_all(&s, &c, lost, reversed);
		sink_feed(&s, &c.packet[4]); /* a duplicate */
		assert_int_equal(s.units, 1);
		sink_assert_unit(&s, 0, &u);
		struct pf_receiver_stats stats = sink_stats(&s);
		assert_int_equal(stats.recovered - stats.late, 3);
		assert_int_equal(stats.units_repaired, 1);
		assert_int_equal(stats.bytes_in_flight, 0);
		sink_finish(&s);
		cut_clear(&c);
	}
	free(data);
}

static void late_shards_are_taken_out_of_the_loss(void **state)
{
	uint8_t *data = fresh_bytes(100);
	struct cut c = small_cut(4, 50);
	const struct cut_unit u = {.frame_index = 1, .pts_ns = PTS, .data = data, .len = 100};
	cut_whole(&c, &u);
	struct sink s;
	sink_init(&s, &c, -1);
	sink_feed_all(&s, &c, NULL, 1);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &u);
	struct pf_receiver_stats stats = sink_stats(&s);
	assert_true(stats.recovered > 0);
	assert_int_equal(stats.late, stats.recovered);
	assert_int_equal(stats.received, 7);
	sink_finish(&s);
	cut_clear(&c);
	free(data);
}

static void an_empty_unit_is_one_packet(void **state)
{
	struct cut c = small_cut(4, 0);
	const struct cut_unit u = {.frame_index = 0, .pts_ns = PTS, .data = NULL, .len = 0};
	cut_whole(&c, &u);
	assert_int_equal(c.count, 1);
	struct sink s;
	sink_init(&s, &c, -1);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	assert_int_equal(s.unit[0].len, 0);
	sink_finish(&s);
	cut_clear(&c);
}

static void probe_filler_has_its_own_indices(void **state)
{
	uint8_t *data = fresh_bytes(200);
	struct cut c = small_cut(4, 50);
	cut_whole(&c, &(struct cut_unit){.frame_index = 100000, .pts_ns = PTS, .data = data, .len = 200});
	size_t video = c.count;
	cut_whole(&c, &(struct cut_unit){.frame_index = 0,
			      .user_flags = PF_UNIT_PROBE,
			      .pts_ns = PTS,
			      .data = data,
			      .len = 100});
	size_t lost_probe = c.count;
	cut_whole(&c, &(struct cut_unit){.frame_index = 1,
			      .user_flags = PF_UNIT_PROBE,
			      .pts_ns = PTS,
			      .data = data,
			      .len = 100});
	cut_whole(&c, &(struct cut_unit){.frame_index = 90,
			      .user_flags = PF_UNIT_PROBE,
			      .pts_ns = PTS + 1000000000,
			      .data = data,
			      .len = 100});
	struct sink s;
	sink_init(&s, &c, -1);
	for (size_t i = 0; i < video - 1; i++)
		sink_feed(&s, &c.packet[i]);
	for (size_t i = video; i < lost_probe; i++)
		sink_feed(&s, &c.packet[i]);
	sink_feed(&s, &c.packet[lost_probe]); /* and the rest of it is lost */
	for (size_t i = lost_probe + 11; i < c.count; i++)
		sink_feed(&s, &c.packet[i]);
	struct pf_receiver_stats stats = sink_stats(&s);
	assert_int_equal(stats.probe_units, 2);
	assert_int_equal(stats.probe_datagrams, 11 + 1 + 11);
	assert_int_equal(stats.units, 1);
	assert_int_equal(stats.units_lost, 0);
	assert_int_equal(s.lost, 0);
	assert_int_equal(stats.bytes_in_flight, 0);
	sink_finish(&s);
	cut_clear(&c);
	free(data);
}

static void a_streamed_unit_survives_loss(void **state)
{
	static const int lost[] = {1, 12, -1};
	uint8_t *data = fresh_bytes(150);
	for (int reversed = 0; reversed < 2; reversed++) {
		struct cut c = small_cut(4, 50);
		const struct cut_unit u = {.frame_index = 3, .pts_ns = PTS, .data = data, .len = 150};
		cut_streamed(&c, &u);
		assert_int_equal(c.count, 15);
		assert_int_equal(c.packet[0].h.block_count, 0);
		assert_int_equal(c.packet[6].h.block_count, 0);
		assert_int_equal(c.packet[12].h.data_shards, 2);
		assert_int_equal(c.packet[12].h.recovery_shards, 1);
		struct sink s;
		sink_init(&s, &c, -1);
		sink_feed_all(&s, &c, lost, reversed);
		assert_int_equal(s.units, 1);
		sink_assert_unit(&s, 0, &u);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
		sink_finish(&s);
		cut_clear(&c);
	}
	free(data);
}

static void totals_against_a_sentinel_kill_the_unit_once(void **state)
{
	uint8_t *data = fresh_bytes(150);
	struct cut c = small_cut(4, 50);
	const struct cut_unit u = {.frame_index = 3, .pts_ns = PTS, .data = data, .len = 150};
	cut_streamed(&c, &u);
	struct cut_packet liar = c.packet[12];
	liar.h.frame_bytes = 100;
	liar.h.block_index = 1;
	liar.h.block_count = 2;
	liar.h.data_shards = 3;
	liar.h.recovery_shards = 2;
	for (int totals_first = 0; totals_first < 2; totals_first++) {
		struct sink s;
		sink_init(&s, &c, -1);
		if (totals_first)
			sink_feed(&s, &liar);
		for (size_t i = 0; i < 12; i++)
			sink_feed(&s, &c.packet[i]);
		sink_feed(&s, &liar);
		for (size_t i = 12; i < c.count; i++)
			sink_feed(&s, &c.packet[i]);
		assert_int_equal(s.units, 0);
		assert_int_equal(s.lost, 1);
		assert_int_equal(s.lost_index[0], 3);
		assert_int_equal(sink_stats(&s).units_lost, 1);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
		sink_finish(&s);
	}
	cut_clear(&c);
	free(data);
}

static const size_t SLICES[] = {320, 403, 100, 200};

static void slices_lie_where_they_say(void **state)
{
	static const struct {
		unsigned k, base;
	} want[] = {{19, 0}, {26, 19}, {18, 45}};
	uint8_t *data = fresh_bytes(1023);
	struct cut c = small_cut(64, 50);
	const struct cut_unit u = {.frame_index = 3,
		.pts_ns = PTS,
		.data = data,
		.len = 1023,
		.chunks = SLICES,
		.chunk_count = 4};
	cut_slices(&c, &u);
	for (size_t i = 0; i < c.count; i++) {
		const struct pf_packet_header *h = &c.packet[i].h;
		if (h->block_count == 0) {
			assert_int_equal(h->data_shards, want[h->block_index].k);
			assert_int_equal(h->frame_bytes, want[h->block_index].base * 16);
		}
	}
	for (int reversed = 0; reversed < 2; reversed++) {
		struct sink s;
		sink_init(&s, &c, -1);
		sink_feed_all(&s, &c, NULL, reversed);
		assert_int_equal(s.units, 1);
		sink_assert_unit(&s, 0, &u);
		sink_finish(&s);
	}
	for (size_t step = 3; step < 8; step++) { /* a third of each block is parity */
		struct sink s;
		sink_init(&s, &c, -1);
		for (size_t i = 0; i < c.count; i++) {
			if (i % step != 1 || c.packet[i].h.block_count != 0)
				sink_feed(&s, &c.packet[i]);
		}
		assert_int_equal(s.units, 1);
		sink_assert_unit(&s, 0, &u);
		sink_finish(&s);
	}
	cut_clear(&c);
	free(data);
}

static void slices_that_do_not_tile_are_discarded(void **state)
{
	static const int shifts[] = {-1, 1};
	uint8_t *data = fresh_bytes(1023);
	struct cut c = small_cut(64, 50);
	cut_slices(&c, &(struct cut_unit){.frame_index = 3,
			       .pts_ns = PTS,
			       .data = data,
			       .len = 1023,
			       .chunks = SLICES,
			       .chunk_count = 4});
	for (size_t i = 0; i < 2; i++) {
		struct sink s;
		sink_init(&s, &c, -1);
		for (size_t n = 0; n < c.count; n++) {
			struct cut_packet p = c.packet[n];
			if (p.h.block_count == 0 && p.h.block_index == 1)
				p.h.frame_bytes += (uint32_t)(shifts[i] * 16);
			sink_feed(&s, &p);
		}
		assert_int_equal(s.units, 0);
		assert_int_equal(s.lost, 1);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
		sink_finish(&s);
	}
	cut_clear(&c);
	free(data);
}

static void a_stream_of_one_block_is_a_whole_unit(void **state)
{
	uint8_t *data = fresh_bytes(60);
	struct cut whole = small_cut(4, 50), streamed = small_cut(4, 50);
	const struct cut_unit u = {.frame_index = 3, .pts_ns = PTS, .data = data, .len = 60};
	cut_whole(&whole, &u);
	cut_streamed(&streamed, &u);
	assert_int_equal(whole.count, streamed.count);
	for (size_t i = 0; i < whole.count; i++) {
		uint8_t a[PF_PACKET_HEADER_BYTES + 16], b[PF_PACKET_HEADER_BYTES + 16];
		cut_write(&whole.packet[i], a);
		cut_write(&streamed.packet[i], b);
		assert_memory_equal(a, b, sizeof(a));
	}
	/* Half from one, half from the other. */
	struct sink s;
	sink_init(&s, &whole, -1);
	for (size_t i = 0; i < whole.count; i++)
		sink_feed(&s, i % 2 ? &whole.packet[i] : &streamed.packet[i]);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &u);
	sink_finish(&s);
	cut_clear(&whole);
	cut_clear(&streamed);
	free(data);
}

static void shard_size_may_change_between_units(void **state)
{
	uint8_t *data = fresh_bytes(20000);
	struct cut c = small_cut(64, 50);
	c.shard_bytes = 1408;
	const struct cut_unit a = {.frame_index = 1, .pts_ns = PTS, .data = data, .len = 20000};
	const struct cut_unit b = {.frame_index = 2, .pts_ns = PTS + 1, .data = data, .len = 20000};
	cut_whole(&c, &a);
	struct sink s;
	sink_init(&s, &c, PF_CIPHER_AES128_GCM);
	c.shard_bytes = 8908;
	cut_whole(&c, &b);
	static const int lost[] = {0, 24, -1}; /* one data shard of each */
	sink_feed_all(&s, &c, lost, 1);
	assert_int_equal(s.units, 2);
	sink_assert_unit(&s, 0, &b);
	sink_assert_unit(&s, 1, &a);
	sink_finish(&s);
	cut_clear(&c);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_lost_packets_come_back),
		cmocka_unit_test(late_shards_are_taken_out_of_the_loss),
		cmocka_unit_test(an_empty_unit_is_one_packet),
		cmocka_unit_test(probe_filler_has_its_own_indices),
		cmocka_unit_test(a_streamed_unit_survives_loss),
		cmocka_unit_test(totals_against_a_sentinel_kill_the_unit_once),
		cmocka_unit_test(slices_lie_where_they_say),
		cmocka_unit_test(slices_that_do_not_tile_are_discarded),
		cmocka_unit_test(a_stream_of_one_block_is_a_whole_unit),
		cmocka_unit_test(shard_size_may_change_between_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
