/* What is refused, when a unit is given up, and that memory stays bounded (native-media 5.1, 5.3, 8.1
 * items 6 and 7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cut.h"
#include "sink.h"

#define PTS UINT64_C(1751500000000000000)
#define MS  UINT64_C(1000000)

static struct cut wire_cut(void)
{
	return (struct cut){
		.scheme = 1, .shard_bytes = 512, .data_max = 64, .percent = 25, .total_max = 64 + 16};
}

static const uint8_t BYTES[100 * 512];

static struct cut_unit unit_at(uint32_t index, uint64_t pts_ns, size_t len)
{
	return (struct cut_unit){
		.frame_index = index, .user_flags = 1, .pts_ns = pts_ns, .data = BYTES, .len = len};
}

static void headers_out_of_bounds_take_no_memory(void **state)
{
	struct cut c = wire_cut();
	struct cut_unit u = unit_at(5, PTS, 10 * 512);
	cut_whole(&c, &u);
	const struct cut_packet good = c.packet[0];
	struct pf_packet_header bad[24];
	size_t n = 0;
#define BAD(change)              \
	do {                     \
		bad[n] = good.h; \
		bad[n].change;   \
		n++;             \
	} while (0)
	BAD(data_shards = 65535);
	bad[n - 1].recovery_shards = 65535;
	BAD(data_shards = 0);
	BAD(data_shards = 65);
	BAD(recovery_shards = 64 + 58 - 9); /* one beyond the receiver's total of 122 */
	BAD(shard_index = 13);
	BAD(shard_bytes = 510);
	BAD(shard_bytes = 513);
	BAD(shard_bytes = 9154);
	BAD(frame_bytes = (8 << 20) + 1);
	BAD(frame_bytes = 11 * 512);
	BAD(frame_bytes = 9 * 512);
	BAD(frame_bytes = 0);
	BAD(block_count = 2);
	BAD(block_count = 0); /* sentinels have no length and K shards */
	BAD(block_index = 1);
	BAD(block_count = 0);
	bad[n - 1].frame_bytes = 0;
	BAD(block_count = 0); /* a sentinel cannot be the last block that M allows */
	bad[n - 1].frame_bytes = 0;
	bad[n - 1].data_shards = 64;
	bad[n - 1].block_index = 255;
	BAD(user_flags |= PF_UNIT_SLICE_STREAM); /* slices: an offset that is no whole shard */
	bad[n - 1].block_count = 0;
	bad[n - 1].block_index = 1;
	bad[n - 1].frame_bytes = 511;
	BAD(user_flags |= PF_UNIT_SLICE_STREAM); /* or lies beyond M */
	bad[n - 1].block_count = 0;
	bad[n - 1].block_index = 1;
	bad[n - 1].frame_bytes = (8 << 20) - 512;
	BAD(user_flags |= PF_UNIT_SLICE_STREAM); /* or is that of the first block */
	bad[n - 1].block_count = 0;
	bad[n - 1].block_index = 1;
	bad[n - 1].frame_bytes = 0;
#undef BAD
	struct sink s;
	sink_init(&s, &c, -1);
	uint8_t *shard = calloc(1, UINT16_MAX);
	assert_non_null(shard);
	for (size_t i = 0; i < n; i++) {
		uint8_t *packet = calloc(1, PF_PACKET_HEADER_BYTES + (size_t)bad[i].shard_bytes);
		assert_non_null(packet);
		pf_packet_header_write(packet, &bad[i]);
		pf_receiver_feed(s.receiver, packet, PF_PACKET_HEADER_BYTES + (size_t)bad[i].shard_bytes, 0);
		free(packet);
		assert_int_equal(sink_stats(&s).malformed, i + 1);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
	}
	free(shard);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	sink_finish(&s);
	cut_clear(&c);
}

static void later_packets_must_agree_with_the_first(void **state)
{
	struct cut c = wire_cut();
	struct cut_unit u = unit_at(5, PTS, 10 * 512);
	cut_whole(&c, &u);
	struct cut_packet other[4];
	for (size_t i = 0; i < 4; i++)
		other[i] = c.packet[1];
	other[0].h.shard_bytes = 514; /* 10 shards of 514 bytes: possible, but not in this unit */
	other[1].h.recovery_shards++;
	other[2].h.user_flags |= PF_UNIT_SLICE_STREAM;
	other[3].h.frame_bytes--;
	uint8_t *longer = calloc(1, 514);
	assert_non_null(longer);
	other[0].shard = longer;
	struct sink s;
	sink_init(&s, &c, -1);
	sink_feed(&s, &c.packet[0]);
	for (size_t i = 0; i < 4; i++) {
		sink_feed(&s, &other[i]);
		assert_int_equal(sink_stats(&s).malformed, i + 1);
	}
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &u);
	free(longer);
	sink_finish(&s);
	cut_clear(&c);
}

/* Unit 0 lacks one shard (and all parity) while units follow at 120 per second. */
static void late_shard_at(unsigned following, size_t units_wanted, size_t lost_wanted)
{
	struct cut c = wire_cut();
	c.percent = 0;
	struct cut_unit u = unit_at(0, PTS, 2 * 512);
	cut_whole(&c, &u);
	for (unsigned i = 1; i <= following; i++) {
		u = unit_at(i, PTS + i * UINT64_C(8333333), 512);
		cut_whole(&c, &u);
	}
	struct sink s;
	sink_init(&s, &c, -1);
	sink_feed_all(&s, &c, (const int[]){1, -1}, 0);
	assert_int_equal(s.lost, lost_wanted);
	sink_feed(&s, &c.packet[1]);
	sink_feed(&s, &c.packet[0]);
	sink_feed(&s, &c.packet[1]);
	assert_int_equal(s.units, units_wanted);
	assert_int_equal(s.lost, lost_wanted);
	assert_int_equal(sink_stats(&s).units_lost, lost_wanted);
	assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
	sink_finish(&s);
	cut_clear(&c);
}

static void a_unit_lives_120_ms(void **state)
{
	late_shard_at(8, 9, 0);   /* 66 ms */
	late_shard_at(14, 15, 0); /* 117 ms */
	late_shard_at(15, 15, 1); /* 125 ms */
	late_shard_at(40, 40, 1);
}

static void a_unit_lives_64_indices(void **state)
{
	for (uint32_t reach = 64; reach <= 65; reach++) {
		struct cut c = wire_cut();
		uint32_t first = UINT32_MAX - 10; /* indices wrap */
		cut_whole(&c, &(struct cut_unit){.frame_index = first, .data = BYTES, .len = 2 * 512});
		size_t held_back = 1;
		cut_whole(&c, &(struct cut_unit){.frame_index = first + reach, .data = BYTES, .len = 512});
		struct sink s;
		sink_init(&s, &c, -1);
		sink_feed(&s, &c.packet[0]);
		sink_feed(&s, &c.packet[c.count - 1]);
		assert_int_equal(s.lost, reach == 65);
		sink_feed(&s, &c.packet[held_back]);
		assert_int_equal(s.units, reach == 65 ? 1 : 2);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
		sink_finish(&s);
		cut_clear(&c);
	}
}

static void a_unit_that_begins_too_late_never_begins(void **state)
{
	struct cut c = wire_cut();
	struct cut_unit old = unit_at(10, PTS, 512), older = unit_at(4, PTS + 200 * MS, 512);
	struct cut_unit recent = unit_at(100, PTS + 300 * MS, 512), soon = unit_at(80, PTS + 200 * MS, 512);
	cut_whole(&c, &recent); /* data and parity: two packets each */
	cut_whole(&c, &old);
	cut_whole(&c, &older);
	cut_whole(&c, &soon);
	struct sink s;
	sink_init(&s, &c, -1);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 2);
	sink_assert_unit(&s, 1, &soon);
	assert_int_equal(s.lost, 0);
	assert_int_equal(sink_stats(&s).stale, 4);
	sink_finish(&s);
	cut_clear(&c);
}

static void unfinished_units_stay_within_the_budget(void **state)
{
	struct cut c = wire_cut();
	struct sink s;
	sink_init(&s, &c, -1);
	uint8_t *shard = calloc(1, 9152);
	assert_non_null(shard);
	/* Each packet proves a unit of nearly 8 MiB: the last data shard of its last block. */
	uint32_t shards = ((8 << 20) - 1) / 9152 + 1;
	struct cut_packet p = {.h = {.frame_bytes = 8 << 20,
				       .block_index = (uint16_t)((shards - 1) / 64),
				       .block_count = (uint16_t)((shards + 63) / 64),
				       .data_shards = (uint16_t)((shards - 1) % 64 + 1),
				       .shard_index = (uint16_t)((shards - 1) % 64),
				       .shard_bytes = 9152},
		.shard = shard};
	for (uint32_t i = 0; i < 60; i++) {
		p.h.frame_index = i;
		sink_feed(&s, &p);
		assert_true(sink_stats(&s).bytes_in_flight <= 4u * (8 << 20));
	}
	assert_true(sink_stats(&s).over_budget >= 56);
	/* Once they are given up the stream goes on. */
	struct cut_unit u = unit_at(1000, PTS, 10 * 512);
	cut_whole(&c, &u);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &u);
	assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
	free(shard);
	sink_finish(&s);
	cut_clear(&c);
}

static void held_parity_is_part_of_the_budget_and_returns(void **state)
{
	struct cut c = wire_cut();
	struct cut_unit u = unit_at(1, PTS, 100 * 512);
	cut_whole(&c, &u);
	struct sink s;
	sink_init(&s, &c, -1);
	size_t before = 0;
	for (size_t i = 100; i < c.count; i++) {
		sink_feed(&s, &c.packet[i]);
		assert_true(sink_stats(&s).bytes_in_flight >= before + 512);
		before = sink_stats(&s).bytes_in_flight;
	}
	cut_clear(&c);
	u = unit_at(100, PTS, 512);
	cut_whole(&c, &u);
	sink_feed_all(&s, &c, NULL, 0);
	assert_int_equal(s.units, 1);
	assert_int_equal(s.lost, 1);
	assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
	sink_finish(&s);
	cut_clear(&c);
}

/* Memory that a larger shard left behind counts with its own size, not with that of the shard it holds now. */
static void parity_memory_used_again_stays_within_the_budget(void **state)
{
	const size_t budget = 4u * (8 << 20);
	struct cut c = wire_cut();
	struct sink s;
	sink_init(&s, &c, -1);
	uint8_t *shard = calloc(1, 9152);
	assert_non_null(shard);
	struct cut_packet p = {.h = {.pts_ns = PTS,
				       .frame_bytes = 2 * 9152,
				       .block_count = 1,
				       .data_shards = 2,
				       .recovery_shards = 1,
				       .shard_index = 2,
				       .shard_bytes = 9152},
		.shard = shard};
	sink_feed(&s, &p); /* holds one large parity shard, until the next unit makes it too old */
	p.h = (struct pf_packet_header){.pts_ns = PTS + 121 * MS,
		.frame_bytes = 8 << 20,
		.block_count = 256,
		.data_shards = 64,
		.recovery_shards = 58,
		.shard_bytes = 512};
	for (p.h.frame_index = 1; p.h.frame_index < 4; p.h.frame_index++) {
		p.h.block_index = 255;
		p.h.shard_index = 63;
		sink_feed(&s, &p);
	}
	assert_int_equal(s.lost, 1);
	/* In one leap near the end, then shard by shard to where one more large one would be too many. */
	uint32_t next = (uint32_t)(budget - sink_stats(&s).bytes_in_flight - 65536) / 512;
	for (; budget - sink_stats(&s).bytes_in_flight >= 9152; next++) {
		assert_true(next < 16384);
		p.h.block_index = (uint16_t)(next / 64);
		p.h.shard_index = (uint16_t)(next % 64);
		sink_feed(&s, &p);
	}
	p.h.frame_index = 1;
	for (unsigned i = 0; i < 20 * 58; i++) {
		p.h.block_index = (uint16_t)(i / 58);
		p.h.shard_index = (uint16_t)(64 + i % 58);
		sink_feed(&s, &p);
		assert_true(sink_stats(&s).bytes_in_flight <= budget);
	}
	assert_true(sink_stats(&s).over_budget > 0);
	free(shard);
	sink_finish(&s);
}

static void parameters_are_checked(void **state)
{
	const struct pf_receiver_events events = {0};
	const struct pf_receiver_params good = {.fec_scheme = 1,
		.max_data_per_block = 4096,
		.shard_payload = 1408,
		.max_unit_bytes = 1 << 23};
	struct pf_receiver_params bad[6];
	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].fec_scheme = 2;
	bad[1].max_data_per_block = 0;
	bad[2].max_data_per_block = 65536;
	bad[3].shard_payload = 1407;
	bad[4].shard_payload = 9154;
	bad[5].max_unit_bytes = 0;
	struct pf_receiver *r = NULL;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pf_receiver_create(&r, &bad[i], &events, NULL), PF_ERR_INVALID);
	assert_null(r);
	pf_receiver_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_out_of_bounds_take_no_memory),
		cmocka_unit_test(later_packets_must_agree_with_the_first),
		cmocka_unit_test(a_unit_lives_120_ms),
		cmocka_unit_test(a_unit_lives_64_indices),
		cmocka_unit_test(a_unit_that_begins_too_late_never_begins),
		cmocka_unit_test(unfinished_units_stay_within_the_budget),
		cmocka_unit_test(held_parity_is_part_of_the_budget_and_returns),
		cmocka_unit_test(parity_memory_used_again_stays_within_the_budget),
		cmocka_unit_test(parameters_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
