#include "send/pacer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PACKET 1472

static struct pf_pace_plan plan(uint32_t kbps, size_t packets, uint32_t refresh)
{
	const struct pf_pace_input in = {
		.packets = packets,
		.packet_bytes = PACKET,
		.bytes_per_s = pf_pace_rate(kbps),
		.refresh_hz = refresh,
	};
	return pf_pace_plan(&in);
}

static void burst_packets_are(uint32_t kbps, size_t bytes)
{
	assert_int_equal(plan(kbps, 100000, 60).burst_packets, (bytes + PACKET - 1) / PACKET);
}

/* The examples of native-media 7.1. */
static void the_burst_is_ten_milliseconds_within_bounds(void **state)
{
	burst_packets_are(5000, 18750);
	burst_packets_are(30000, 112500);
	burst_packets_are(70000, 256 << 10);
	burst_packets_are(2500000, 256 << 10);
	burst_packets_are(500, 16 << 10);
	assert_true(pf_pace_rate(778000) == 2334000000ull / 8);
}

static void a_unit_within_the_burst_leaves_at_once(void **state)
{
	struct pf_pace_plan p = plan(20000, 36, 60);
	assert_int_equal(p.burst_packets, 36);
	assert_int_equal(p.chunks, 0);
	assert_int_equal(p.spread_ns, 0);
}

static void the_rest_is_spread_by_the_rate(void **state)
{
	/* 30 Mbit/s: burst 77 packets; 100 more at 11.25 MB/s take 13.08 ms. */
	struct pf_pace_plan p = plan(30000, 177, 60);
	assert_int_equal(p.burst_packets, 77);
	assert_in_range(p.spread_ns, 13084000, 13085000);
	assert_int_equal(p.chunk, 16);
	assert_int_equal(p.chunks, 7);
	assert_int_equal(pf_pace_target_ns(&p, 1000, 6), 1000 + p.spread_ns);
	assert_in_range(pf_pace_target_ns(&p, 0, 0), p.spread_ns / 7, p.spread_ns / 7);
}

static void no_spread_passes_two_frames_or_a_tenth_of_a_second(void **state)
{
	assert_int_equal(plan(5000, 2000, 60).spread_ns, 2000000000 / 60);
	assert_int_equal(plan(5000, 2000, 5).spread_ns, 100000000);
}

static void chunks_grow_until_they_are_worth_a_sleep(void **state)
{
	/* 2.5 Gbit/s: one packet per 1.57 us, so 64 packets are still below 500 us. */
	assert_int_equal(plan(2500000, 2000, 60).chunk, 64);
	/* 200 Mbit/s: 19.6 us a packet, 26 packets make 510 us. */
	struct pf_pace_plan p = plan(200000, 179 + 260, 60);
	assert_int_equal(p.chunk, 26);
	assert_int_equal(p.chunks, 10);
	/* Chunks cover the rest exactly, whatever the sizes. */
	for (uint32_t kbps = 1000; kbps < 3000000; kbps = kbps * 5 / 3) {
		for (size_t n = 1; n < 5000; n = n * 4 / 3 + 1) {
			p = plan(kbps, n, 120);
			size_t covered = p.burst_packets + p.chunks * p.chunk;
			assert_in_range(p.chunk, 16, 64);
			assert_in_range(covered, n, n + p.chunk - 1 + (p.chunks == 0));
			assert_in_range(p.burst_packets, 1, n);
		}
	}
}

static void units_that_wait_make_this_one_faster(void **state)
{
	struct pf_pace_input in = {
		.packets = 2000, .packet_bytes = PACKET, .bytes_per_s = pf_pace_rate(5000), .refresh_hz = 60};
	int64_t alone = pf_pace_plan(&in).spread_ns;
	in.waiting = 1;
	assert_int_equal(pf_pace_plan(&in).spread_ns, alone / 2);
	in.waiting = 3;
	assert_int_equal(pf_pace_plan(&in).spread_ns, alone / 4);
}

/* Late by up to a burst (4 chunks of 16 of 77 packets) nothing is put off, beyond it only the excess. */
static void what_was_missed_returns_as_a_burst_at_most(void **state)
{
	struct pf_pace_plan p = plan(30000, 177, 60);
	int64_t burst_ns = p.spread_ns * 4 / 7;
	assert_int_equal(pf_pace_put_off_ns(&p, -1000000), 0);
	assert_int_equal(pf_pace_put_off_ns(&p, burst_ns), 0);
	assert_int_equal(pf_pace_put_off_ns(&p, burst_ns + 5), 5);
	/* A burst smaller than a chunk does not stop the sender. */
	p.burst_packets = 0;
	assert_int_equal(pf_pace_put_off_ns(&p, p.spread_ns / 7), 0);
	assert_int_equal(pf_pace_put_off_ns(&p, p.spread_ns), p.spread_ns - p.spread_ns / 7);
}

static void trains_grow_with_the_rate(void **state)
{
	assert_int_equal(plan(0, 100, 60).train, 16);
	assert_int_equal(plan(20000, 100, 60).train, 16);
	/* 3 Gbit/s for 0.1 ms are 37,500 bytes. */
	assert_int_equal(plan(1000000, 2000, 60).train, 37500 / 1472);
	assert_int_equal(plan(4000000, 2000, 60).train, 64);
	struct pf_pace_input in = {
		.packets = 500, .packet_bytes = 1472, .bytes_per_s = pf_pace_rate(1000000), .refresh_hz = 60};
	in.timed = true;
	assert_int_equal(pf_pace_plan(&in).chunk, pf_pace_plan(&in).train);
}

static void later_blocks_find_the_burst_used(void **state)
{
	struct pf_pace_input in = {
		.packets = 100, .packet_bytes = PACKET, .bytes_per_s = pf_pace_rate(30000), .refresh_hz = 60};
	in.burst_used = (size_t)77 * PACKET;
	assert_int_equal(pf_pace_plan(&in).burst_packets, 0);
	in.burst_used = (size_t)70 * PACKET;
	assert_int_equal(pf_pace_plan(&in).burst_packets, 7);
}

static void without_a_rate_the_frame_time_is_used(void **state)
{
	struct pf_pace_input in = {
		.packets = 40, .packet_bytes = PACKET, .refresh_hz = 60, .until_next_ns = 10000000};
	assert_int_equal(pf_pace_plan(&in).burst_packets, 40);
	in.packets = 1000;
	struct pf_pace_plan p = pf_pace_plan(&in);
	assert_int_equal(p.burst_packets, 250);
	assert_int_equal(p.spread_ns, 9000000);
	in.until_next_ns = -5;
	p = pf_pace_plan(&in);
	assert_int_equal(p.spread_ns, 0);
	assert_int_equal(p.chunk, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_burst_is_ten_milliseconds_within_bounds),
		cmocka_unit_test(a_unit_within_the_burst_leaves_at_once),
		cmocka_unit_test(the_rest_is_spread_by_the_rate),
		cmocka_unit_test(no_spread_passes_two_frames_or_a_tenth_of_a_second),
		cmocka_unit_test(chunks_grow_until_they_are_worth_a_sleep),
		cmocka_unit_test(units_that_wait_make_this_one_faster),
		cmocka_unit_test(what_was_missed_returns_as_a_burst_at_most),
		cmocka_unit_test(trains_grow_with_the_rate),
		cmocka_unit_test(later_blocks_find_the_burst_used),
		cmocka_unit_test(without_a_rate_the_frame_time_is_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
