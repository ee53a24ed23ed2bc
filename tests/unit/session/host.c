#include "session/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/log.h"
#include "peer.h"
#include "proto/native/pairing.h"
#include "session/fec_law.h"
#include "support/vectors.h"

static const struct pf_host_params open_host = {
	.open = true,
	.max_sessions = 4,
	.keep_display_ms = 2000,
	.fec_percent = PF_FEC_ADAPTIVE,
};

static void expect_refusal(struct peer *c, uint64_t code, const char *word)
{
	place_wait(c->place, &c->closed);
	assert_int_equal(c->close.origin, PF_CLOSED_BY_PEER);
	assert_int_equal(c->close.code, code);
	if (!strstr(c->close.reason, word))
		fail_msg("'%s' lacks '%s'", c->close.reason, word);
	assert_false(c->welcomed);
	peer_finish(c, PF_CLOSE_NORMAL);
}

static void unpaired_clients_are_refused_with_the_typed_close(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer c;
	struct pf_hello h = peer_hello();
	params.open = false;
	place_start(&p, &params);
	peer_connect(&c, &p, false);
	peer_send_hello(&c, &h);
	expect_refusal(&c, PF_CLOSE_IDENTITY_REQUIRED, "identity");
	place_stop(&p);
}

static void a_bad_hello_is_refused_with_its_reason(void **state)
{
	struct place p;
	struct peer c;
	struct pf_hello h = peer_hello();
	place_start(&p, &open_host);

	peer_connect(&c, &p, true);
	peer_send(&c, "PKF1 nonsense", 13);
	expect_refusal(&c, PF_CLOSE_SETUP_FAILED, "Hello");

	peer_connect(&c, &p, true);
	h.abi_version = 1;
	peer_send_hello(&c, &h);
	expect_refusal(&c, PF_CLOSE_WIRE_VERSION, "version 2");

	static const struct pf_mode bad[] = {{0, 0, 60}, {318, 720, 60}, {1281, 720, 60}, {7682, 720, 60},
		{1280, 198, 60}, {1280, 4322, 60}, {1280, 720, 0}, {1280, 720, 241},
		{UINT32_MAX, UINT32_MAX, UINT32_MAX}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		h = peer_hello();
		h.mode = bad[i];
		peer_connect(&c, &p, false);
		peer_send_hello(&c, &h);
		expect_refusal(&c, PF_CLOSE_SETUP_FAILED, "320..7680");
	}

	h = peer_hello();
	h.video_codecs = PF_CODEC_PYROWAVE;
	peer_connect(&c, &p, false);
	peer_send_hello(&c, &h);
	expect_refusal(&c, PF_CLOSE_SETUP_FAILED, "codec");
	place_stop(&p);
}

static void pairing_is_refused_while_no_window_is_open(void **state)
{
	struct place p;
	struct peer c;
	uint8_t buf[PF_PAIR_BYTES_MAX], spake[PF_PAIR_SPAKE_BYTES] = {0x41};
	struct pf_pair_message m = {.type = PF_PAIR_REQUEST};
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	m.request.spake.data = spake;
	m.request.spake.len = sizeof(spake);
	pf_pair_write(&w, &m);
	assert_false(w.failed);
	place_start(&p, &open_host);
	peer_connect(&c, &p, true);
	peer_send(&c, buf, w.len);
	expect_refusal(&c, PF_CLOSE_NOT_ARMED, "pairing");
	peer_connect(&c, &p, false);
	peer_send(&c, buf, w.len);
	expect_refusal(&c, PF_CLOSE_IDENTITY_REQUIRED, "certificate");
	place_stop(&p);
}

static void open_stream(struct peer *c, struct place *p, bool identified)
{
	struct pf_hello h = peer_hello();
	peer_connect(c, p, identified);
	peer_send_hello(c, &h);
	place_wait(p, &c->welcomed);
	peer_start(c);
	place_wait_count(p, &c->units, 3);
}

static void frames_arrive_whole_and_timed(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer c;
	params.max_frames = 60;
	place_start(&p, &params);
	open_stream(&c, &p, true);
	assert_int_equal(c.welcome.mode.width_px, 1280);
	assert_int_equal(c.welcome.frames, 60);
	place_wait(&p, &c.closed); /* the host says done */
	assert_int_equal(c.close.code, PF_CLOSE_NORMAL);
	assert_int_equal(c.units, 60);
	assert_int_equal(c.keys, 1);
	assert_int_equal(c.mismatched + c.lost, 0);
	assert_in_range(c.timings, 50, 60);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
}

static void control_messages_are_answered(void **state)
{
	struct place p;
	struct peer c;
	place_start(&p, &open_host);
	open_stream(&c, &p, true);

	peer_send_control(&c, &(struct pf_control){.type = PF_CONTROL_CLOCK_PROBE, .clock_probe = {77}});
	place_wait_count(&p, &c.control_count[PF_CONTROL_CLOCK_ECHO], 1);
	assert_true(c.control[PF_CONTROL_CLOCK_ECHO].clock_echo.t1_ns == 77);
	assert_true(c.control[PF_CONTROL_CLOCK_ECHO].clock_echo.t3_ns >=
		    c.control[PF_CONTROL_CLOCK_ECHO].clock_echo.t2_ns);

	peer_send_control(&c, &(struct pf_control){.type = PF_CONTROL_SET_BITRATE, .set_bitrate = {100}});
	place_wait_count(&p, &c.control_count[PF_CONTROL_BITRATE_CHANGED], 1);
	assert_int_equal(c.control[PF_CONTROL_BITRATE_CHANGED].bitrate_changed.kbps, 500);
	assert_true(c.control[PF_CONTROL_BITRATE_CHANGED].bitrate_changed.has_reason);

	place_run(&p, 800); /* past the first IDR's cooldown */
	unsigned keys = c.keys;
	peer_send_control(&c, &(struct pf_control){.type = PF_CONTROL_REQUEST_KEYFRAME});
	place_wait_count(&p, &c.keys, keys + 1);

	place_run(&p, 1100); /* a new episode: the cooldown is short again */
	keys = c.keys;
	peer_send_control(&c, &(struct pf_control){.type = PF_CONTROL_RFI_REQUEST, .rfi_request = {1, 2}});
	place_wait_count(&p, &c.keys, keys + 1);
	peer_send_control(&c, &(struct pf_control){.type = PF_CONTROL_LOSS_REPORT, .loss_report = {100000}});

	struct pf_control probe = {.type = PF_CONTROL_PROBE_REQUEST, .probe_request = {20000, 200}};
	peer_send_control(&c, &probe);
	place_wait_count(&p, &c.control_count[PF_CONTROL_PROBE_RESULT], 1);
	assert_true(c.control[PF_CONTROL_PROBE_RESULT].probe_result.bytes_sent > 100000);
	peer_send_control(&c, &probe); /* too soon: no answer */
	place_run(&p, 400);
	assert_int_equal(c.control_count[PF_CONTROL_PROBE_RESULT], 1);
	peer_finish(&c, PF_CLOSE_QUIT);
	assert_int_equal(c.mismatched + c.lost, 0);
	assert_true(c.stats.probe_units > 0);
	place_stop(&p);
}

static void the_mode_changes_in_mid_stream(void **state)
{
	struct place p;
	struct peer c;
	struct pf_control wish = {.type = PF_CONTROL_RECONFIGURE, .reconfigure = {{1920, 1080, 60}}};
	place_start(&p, &open_host);
	open_stream(&c, &p, true);
	peer_send_control(&c, &wish);
	peer_send_control(&c, &wish); /* too soon */
	place_wait_count(&p, &c.control_count[PF_CONTROL_RECONFIGURED], 2);
	assert_false(c.control[PF_CONTROL_RECONFIGURED].reconfigured.accepted);
	place_wait_count(&p, &c.keys, 2); /* the first picture of the new mode */
	assert_int_equal(c.mismatched + c.lost, 0);

	place_run(&p, 600);
	wish.reconfigure.mode.width_px = 17;
	peer_send_control(&c, &wish);
	place_wait_count(&p, &c.control_count[PF_CONTROL_RECONFIGURED], 3);
	assert_false(c.control[PF_CONTROL_RECONFIGURED].reconfigured.accepted);
	assert_int_equal(c.control[PF_CONTROL_RECONFIGURED].reconfigured.mode.width_px, 1920);
	unsigned units = c.units;
	place_wait_count(&p, &c.units, units + 10);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
}

/* It has taken its decoder down for the new mode, so it needs a picture that stands alone. */
static void a_change_to_the_same_mode_begins_with_an_idr_too(void **state)
{
	struct place p;
	struct peer c;
	struct pf_control wish = {.type = PF_CONTROL_RECONFIGURE, .reconfigure = {{1280, 720, 120}}};
	place_start(&p, &open_host);
	open_stream(&c, &p, true);
	unsigned keys = c.keys;
	peer_send_control(&c, &wish);
	place_wait_count(&p, &c.control_count[PF_CONTROL_RECONFIGURED], 1);
	assert_true(c.control[PF_CONTROL_RECONFIGURED].reconfigured.accepted);
	place_wait_count(&p, &c.keys, keys + 1);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
}

static void a_device_that_connects_again_replaces_its_older_session(void **state)
{
	struct place p;
	struct peer older, newer;
	place_start(&p, &open_host);
	open_stream(&older, &p, true);
	struct pf_hello h = peer_hello();
	peer_connect_as(&newer, &p, older.identity);
	peer_send_hello(&newer, &h);
	place_wait(&p, &older.closed);
	assert_int_equal(older.close.code, PF_CLOSE_SUPERSEDED);
	place_wait(&p, &newer.welcomed);
	peer_finish(&newer, PF_CLOSE_QUIT);
	peer_finish(&older, PF_CLOSE_NORMAL);
	place_stop(&p);
}

static void further_clients_wait_for_a_place(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer first, second;
	struct pf_hello h = peer_hello();
	params.max_sessions = 1;
	place_start(&p, &params);
	open_stream(&first, &p, false);
	peer_connect(&second, &p, false);
	peer_send_hello(&second, &h);
	place_run(&p, 500);
	assert_false(second.welcomed || second.closed);
	peer_finish(&first, PF_CLOSE_QUIT);
	place_wait(&p, &second.welcomed);
	peer_finish(&second, PF_CLOSE_QUIT);
	place_stop(&p);
}

static void waiting_clients_get_their_turn_in_order(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer c[4];
	struct pf_hello h = peer_hello();
	params.max_sessions = 1;
	place_start(&p, &params);
	open_stream(&c[0], &p, false);
	for (int i = 1; i < 4; i++) {
		peer_connect(&c[i], &p, false);
		peer_send_hello(&c[i], &h);
		place_run(&p, 100);
	}
	peer_finish(&c[1], PF_CLOSE_NORMAL); /* gives up */
	peer_finish(&c[0], PF_CLOSE_QUIT);
	place_wait(&p, &c[2].welcomed);
	place_run(&p, 100);
	assert_false(c[3].welcomed || c[3].closed);
	peer_finish(&c[2], PF_CLOSE_QUIT);
	place_wait(&p, &c[3].welcomed);
	peer_finish(&c[3], PF_CLOSE_QUIT);
	place_stop(&p);
}

static void a_device_that_comes_back_keeps_its_place(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer older, newer, waiting;
	struct pf_hello h = peer_hello();
	params.max_sessions = 1;
	place_start(&p, &params);
	open_stream(&older, &p, true);
	peer_connect(&waiting, &p, false);
	peer_send_hello(&waiting, &h);
	place_run(&p, 100);
	peer_connect_as(&newer, &p, older.identity);
	peer_send_hello(&newer, &h);
	place_wait(&p, &newer.welcomed);
	assert_false(waiting.welcomed || waiting.closed);
	peer_finish(&newer, PF_CLOSE_QUIT);
	place_wait(&p, &waiting.welcomed);
	peer_finish(&waiting, PF_CLOSE_QUIT);
	peer_finish(&older, PF_CLOSE_NORMAL);
	place_stop(&p);
}

static void four_clients_stream_at_once(void **state)
{
	struct place p;
	struct peer c[4];
	place_start(&p, &open_host);
	for (int i = 0; i < 4; i++)
		open_stream(&c[i], &p, i % 2 == 0);
	for (int i = 0; i < 4; i++)
		place_wait_count(&p, &c[i].units, 30);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(c[i].mismatched, 0);
		peer_finish(&c[i], PF_CLOSE_QUIT);
	}
	place_stop(&p);
}

static void random_bytes_do_not_disturb_a_stream(void **state)
{
	struct place p;
	struct peer c;
	uint64_t seed = 7;
	uint8_t junk[64];
	place_start(&p, &open_host);
	open_stream(&c, &p, true);
	for (int i = 0; i < 2000; i++) {
		random_fill(&seed, junk, sizeof(junk));
		size_t len = 1 + junk[0] % (sizeof(junk) - 1);
		if (i % 2 == 0 && len >= 5) { /* a plausible head, so that the fields are reached */
			memcpy(junk, "PKFc", 4);
			/* Both would be obeyed: pictures of another size, or of many megabytes. */
			if (junk[4] == PF_CONTROL_RECONFIGURE || junk[4] == PF_CONTROL_SET_BITRATE)
				junk[4] = 0;
		}
		peer_send(&c, junk, len);
		if (c.quic)
			pf_quic_datagram_send(c.quic, junk, len);
		send(c.media_fd, junk, len, 0);
		if (i % 50 == 0)
			place_run(&p, 1);
	}
	unsigned units = c.units;
	place_wait_count(&p, &c.units, units + 10);
	assert_false(c.closed);
	assert_int_equal(c.mismatched, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
}

static void a_client_that_leaves_at_any_point_leaves_nothing(void **state)
{
	struct place p;
	struct peer c;
	struct pf_hello h = peer_hello();
	place_start(&p, &open_host);
	for (int step = 0; step < 5; step++) {
		peer_connect(&c, &p, step % 2 == 0);
		if (step > 0)
			peer_send_hello(&c, &h);
		if (step > 1)
			place_wait(&p, &c.welcomed);
		if (step > 2)
			peer_start(&c);
		if (step > 3)
			place_wait_count(&p, &c.units, 1);
		peer_finish(&c, PF_CLOSE_NORMAL);
	}
	place_stop(&p); /* fails when a handle is left in the loop */
}

static void a_host_that_ends_tells_every_client_whatever_it_does(void **state)
{
	struct pf_host_params params = open_host;
	struct place p;
	struct peer c[7];
	struct pf_hello h = peer_hello();
	struct pf_control wish = {.type = PF_CONTROL_RECONFIGURE, .reconfigure = {{1920, 1080, 60}}};
	struct pf_control probe = {.type = PF_CONTROL_PROBE_REQUEST, .probe_request = {20000, 5000}};
	params.max_sessions = 4;
	place_start(&p, &params);
	for (int i = 2; i < 6; i++) { /* 2: has its Welcome; 3: streams; 4: changes its mode; 5: speed test */
		peer_connect(&c[i], &p, i % 2 == 0);
		peer_send_hello(&c[i], &h);
		place_wait(&p, &c[i].welcomed);
		if (i > 2) {
			peer_start(&c[i]);
			place_wait_count(&p, &c[i].units, 1);
		}
	}
	peer_connect(&c[6], &p, false); /* waits for a place */
	peer_send_hello(&c[6], &h);
	place_run(&p, 100);
	peer_connect(&c[0], &p, true); /* says nothing */
	peer_send_control(&c[4], &wish);
	peer_send_control(&c[5], &probe);
	peer_connect(&c[1], &p, true);
	peer_send_hello(&c[1], &h); /* perhaps not even read */
	place_end_host(&p);
	for (int i = 0; i < 7; i++) {
		place_wait(&p, &c[i].closed);
		assert_int_equal(c[i].close.origin, PF_CLOSED_BY_PEER);
		assert_int_equal(c[i].close.code, PF_CLOSE_HOST_POWER);
		peer_finish(&c[i], PF_CLOSE_NORMAL);
	}
	place_stop(&p);
}

/* Each of these is cheap for the client; none may grow, block or end anything. */
static void floods_of_wishes_do_not_disturb_a_stream(void **state)
{
	struct place p;
	struct peer c;
	static const struct pf_control flood[] = {
		{.type = PF_CONTROL_SET_BITRATE, .set_bitrate = {4000}},
		{.type = PF_CONTROL_SET_BITRATE, .set_bitrate = {0}},
		{.type = PF_CONTROL_LOSS_REPORT, .loss_report = {UINT32_MAX}},
		{.type = PF_CONTROL_LOSS_REPORT, .loss_report = {0}},
		{.type = PF_CONTROL_CLOCK_PROBE, .clock_probe = {1}},
		{.type = PF_CONTROL_REQUEST_KEYFRAME},
		{.type = PF_CONTROL_RFI_REQUEST, .rfi_request = {UINT32_MAX, 0}},
		{.type = PF_CONTROL_RECONFIGURE, .reconfigure = {{640, 480, 60}}},
		{.type = PF_CONTROL_RECONFIGURE, .reconfigure = {{1280, 720, 120}}},
		{.type = PF_CONTROL_PROBE_REQUEST, .probe_request = {UINT32_MAX, 20}},
		{.type = PF_CONTROL_DELIVERY_REPORT, .delivery_report = {UINT64_MAX}},
		{.type = PF_CONTROL_SET_DELIVERY, .set_delivery = {0xff}},
	};
	const unsigned count = sizeof(flood) / sizeof(flood[0]), rounds = 1500;
	place_start(&p, &open_host);
	open_stream(&c, &p, true);
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned k = 0; k < count; k++)
			peer_send_control(&c, &flood[k]);
		place_run(&p, i % 20 == 0);
	}
	/* Everything was answered but what is answered once. */
	place_wait_count(&p, &c.control_count[PF_CONTROL_CLOCK_ECHO], rounds);
	place_wait_count(&p, &c.control_count[PF_CONTROL_BITRATE_CHANGED], 2 * rounds);
	assert_int_equal(c.control_count[PF_CONTROL_BITRATE_CHANGED], 2 * rounds);
	assert_in_range(c.control[PF_CONTROL_BITRATE_CHANGED].bitrate_changed.kbps, 4000, 20000);
	assert_int_equal(c.control_count[PF_CONTROL_PROBE_RESULT], 1);
	unsigned units = c.units;
	place_wait_count(&p, &c.units, units + 10);
	assert_int_equal(c.mismatched, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
}

int main(void)
{
	pf_log_set_level(PF_LOG_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpaired_clients_are_refused_with_the_typed_close),
		cmocka_unit_test(a_bad_hello_is_refused_with_its_reason),
		cmocka_unit_test(pairing_is_refused_while_no_window_is_open),
		cmocka_unit_test(frames_arrive_whole_and_timed),
		cmocka_unit_test(control_messages_are_answered),
		cmocka_unit_test(the_mode_changes_in_mid_stream),
		cmocka_unit_test(a_change_to_the_same_mode_begins_with_an_idr_too),
		cmocka_unit_test(a_device_that_connects_again_replaces_its_older_session),
		cmocka_unit_test(further_clients_wait_for_a_place),
		cmocka_unit_test(waiting_clients_get_their_turn_in_order),
		cmocka_unit_test(a_device_that_comes_back_keeps_its_place),
		cmocka_unit_test(four_clients_stream_at_once),
		cmocka_unit_test(random_bytes_do_not_disturb_a_stream),
		cmocka_unit_test(a_host_that_ends_tells_every_client_whatever_it_does),
		cmocka_unit_test(floods_of_wishes_do_not_disturb_a_stream),
		cmocka_unit_test(a_client_that_leaves_at_any_point_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
