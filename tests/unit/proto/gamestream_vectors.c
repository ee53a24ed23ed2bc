/* The bytes of gamestream-control.json and gamestream-pairing.json against the parsers and writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "proto/gamestream/control.h"
#include "proto/gamestream/input.h"
#include "proto/gamestream/pairing.h"
#include "proto/gamestream/rtsp.h"
#include "support/vectors.h"

static json_t *control;

static int load(void **state)
{
	control = vectors_load("gamestream-control.json");
	return 0;
}

static int unload(void **state)
{
	json_decref(control);
	return 0;
}

static void init_channel(struct pf_gs_channel *c, bool legacy, uint32_t seq)
{
	uint8_t key[16];
	assert_true(pf_hex_decode(key, 16, vectors_string(control, "rikey")));
	*c = (struct pf_gs_channel){.legacy = legacy, .next_seq = seq};
	pf_gs_gcm_init(&c->key, key);
}

static bool is_from_client(const json_t *e)
{
	return strcmp(vectors_string(e, "direction"), "client->host") == 0;
}

static void check_opening(struct pf_gs_channel *c, const json_t *e)
{
	size_t wire_len, text_len, wanted_len;
	uint32_t seq;
	uint8_t text[PF_GS_CONTROL_TEXT_MAX];
	uint8_t *wire = vectors_bytes(e, "wire", &wire_len),
		*wanted = vectors_bytes(e, "plaintext", &wanted_len);
	assert_int_equal(pf_gs_envelope_open(c, wire, wire_len, text, &text_len, &seq), PF_OK);
	assert_int_equal(seq, vectors_number(e, "seq"));
	assert_int_equal(text_len, wanted_len);
	assert_memory_equal(text, wanted, wanted_len);
	struct pf_gs_message m;
	assert_int_equal(pf_gs_message_read(&m, text, text_len), PF_OK);
	assert_int_not_equal(m.kind, PF_GS_UNKNOWN);
	struct pf_gs_input in;
	if (m.kind == PF_GS_INPUT)
		assert_int_equal(pf_gs_input_read(&in, m.input.data, m.input.len), PF_OK);

	for (size_t i = 0; i < wire_len; i++) {
		uint8_t *copy = malloc(wire_len);
		memcpy(copy, wire, wire_len);
		assert_true(pf_gs_envelope_open(c, wire, i, text, &text_len, &seq) < 0);
		copy[i] ^= 0x10;
		/* The older scheme uses one byte of the sequence only. */
		if (!c->legacy || i < 5 || i > 7)
			assert_true(pf_gs_envelope_open(c, copy, wire_len, text, &text_len, &seq) < 0);
		free(copy);
	}
	free(wire);
	free(wanted);
}

static void check_sealing(struct pf_gs_channel *c, const json_t *e)
{
	size_t wire_len, text_len;
	uint8_t out[PF_GS_CONTROL_MAX];
	uint8_t *wire = vectors_bytes(e, "wire", &wire_len), *text = vectors_bytes(e, "plaintext", &text_len);
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_gs_envelope_seal(&w, c, text, text_len);
	assert_false(w.failed);
	assert_int_equal(w.len, wire_len);
	assert_memory_equal(out, wire, wire_len);
	free(wire);
	free(text);
}

static void check_entries(const char *name, bool legacy)
{
	size_t i;
	json_t *e;
	json_array_foreach(vectors_get(control, name), i, e)
	{
		struct pf_gs_channel c;
		init_channel(&c, legacy, (uint32_t)vectors_number(e, "seq"));
		if (is_from_client(e))
			check_opening(&c, e);
		else
			check_sealing(&c, e);
	}
}

static void test_current_envelopes(void **state)
{
	check_entries("control_v2", false);
}

static void test_legacy_envelopes(void **state)
{
	check_entries("control_legacy", true);
}

static const json_t *find(const char *name)
{
	size_t i;
	json_t *e;
	json_array_foreach(vectors_get(control, "control_v2"), i, e)
	{
		if (!strcmp(vectors_string(e, "name"), name))
			return e;
	}
	fail_msg("no vector %s", name);
	return NULL;
}

static void write_triggers(struct pf_wr *w)
{
	struct pf_gs_triggers t = {.flags = 12, .left_type = 0x26, .right_type = 0x26};
	size_t len;
	uint8_t *payload = vectors_bytes(find("adaptive-triggers"), "payload", &len);
	t.left_type = payload[3];
	t.right_type = payload[4];
	memcpy(t.left, payload + 5, 10);
	memcpy(t.right, payload + 15, 10);
	free(payload);
	pf_gs_write_adaptive_triggers(w, 0, &t);
}

static void write_hdr(struct pf_wr *w)
{
	const struct pf_gs_hdr hdr = {.enabled = true,
		.red = {35400, 14600},
		.green = {8500, 39850},
		.blue = {6550, 2300},
		.white = {15635, 16450},
		.max_luminance = 1000,
		.min_luminance = 50,
		.max_content = 1000,
		.max_frame_average = 400,
		.max_full_frame = 0};
	pf_gs_write_hdr(w, &hdr);
}

static void check_plain(const char *name, const struct pf_wr *w)
{
	size_t len;
	uint8_t *wanted = vectors_bytes(find(name), "plaintext", &len);
	assert_int_equal(w->len, len);
	/* The first four bytes of rumble mean nothing; everything else is compared. */
	if (!strcmp(name, "rumble"))
		memcpy(wanted + 4, w->start + 4, 4);
	assert_memory_equal(w->start, wanted, len);
	free(wanted);
}

#define CHECK(name, call)                                      \
	do {                                                   \
		uint8_t out[64];                               \
		struct pf_wr w = pf_wr_init(out, sizeof(out)); \
		call;                                          \
		check_plain(name, &w);                         \
	} while (0)

static void test_messages_of_the_host(void **state)
{
	CHECK("rumble", pf_gs_write_rumble(&w, 0, 0x8000, 0x4000));
	CHECK("trigger-rumble", pf_gs_write_trigger_rumble(&w, 1, 0x1111, 0xffff));
	CHECK("motion-enable-gyro-100", pf_gs_write_motion_request(&w, 0, 100, 2));
	CHECK("rgb-led", pf_gs_write_led(&w, 0, 255, 128, 1));
	CHECK("adaptive-triggers", write_triggers(&w));
	CHECK("hdr-off", pf_gs_write_hdr(&w, &(struct pf_gs_hdr){0}));
	CHECK("hdr-on", write_hdr(&w));
	CHECK("termination-graceful", pf_gs_write_termination(&w, PF_GS_END_NORMAL));
	CHECK("termination-frame-conversion", pf_gs_write_termination(&w, PF_GS_END_CONVERT));
}

static struct pf_gs_message open_message(const char *name, uint8_t text[PF_GS_CONTROL_TEXT_MAX])
{
	struct pf_gs_message m;
	size_t len;
	uint8_t *plain = vectors_bytes(find(name), "plaintext", &len);
	memcpy(text, plain, len);
	free(plain);
	assert_int_equal(pf_gs_message_read(&m, text, len), PF_OK);
	return m;
}

static struct pf_gs_input open_input(const char *name)
{
	uint8_t text[PF_GS_CONTROL_TEXT_MAX];
	struct pf_gs_message m = open_message(name, text);
	struct pf_gs_input in;
	assert_int_equal(m.kind, PF_GS_INPUT);
	assert_int_equal(pf_gs_input_read(&in, m.input.data, m.input.len), PF_OK);
	for (size_t i = 0; i < m.input.len; i++) {
		struct pf_gs_input cut;
		assert_true(pf_gs_input_read(&cut, m.input.data, i) < 0);
	}
	return in;
}

static void test_keys_and_pointer(void **state)
{
	struct pf_gs_input in = open_input("input-key-down-A");
	assert_true(in.kind == PF_GS_KEY && in.key.down && in.key.vk == 0x41 &&
		    in.key.modifiers == PF_GS_MOD_SHIFT);
	in = open_input("input-mouse-rel");
	assert_true(in.kind == PF_GS_MOVE && in.move.dx == 5 && in.move.dy == -3);
	in = open_input("input-mouse-abs");
	assert_true(
		in.place.x == 640 && in.place.y == 360 && in.place.width == 1279 && in.place.height == 719);
	in = open_input("input-button-x2-up");
	assert_true(in.kind == PF_GS_BUTTON && !in.button.down && in.button.button == 5);
	in = open_input("input-scroll-up");
	assert_true(in.kind == PF_GS_SCROLL && !in.scroll.horizontal && in.scroll.amount == 120);
	in = open_input("input-hscroll-left-fine");
	assert_true(in.scroll.horizontal && in.scroll.amount == -15);
	in = open_input("input-utf8-euro");
	assert_true(in.kind == PF_GS_TEXT && in.text.len == 3 && !memcmp(in.text.bytes, "\xe2\x82\xac", 3));
	assert_int_equal(open_input("input-haptics-enable").kind, PF_GS_HAPTICS);
}

static void test_pads_touch_and_pen(void **state)
{
	struct pf_gs_input in = open_input("input-multi-controller");
	assert_true(
		in.kind == PF_GS_PAD && in.pad.pad == 0 && in.pad.mask == 1 && in.pad.buttons == 0x101001);
	assert_true(in.pad.lt == 0x10 && in.pad.rt == 0xff && in.pad.lx == -32768 && in.pad.ly == 32767 &&
		    in.pad.rx == 1 && in.pad.ry == -2);
	in = open_input("input-multi-controller-remove");
	assert_true(in.pad.pad == 1 && in.pad.mask == 1);
	in = open_input("input-controller-arrival");
	assert_true(
		in.arrival.type == 2 && in.arrival.capabilities == 0xff && in.arrival.buttons == 0x30f7ff);
	in = open_input("input-touch-down");
	assert_true(in.touch.event == PF_GS_DOWN && in.touch.id == 7 && in.touch.x == 0.5f &&
		    in.touch.y == 0.25f);
	in = open_input("input-pen-move");
	assert_true(in.pen.point.event == PF_GS_MOVED && in.pen.tool == 1 && in.pen.buttons == 1 &&
		    in.pen.point.x == 0.125f && in.pen.point.y == 0.75f && in.pen.point.rotation_deg == 90 &&
		    in.pen.tilt_deg == 30);
	in = open_input("input-controller-touch-down");
	assert_true(in.pad_touch.point.event == PF_GS_DOWN && in.pad_touch.point.x == 0.5f);
	in = open_input("input-motion-gyro");
	assert_true(in.motion.gyro && in.motion.axis[0] == 1.5f && in.motion.axis[1] == -2.25f);
	in = open_input("input-battery");
	assert_true(in.battery.state == 2 && in.battery.percent == 80);
}

static void test_other_messages(void **state)
{
	uint8_t text[PF_GS_CONTROL_TEXT_MAX];
	struct pf_gs_message m = open_message("rfi-100-105", text);
	assert_true(m.kind == PF_GS_INVALIDATE && m.lost.first == 100 && m.lost.last == 105);
	m = open_message("ltr-ack-42", text);
	assert_true(m.kind == PF_GS_LTR_RECEIVED && m.lost.first == 42);
	m = open_message("fec-status", text);
	assert_true(m.kind == PF_GS_FEC_STATUS && m.fec.frame == 1234 && m.fec.missing == 3 &&
		    m.fec.data_packets == 50 && m.fec.parity_packets == 10 && m.fec.percent == 20 &&
		    m.fec.blocks == 1);
	const uint8_t unknown[] = {0x99, 0x09, 0, 0}, wrong[] = {0x02, 0x03, 9, 0, 0},
		      shorter[] = {1, 3, 1, 0, 0};
	assert_int_equal(pf_gs_message_read(&m, unknown, sizeof(unknown)), PF_OK);
	assert_int_equal(m.kind, PF_GS_UNKNOWN);
	assert_int_equal(pf_gs_message_read(&m, wrong, sizeof(wrong)), PF_ERR_INVALID);
	assert_int_equal(pf_gs_message_read(&m, shorter, sizeof(shorter)), PF_ERR_TRUNCATED);
}

static void test_input_out_of_range(void **state)
{
	static const char *const bad[] = {
		"0000000508000000"
		"06", /* no such button */
		"0000000e05000000"
		"00010001000000000000", /* divided by 0 */
		"0000001e0c000000"
		"1a0010000100140000000000000000000000000000009c0000005500", /* pad 16 */
		"0000001406000055"
		"00010000"
		"0000c07f"
		"0000000000000000", /* not a number */
		"0000001406000055"
		"00030000"
		"0000000000000000"
		"00000000", /* no such sensor */
		"0000002002000055"
		"0800000000000000"
		"000000000000000000000000"
		"0000000000000000",
		"0000000417000000", /* no text */
		"00000004ffffffff", /* no such magic */
		"0000000b03000000"
		"0041800100000000", /* a byte too many */
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pf_gs_input in;
		size_t len;
		uint8_t *data = hex_bytes(bad[i], &len);
		assert_true(pf_gs_input_read(&in, data, len) < 0);
		free(data);
	}
}

static void test_rtsp_frames(void **state)
{
	size_t i;
	json_t *e;
	json_array_foreach(vectors_get(control, "rtsp"), i, e)
	{
		struct pf_gs_channel c;
		size_t wire_len, text_len, total;
		uint8_t out[2048];
		uint8_t *wire = vectors_bytes(e, "wire", &wire_len);
		const char *text = vectors_string(e, "text");
		init_channel(&c, false, 0);
		if (is_from_client(e)) {
			assert_int_equal(pf_rtsp_frame_measure(wire, wire_len, &total), PF_OK);
			assert_int_equal(total, wire_len);
			for (size_t n = 0; n < wire_len; n++)
				assert_int_equal(pf_rtsp_frame_measure(wire, n, &total), PF_ERR_TRUNCATED);
			assert_int_equal(pf_rtsp_frame_open(&c.key, wire, wire_len, out, &text_len), PF_OK);
			assert_int_equal(text_len, strlen(text));
			assert_memory_equal(out, text, text_len);
			wire[10] ^= 1;
			assert_int_equal(
				pf_rtsp_frame_open(&c.key, wire, wire_len, out, &text_len), PF_ERR_AUTH);
		} else {
			struct pf_wr w = pf_wr_init(out, sizeof(out));
			pf_rtsp_frame_seal(&w, &c.key, (uint32_t)vectors_number(e, "seq"),
				(const uint8_t *)text, strlen(text));
			assert_int_equal(w.len, wire_len);
			assert_memory_equal(out, wire, wire_len);
		}
		free(wire);
	}
}

static void check_pairing_case(const json_t *e, const struct pf_gs_certificate *host,
	const struct pf_gs_certificate *client, gnutls_privkey_t key)
{
	struct pf_gs_ceremony c = {0};
	uint8_t salt[16], challenge[16], hash[32], response[48],
		reveal[PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX];
	size_t len, wanted_len;
	const json_t *in = vectors_get(e, "inputs"), *two = vectors_get(e, "phase2"),
		     *three = vectors_get(e, "phase3"), *four = vectors_get(e, "phase4");
	assert_true(pf_hex_decode(salt, 16, vectors_string(in, "salt")));
	assert_true(pf_hex_decode(c.secret, 16, vectors_string(in, "server_secret")));
	assert_true(pf_hex_decode(c.challenge, 16, vectors_string(in, "server_challenge")));
	assert_true(pf_hex_decode(challenge, 16, vectors_string(two, "query_clientchallenge")));
	assert_true(pf_hex_decode(hash, 32, vectors_string(three, "query_serverchallengeresp")));

	pf_gs_ceremony_key(&c, salt, vectors_string(in, "pin_typed_on_host"));
	pf_gs_ceremony_challenge(&c, host->signature, host->signature_len, challenge, response);
	uint8_t *wanted = vectors_bytes(two, "response_challengeresponse", &wanted_len);
	assert_int_equal(wanted_len, sizeof(response));
	assert_memory_equal(response, wanted, wanted_len);
	free(wanted);

	assert_int_equal(pf_gs_ceremony_reveal(&c, key, hash, reveal, &len), PF_OK);
	wanted = vectors_bytes(three, "response_pairingsecret", &wanted_len);
	assert_int_equal(len, wanted_len);
	assert_memory_equal(reveal, wanted, wanted_len);
	free(wanted);

	uint8_t *proof = vectors_bytes(four, "query_clientpairingsecret", &len);
	assert_int_equal(pf_gs_ceremony_verify(&c, client, proof, len), vectors_number(four, "paired") != 0);
	for (size_t i = 0; i < len; i++)
		assert_false(pf_gs_ceremony_verify(&c, client, proof, i));
	free(proof);
}

static void test_pairing(void **state)
{
	json_t *all = vectors_load("gamestream-pairing.json");
	const json_t *h = vectors_get(all, "host"), *cl = vectors_get(all, "client");
	struct pf_gs_certificate host, client;
	const char *host_pem = vectors_string(h, "cert_pem"), *client_pem = vectors_string(cl, "cert_pem"),
		   *key_pem = vectors_string(h, "key_pem");
	assert_int_equal(pf_gs_certificate_read(&host, host_pem, strlen(host_pem)), PF_OK);
	assert_int_equal(pf_gs_certificate_read(&client, client_pem, strlen(client_pem)), PF_OK);
	assert_sha256(client.der, client.der_len, vectors_string(cl, "cert_der_sha256"));
	gnutls_privkey_t key;
	const gnutls_datum_t datum = {.data = (unsigned char *)key_pem, .size = (unsigned)strlen(key_pem)};
	assert_int_equal(gnutls_privkey_init(&key), 0);
	assert_int_equal(gnutls_privkey_import_x509_raw(key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
	size_t i;
	json_t *e;
	json_array_foreach(vectors_get(all, "cases"), i, e) check_pairing_case(e, &host, &client, key);
	gnutls_privkey_deinit(key);
	pf_gs_certificate_finish(&host);
	pf_gs_certificate_finish(&client);
	json_decref(all);
}

static void test_certificates_that_are_none(void **state)
{
	json_t *all = vectors_load("gamestream-pairing.json");
	const char *pem = vectors_string(vectors_get(all, "client"), "cert_pem");
	struct pf_gs_certificate c;
	for (size_t i = 0; i < strlen(pem) - 30; i += 7)
		assert_int_equal(pf_gs_certificate_read(&c, pem, i), PF_ERR_INVALID);
	assert_int_equal(pf_gs_certificate_read(&c, "no certificate", 14), PF_ERR_INVALID);
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current_envelopes),
		cmocka_unit_test(test_legacy_envelopes),
		cmocka_unit_test(test_messages_of_the_host),
		cmocka_unit_test(test_keys_and_pointer),
		cmocka_unit_test(test_pads_touch_and_pen),
		cmocka_unit_test(test_other_messages),
		cmocka_unit_test(test_input_out_of_range),
		cmocka_unit_test(test_rtsp_frames),
		cmocka_unit_test(test_pairing),
		cmocka_unit_test(test_certificates_that_are_none),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
