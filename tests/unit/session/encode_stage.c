#include "session/encode_stage.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"

#define HZ         60
#define UNITS_SEEN 8
#define WAIT_NS    (20 * INT64_C(1000000000))
#define FEC        10

/* An encode stage between a mailbox and a real sender to a socket of our own. */
struct bench {
	struct pf_mailbox mailbox;
	struct pf_encoder *encoder;
	struct pf_encode_control control;
	struct pf_encode_stage *stage;
	struct pf_sender *sender;
	int client;
	struct pf_frame frame;

	/* Written by the send thread, published by `sent`. */
	struct pf_stamps stamps[UNITS_SEEN];
	size_t bytes[UNITS_SEEN];
	bool repeat[UNITS_SEEN];
	_Atomic unsigned sent, ended;
};

static void handle_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct bench *b = user;
	unsigned n = atomic_load(&b->sent);
	if (n == UNITS_SEEN)
		return;
	b->stamps[n] = *stamps;
	b->bytes[n] = unit->len;
	b->repeat[n] = unit->repeat;
	atomic_store(&b->sent, n + 1);
}

static void handle_ended(void *user, const struct pf_reason *reason)
{
	struct bench *b = user;
	assert_string_equal(reason->text, "");
	atomic_fetch_add(&b->ended, 1);
}

static void handle_release(struct pf_frame *frame, void *owner)
{
}

static void wait_for(const _Atomic unsigned *count, unsigned at_least)
{
	int64_t deadline = pf_now_ns() + WAIT_NS;
	while (atomic_load(count) < at_least) {
		if (pf_now_ns() > deadline)
			fail_msg("waited in vain");
		pf_sleep_until_ns(pf_now_ns() + 1000000);
	}
}

static void open_link(struct bench *b)
{
	static const uint8_t key[16] = {1, 2, 3};
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(local);
	struct pf_sender_params params = {
		.key = key,
		.shard_payload = 1408,
		.fec_percent = FEC,
		.bitrate_kbps = 20000,
		.refresh_hz = HZ,
		.on_sent = handle_sent,
		.user = b,
	};
	assert_int_equal(pf_udp_open(&params.fd, (struct sockaddr *)&local, NULL), PF_OK);
	assert_int_equal(pf_sender_create(&b->sender, &params), PF_OK);
	b->client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(b->client >= 0);
	assert_int_equal(bind(b->client, (struct sockaddr *)&local, sizeof(local)), 0);
	assert_int_equal(getsockname(b->client, (struct sockaddr *)&local, &len), 0);
	assert_int_equal(pf_sender_start(b->sender, (struct sockaddr *)&local), PF_OK);
}

static void start_stage(struct bench *b, uint32_t encoder_kbps, uint32_t max_frames)
{
	struct pf_encode_stage_params params = {
		.encoder = b->encoder,
		.rate = pf_encode_rate(encoder_kbps, FEC),
		.mailbox = &b->mailbox,
		.sender = b->sender,
		.control = &b->control,
		.refresh_hz = HZ,
		.max_frames = max_frames,
		.on_ended = handle_ended,
		.user = b,
	};
	assert_int_equal(pf_encode_stage_start(&b->stage, &params), PF_OK);
}

/* With an encoder opened at encoder_kbps while the session already wants wanted_kbps. */
static void start(struct bench *b, uint32_t encoder_kbps, uint32_t wanted_kbps)
{
	struct pf_encoder_params encoder = {
		.codec = PF_CODEC_H264, .mode = {640, 480, HZ}, .bitrate_kbps = encoder_kbps};
	memset(b, 0, sizeof(*b));
	open_link(b);
	pf_mailbox_init(&b->mailbox);
	assert_int_equal(pf_encoder_open(&b->encoder, "dummy", &encoder, NULL), PF_OK);
	atomic_store(&b->control.rate, pf_encode_rate(wanted_kbps, FEC));
	start_stage(b, encoder_kbps, 0);
}

/* One picture that took 5 ms from its source to the mailbox. */
static void show_picture(struct bench *b)
{
	b->frame = (struct pf_frame){.on_release = handle_release, .full_damage = true};
	atomic_store(&b->frame.refs, 1);
	b->frame.stamps.capture_us = 5000;
	b->frame.stamps.capture_ns = pf_now_ns() - 5000000;
	pf_mailbox_put(&b->mailbox, &b->frame);
}

static void stop(struct bench *b)
{
	pf_encode_stage_stop(b->stage);
	pf_encoder_close(b->encoder);
	pf_mailbox_finish(&b->mailbox);
	pf_sender_destroy(b->sender);
	close(b->client);
}

static void a_repeat_was_never_captured_nor_queued(void **state)
{
	struct bench b;
	start(&b, 8000, 8000);
	show_picture(&b);
	wait_for(&b.sent, 3);
	stop(&b);
	assert_false(b.repeat[0]);
	assert_int_equal(b.stamps[0].capture_us, 5000);
	for (int i = 1; i < 3; i++) {
		assert_true(b.repeat[i]);
		assert_int_equal(b.stamps[i].capture_us + b.stamps[i].queue_us, 0);
	}
}

static void a_rate_that_changed_while_the_encoder_was_opened_takes_effect(void **state)
{
	struct bench b;
	start(&b, 8000, 16000);
	show_picture(&b);
	wait_for(&b.sent, 2);
	stop(&b);
	assert_int_equal(b.bytes[1], 16000 * 125 / HZ);
}

static void the_length_of_a_session_counts_over_pipelines(void **state)
{
	struct bench b;
	start(&b, 8000, 8000);
	show_picture(&b);
	wait_for(&b.sent, 2);
	pf_encode_stage_stop(b.stage);
	uint32_t before = b.control.next_frame_index;
	start_stage(&b, 8000, before + 2);
	show_picture(&b);
	wait_for(&b.ended, 1);
	stop(&b);
	assert_int_equal(b.control.next_frame_index, before + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeat_was_never_captured_nor_queued),
		cmocka_unit_test(a_rate_that_changed_while_the_encoder_was_opened_takes_effect),
		cmocka_unit_test(the_length_of_a_session_counts_over_pipelines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
