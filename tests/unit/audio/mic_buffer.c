#include "audio/mic_buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "uplink.h"

#define SETTLE_S 3

/* The tone's own largest step is 0.023; what is concealed may bend it. */
#define STEP_CLEAN  0.030
#define STEP_BRIDGE 0.060

static void assert_between(double low, double x, double high)
{
	if (x < low || x > high)
		fail_msg("%g is not within %g..%g", x, low, high);
}

static struct pf_microphone_stats since(const struct uplink *u, struct pf_microphone_stats before)
{
	struct pf_microphone_stats now = uplink_stats(u);
	now.packets -= before.packets;
	now.late -= before.late;
	now.lost -= before.lost;
	now.concealed -= before.concealed;
	now.dropped -= before.dropped;
	return now;
}

/* After settling: the tone, whole, nothing made up, and no later than what the network and one packet cost. */
static void assert_perfect(
	const char *what, const struct uplink_network *net, double seconds, double most_delay_ms)
{
	struct uplink u;
	uplink_init(&u, net);
	uplink_run(&u, SETTLE_S);
	struct pf_microphone_stats settled = uplink_stats(&u);
	uplink_run(&u, seconds);
	struct pf_microphone_stats s = since(&u, settled);
	print_message("# %s: step %.4f, %.2f Hz, peak %.3f, stored at most %.1f ms\n", what, uplink_step(&u),
		uplink_hz(&u), uplink_peak(&u), u.most_delay_us / 1e3);
	assert_between(0, uplink_step(&u), STEP_CLEAN);
	assert_between(UPLINK_TONE_HZ * 0.997, uplink_hz(&u), UPLINK_TONE_HZ * 1.003);
	assert_between(UPLINK_LEVEL * 0.9, uplink_peak(&u), UPLINK_LEVEL * 1.2);
	assert_between(1, uplink_sounding(&u), 1);
	assert_int_equal(s.lost, 0);
	assert_int_equal(s.late, 0);
	assert_int_equal(s.concealed, 0);
	assert_int_equal(s.dropped, 0);
	assert_between(0, u.most_delay_us / 1e3, most_delay_ms);
	uplink_finish(&u);
}

static void packets_of_every_length(void **state)
{
	assert_perfect("5 ms", &(struct uplink_network){.frame_ms = 5}, 10, 25);
	assert_perfect("10 ms", &(struct uplink_network){0}, 10, 30);
	assert_perfect("20 ms", &(struct uplink_network){.frame_ms = 20}, 10, 50);
	assert_perfect("60 ms", &(struct uplink_network){.frame_ms = 60}, 10, 95);
	assert_perfect("120 ms", &(struct uplink_network){.frame_ms = 120}, 10, 155);
}

static void stereo_and_slow_recorders(void **state)
{
	assert_perfect("stereo", &(struct uplink_network){.frame_ms = 20, .channels = 2}, 10, 50);
	assert_perfect("quantum 1024", &(struct uplink_network){.quantum_frames = 1024}, 10, 60);
	assert_perfect("quantum 4096", &(struct uplink_network){.quantum_frames = 4096}, 10, 190);
}

static void jitter_is_waited_for(void **state)
{
	assert_perfect("jitter 5 ms", &(struct uplink_network){.jitter_ms = 5}, 30, 35);
	assert_perfect("jitter 20 ms", &(struct uplink_network){.jitter_ms = 20}, 30, 50);
	assert_perfect("jitter 60 ms", &(struct uplink_network){.jitter_ms = 60}, 30, 95);
}

static void packets_out_of_order_and_twice(void **state)
{
	assert_perfect("reordered", &(struct uplink_network){.reorder = 0.05}, 30, 50);
	assert_perfect("twice", &(struct uplink_network){.twice = 0.5}, 10, 30);
}

static void packets_two_at_a_time(void **state)
{
	assert_perfect("bursts", &(struct uplink_network){.frame_ms = 20, .burst = 2}, 30, 70);
	assert_perfect("bursts and jitter",
		&(struct uplink_network){.frame_ms = 20, .burst = 2, .jitter_ms = 10}, 30, 80);
}

static void clocks_that_differ(void **state)
{
	assert_perfect("fast client", &(struct uplink_network){.sender_ppm = 200}, 150, 32);
	assert_perfect("slow client", &(struct uplink_network){.sender_ppm = -200}, 150, 32);
}

static void lost_packets_are_concealed(void **state)
{
	static const unsigned lengths_ms[] = {10, 20};
	for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(*lengths_ms); i++) {
		struct uplink u;
		uplink_init(&u, &(struct uplink_network){.frame_ms = lengths_ms[i], .loss = 0.05});
		uplink_run(&u, 30);
		struct pf_microphone_stats s = uplink_stats(&u);
		assert_true(u.lost > 10);
		/* The last of them may not have been missed yet. */
		assert_between((double)u.lost - 1, (double)s.lost, (double)u.lost);
		assert_int_equal(s.concealed, s.lost);
		assert_int_equal(s.late, 0);
		assert_int_equal(s.malformed, 0);
		assert_between(0, uplink_step(&u), STEP_BRIDGE);
		assert_between(UPLINK_TONE_HZ * 0.99, uplink_hz(&u), UPLINK_TONE_HZ * 1.01);
		assert_between(0, u.most_delay_us / 1e3, 10 + 2 * lengths_ms[i]);
		uplink_finish(&u);
	}
}

static void a_lot_of_loss_clicks_no_more(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){.loss = 0.4, .jitter_ms = 30});
	uplink_run(&u, 60);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	assert_between(0, uplink_peak(&u), 2 * UPLINK_LEVEL);
	assert_between(0, u.most_delay_us / 1e3, 100);
	uplink_finish(&u);
}

/* The first packet of a tone after silence: nothing before it tells what it was. */
static void the_successor_tells_what_was_lost(void **state)
{
	double heard[2];
	for (int corrected = 0; corrected < 2; corrected++) {
		struct uplink u;
		uplink_init(&u, &(struct uplink_network){.frame_ms = 20});
		opus_encoder_ctl(u.encoder, OPUS_SET_INBAND_FEC(corrected));
		u.level = 0;
		uplink_run(&u, 0.4);
		u.level = UPLINK_LEVEL;
		u.net.loss = 1;
		uplink_run(&u, 0.02);
		u.net.loss = 0;
		uplink_run(&u, 0.1);
		assert_int_equal(uplink_stats(&u).lost, 1);
		heard[corrected] = uplink_sounding(&u) * 100;
		uplink_finish(&u);
	}
	print_message("# sounding of 100 ms: with correction %.1f, without %.1f\n", heard[1], heard[0]);
	assert_true(heard[1] > heard[0] + 10);
}

static void concealment_ends_in_silence(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, 2);
	u.stopped = true;
	uplink_run(&u, 0.12);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	uplink_run(&u, 0.2);
	assert_between(0, uplink_peak(&u), 0);
	uplink_finish(&u);
}

static void a_pause_leaves_no_delay(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, SETTLE_S);
	struct pf_microphone_stats settled = uplink_stats(&u);
	u.stopped = true;
	uplink_run(&u, 2);
	u.stopped = false;
	uplink_run(&u, 0.1);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	uplink_run(&u, 2);
	assert_between(1, uplink_sounding(&u), 1);
	assert_between(0, u.most_delay_us / 1e3, 30);
	assert_int_equal(since(&u, settled).lost, 0);
	uplink_finish(&u);
}

/* A client that stops while it is silent and counts on where it was: not the network's fault. */
static void short_pauses_are_no_jitter(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, SETTLE_S);
	for (int i = 0; i < 10; i++) {
		u.stopped = true;
		uplink_run(&u, 0.4);
		u.stopped = false;
		uplink_run(&u, 0.4);
		assert_between(0, u.most_delay_us / 1e3, 30);
	}
	uplink_finish(&u);
}

/* All that was held up comes at once. */
static void a_hole_in_the_network_leaves_no_delay(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, SETTLE_S);
	struct pf_microphone_stats settled = uplink_stats(&u);
	u.net.burst = 30;
	u.sent = 0;
	uplink_run(&u, 0.3);
	u.net.burst = 1;
	uplink_run(&u, 0.02);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	uplink_run(&u, 5);
	assert_true(since(&u, settled).dropped >= 10);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	assert_between(0, u.most_delay_us / 1e3, 160);
	assert_int_equal(since(&u, settled).lost, 0);
	uplink_run(&u, 60); /* slowly */
	uplink_run(&u, 5);
	assert_between(0, u.most_delay_us / 1e3, 45);
	uplink_finish(&u);
}

static void delay_is_trimmed_where_it_is_quiet(void **state)
{
	double after_ms[2];
	for (int quiet = 0; quiet < 2; quiet++) {
		struct uplink u;
		uplink_init(&u, &(struct uplink_network){.jitter_ms = 100});
		uplink_run(&u, 10);
		u.net.jitter_ms = 0;
		u.level = quiet ? 0 : UPLINK_LEVEL;
		uplink_run(&u, 20);
		uplink_run(&u, 1);
		after_ms[quiet] = u.most_delay_us / 1e3;
		uplink_finish(&u);
	}
	print_message(
		"# stored after 20 s: %.1f ms in silence, %.1f ms in sound\n", after_ms[1], after_ms[0]);
	assert_between(0, after_ms[1], 40);
	assert_true(after_ms[1] < after_ms[0]);
}

static void silence_is_no_loss(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){.jitter_ms = 5});
	uplink_run(&u, SETTLE_S);
	struct pf_microphone_stats settled = uplink_stats(&u);
	u.dtx = true;
	uplink_run(&u, 0.1);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	uplink_run(&u, 3);
	assert_between(0, uplink_peak(&u), 0);
	u.dtx = false;
	uplink_run(&u, 0.1);
	assert_between(0, uplink_step(&u), STEP_BRIDGE);
	uplink_run(&u, 2);
	assert_between(1, uplink_sounding(&u), 1);
	assert_int_equal(since(&u, settled).lost, 0);
	assert_int_equal(since(&u, settled).concealed, 0);
	assert_between(0, u.most_delay_us / 1e3, 35);
	uplink_finish(&u);
}

static void seq_wraps(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){.jitter_ms = 20});
	u.seq = UINT32_MAX - 500;
	uplink_run(&u, SETTLE_S);
	struct pf_microphone_stats settled = uplink_stats(&u);
	uplink_run(&u, 10);
	assert_true(u.seq < 1000);
	assert_int_equal(since(&u, settled).lost, 0);
	assert_int_equal(since(&u, settled).late, 0);
	assert_between(1, uplink_sounding(&u), 1);
	assert_between(0, uplink_step(&u), STEP_CLEAN);
	uplink_finish(&u);
}

static void a_sender_that_begins_anew_is_heard(void **state)
{
	/* From 300 to 0: a few are taken for late ones; the others are too far. */
	static const uint32_t to[] = {0, 200, 290, 5000, 4000000000u};
	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		struct uplink u;
		uplink_init(&u, &(struct uplink_network){0});
		uplink_run(&u, SETTLE_S);
		u.seq = to[i];
		uplink_run(&u, 0.3);
		assert_between(0, uplink_step(&u), STEP_BRIDGE);
		uplink_run(&u, 2);
		assert_between(1, uplink_sounding(&u), 1);
		assert_between(0, u.most_delay_us / 1e3, 40);
		uplink_finish(&u);
	}
}

static void who_begins_to_record_hears_now(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, SETTLE_S);
	/* Nobody pulls for a second while packets come. */
	int64_t end_ns = u.now_ns + 1000000000;
	static const uint8_t silence[1];
	for (; u.now_ns < end_ns; u.now_ns += 10000000)
		pf_mic_buffer_push(u.buffer, &(struct pf_audio_packet){u.seq++, 0, {silence, 0}}, u.now_ns);
	u.spoken_ns = u.now_ns;
	assert_int_equal(uplink_stats(&u).dropped, 100 - PF_MIC_QUEUE);
	uplink_run(&u, 2);
	assert_between(0, u.most_delay_us / 1e3, 30);
	uplink_run(&u, 1);
	assert_between(1, uplink_sounding(&u), 1);
	uplink_finish(&u);
}

static void malformed_packets_are_dropped(void **state)
{
	struct uplink u;
	uplink_init(&u, &(struct uplink_network){0});
	uplink_run(&u, 1);
	uint8_t bytes[PF_MIC_PACKET_BYTES_MAX + 1];
	memset(bytes, 0xFF, sizeof(bytes));
	for (uint32_t i = 0; i < 50; i++)
		pf_mic_buffer_push(u.buffer,
			&(struct pf_audio_packet){u.seq + i, 0, {bytes, i == 0 ? sizeof(bytes) : 2}},
			u.now_ns);
	assert_int_equal(uplink_stats(&u).malformed, 50);
	uplink_run(&u, 1);
	assert_between(1, uplink_sounding(&u), 1);
	assert_int_equal(uplink_stats(&u).lost, 0);
	uplink_finish(&u);
}

static void the_wildest_times_are_no_loss(void **state)
{
	static const uint64_t pts_ns[] = {0, UINT64_C(1) << 63, 0, UINT64_MAX, UINT64_C(1) << 62};
	static const uint8_t packet[] = {0x78, 0xFF, 0xFE}; /* 20 ms */
	struct pf_mic_buffer *b;
	struct pf_microphone_stats stats;
	float out[2 * 960];
	assert_int_equal(pf_mic_buffer_create(&b), PF_OK);
	int64_t now_ns = INT64_C(1000000000);
	pf_mic_buffer_pull(b, out, 960, now_ns); /* somebody records */
	for (uint32_t i = 0; i < 100; i++) {
		now_ns += INT64_C(20000000);
		pf_mic_buffer_push(
			b, &(struct pf_audio_packet){i, pts_ns[i % 5], {packet, sizeof(packet)}}, now_ns);
		pf_mic_buffer_pull(b, out, 960, now_ns);
	}
	pf_mic_buffer_stats(b, &stats);
	assert_int_equal(stats.packets, 100);
	assert_int_equal(stats.lost + stats.late + stats.dropped + stats.malformed, 0);
	pf_mic_buffer_destroy(b);
}

#define THREAD_PACKETS 20000
#define AHEAD          3 /* packets that the one thread may be before the other */

struct two {
	struct pf_mic_buffer *buffer;
	_Atomic uint32_t pushed, pulled;
};

static int64_t packet_time_ns(uint32_t i)
{
	return INT64_C(1000000000) + i * INT64_C(10000000);
}

static void *push_many(void *user)
{
	static const uint8_t packet[] = {0x70, 0xFF, 0xFE}; /* 10 ms */
	struct two *t = user;
	for (uint32_t i = 0; i < THREAD_PACKETS; i++) {
		while (i >= t->pulled + AHEAD)
			sched_yield();
		pf_mic_buffer_push(t->buffer,
			&(struct pf_audio_packet){i, 0, {packet, i % 7 ? sizeof(packet) : 0}},
			packet_time_ns(i));
		t->pushed = i + 1;
	}
	return NULL;
}

static void two_threads(void **state)
{
	struct two t = {0};
	pthread_t thread;
	float out[2 * 480];
	struct pf_microphone_stats s;
	assert_int_equal(pf_mic_buffer_create(&t.buffer), PF_OK);
	assert_int_equal(pthread_create(&thread, NULL, push_many, &t), 0);
	for (uint32_t i = 0; i < THREAD_PACKETS; i++) {
		while (t.pushed <= i)
			sched_yield();
		pf_mic_buffer_pull(t.buffer, out, 480, packet_time_ns(i));
		t.pulled = i + 1;
	}
	pthread_join(thread, NULL);
	pf_mic_buffer_stats(t.buffer, &s);
	assert_int_equal(s.packets, THREAD_PACKETS);
	assert_int_equal(s.late + s.lost + s.malformed, 0);
	/* The first pull drops what it finds. */
	assert_in_range(s.dropped, 0, AHEAD);
	pf_mic_buffer_destroy(t.buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_every_length),
		cmocka_unit_test(stereo_and_slow_recorders),
		cmocka_unit_test(jitter_is_waited_for),
		cmocka_unit_test(packets_out_of_order_and_twice),
		cmocka_unit_test(packets_two_at_a_time),
		cmocka_unit_test(clocks_that_differ),
		cmocka_unit_test(lost_packets_are_concealed),
		cmocka_unit_test(a_lot_of_loss_clicks_no_more),
		cmocka_unit_test(the_successor_tells_what_was_lost),
		cmocka_unit_test(concealment_ends_in_silence),
		cmocka_unit_test(a_pause_leaves_no_delay),
		cmocka_unit_test(short_pauses_are_no_jitter),
		cmocka_unit_test(a_hole_in_the_network_leaves_no_delay),
		cmocka_unit_test(delay_is_trimmed_where_it_is_quiet),
		cmocka_unit_test(silence_is_no_loss),
		cmocka_unit_test(seq_wraps),
		cmocka_unit_test(a_sender_that_begins_anew_is_heard),
		cmocka_unit_test(who_begins_to_record_hears_now),
		cmocka_unit_test(malformed_packets_are_dropped),
		cmocka_unit_test(the_wildest_times_are_no_loss),
		cmocka_unit_test(two_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
