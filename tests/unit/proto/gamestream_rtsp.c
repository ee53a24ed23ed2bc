/* RTSP requests, frames and replies, byte by byte (gamestream 3.1 to 3.3). */
#include "proto/gamestream/rtsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS "CSeq: 7\r\nX-GS-ClientVersion: 14\r\nHost: 192.0.2.10\r\n"

/* From a block of exactly that size, so that a sanitizer sees one byte too far. */
static int measure(const char *text, size_t len, size_t *total)
{
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	int rc = pf_rtsp_measure(copy, len, total);
	free(copy);
	return rc;
}

static int read_text(struct pf_rtsp_request *out, const char *text)
{
	return pf_rtsp_read(out, (const uint8_t *)text, strlen(text));
}

static struct pf_rtsp_request must_read(const char *text)
{
	struct pf_rtsp_request r;
	size_t total = 0;
	assert_int_equal(measure(text, strlen(text), &total), PF_OK);
	assert_int_equal(total, strlen(text));
	assert_int_equal(read_text(&r, text), PF_OK);
	return r;
}

static const char *const whole[] = {
	"OPTIONS rtsp://192.0.2.10:48010 RTSP/1.0\r\n" HEADERS "\r\n",
	"DESCRIBE rtsp://192.0.2.10:48010 RTSP/1.0\r\n" HEADERS
	"Accept: application/sdp\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n",
	"SETUP streamid=audio/0/0 RTSP/1.0\r\n" HEADERS
	"Transport: unicast;X-GS-ClientPort=50000-50001\r\n\r\n",
	"ANNOUNCE streamid=control/13/0 RTSP/1.0\r\n" HEADERS
	"Session: DEADBEEFCAFE\r\nContent-type: application/sdp\r\nContent-length: 9\r\n\r\nv=0 \r\nabc",
	"PLAY / RTSP/1.0\r\n" HEADERS "Session: DEADBEEFCAFE\r\n\r\n",
};
#define WHOLE (sizeof(whole) / sizeof(whole[0]))

static void every_request_is_read(void **state)
{
	static const enum pf_rtsp_method methods[] = {
		PF_RTSP_OPTIONS, PF_RTSP_DESCRIBE, PF_RTSP_SETUP, PF_RTSP_ANNOUNCE, PF_RTSP_PLAY};
	static const enum pf_rtsp_target targets[] = {
		PF_RTSP_NO_STREAM, PF_RTSP_NO_STREAM, PF_RTSP_AUDIO, PF_RTSP_CONTROL, PF_RTSP_NO_STREAM};
	for (size_t i = 0; i < WHOLE; i++) {
		struct pf_rtsp_request r = must_read(whole[i]);
		assert_int_equal(r.method, methods[i]);
		assert_int_equal(r.target, targets[i]);
		assert_int_equal(r.cseq, 7);
		assert_false(r.normal_quality);
		assert_int_equal(r.body.len, i == 3 ? 9 : 0);
	}
	struct pf_rtsp_request r = must_read(whole[3]);
	assert_memory_equal(r.body.data, "v=0 \r\nabc", 9);
}

static void a_cut_request_waits_for_more(void **state)
{
	for (size_t i = 0; i < WHOLE; i++) {
		for (size_t len = 0; len < strlen(whole[i]); len++) {
			size_t total = 0;
			assert_int_equal(measure(whole[i], len, &total), PF_ERR_TRUNCATED);
		}
	}
}

/* What comes behind belongs to nobody: one request a connection. */
static void the_size_ends_with_the_body(void **state)
{
	char text[512];
	size_t total = 0;
	snprintf(text, sizeof(text), "%sGARBAGE\r\n\r\n", whole[3]);
	assert_int_equal(measure(text, strlen(text), &total), PF_OK);
	assert_int_equal(total, strlen(whole[3]));
}

static void flipped_bits_are_survived(void **state)
{
	for (size_t i = 0; i < WHOLE; i++) {
		size_t len = strlen(whole[i]), total;
		for (size_t bit = 0; bit < len * 8; bit++) {
			struct pf_rtsp_request r;
			uint8_t *copy = malloc(len);
			memcpy(copy, whole[i], len);
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			int rc = pf_rtsp_read(&r, copy, len);
			assert_int_equal(pf_rtsp_measure(copy, len, &total), rc);
			assert_true(rc == PF_OK || rc == PF_ERR_INVALID || rc == PF_ERR_TRUNCATED);
			if (rc == PF_OK && r.body.len > 0)
				assert_true(r.body.data > copy && r.body.data + r.body.len <= copy + len);
			free(copy);
		}
	}
}

static void what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = {
		"\r\n\r\n", "OPTIONS / HTTP/1.1\r\n\r\n", "OPTIONS / RTSP/2.0\r\n\r\n", " RTSP/1.0\r\n\r\n",
		"PLAY / RTSP/1.0 \r\n\r\n", "PLAY / RTSP/1.0\r\nCSeq: x\r\n\r\n",
		"PLAY / RTSP/1.0\r\nCSeq: -1\r\n\r\n", "PLAY / RTSP/1.0\r\nCSeq:\r\n\r\n",
		"PLAY / RTSP/1.0\r\nCSeq: 4294967296\r\n\r\n",
		"PLAY / RTSP/1.0\r\nCSeq: 99999999999999999999\r\n\r\n",
		"PLAY / RTSP/1.0\r\nContent-length: 1x\r\n\r\n",
		"PLAY / RTSP/1.0\r\nContent-length: -1\r\n\r\n",
		"PLAY / RTSP/1.0\r\nContent-length: 65537\r\n\r\n",
		"PLAY / RTSP/1.0\r\nContent-length: 65536\r\n\r\n", /* with its head it is too large */
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pf_rtsp_request r;
		assert_int_equal(read_text(&r, bad[i]), PF_ERR_INVALID);
	}
	struct pf_rtsp_request r = must_read("PLAY / RTSP/1.0\r\nCSeq: 4294967295\r\n\r\n");
	assert_int_equal(r.cseq, UINT32_MAX);
	r = must_read("TEARDOWN / RTSP/1.0\r\nCSeq: 2\r\n\r\n");
	assert_int_equal(r.method, PF_RTSP_OTHER);
}

static size_t write_headers(char *out, unsigned count)
{
	size_t len = (size_t)sprintf(out, "PLAY / RTSP/1.0\r\n");
	for (unsigned i = 0; i < count; i++)
		len += (size_t)sprintf(out + len, "X-%u: y\r\n", i);
	return len + (size_t)sprintf(out + len, "\r\n");
}

static void headers_are_limited(void **state)
{
	char text[1024];
	size_t total, len = write_headers(text, PF_RTSP_HEADERS_MAX);
	assert_int_equal(measure(text, len, &total), PF_OK);
	len = write_headers(text, PF_RTSP_HEADERS_MAX + 1);
	assert_int_equal(measure(text, len, &total), PF_ERR_INVALID);
	/* It does not take the end to know. */
	assert_int_equal(measure(text, len - 2, &total), PF_ERR_INVALID);
}

static void nobody_fills_the_memory(void **state)
{
	char *text = malloc(PF_RTSP_BYTES_MAX);
	size_t total;
	memset(text, 'a', PF_RTSP_BYTES_MAX);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX - 1, &total), PF_ERR_TRUNCATED);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX, &total), PF_ERR_INVALID);
	memcpy(text, "PLAY / RTSP/1.0\r\n", 17);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX - 1, &total), PF_ERR_TRUNCATED);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX, &total), PF_ERR_INVALID);
	/* A head of 42 bytes: the largest request that is one, and one byte more. */
	sprintf(text, "PLAY / RTSP/1.0\r\nContent-length: 65494\r\n\r\n");
	assert_int_equal(strlen(text), 42);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX - 1, &total), PF_ERR_TRUNCATED);
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX, &total), PF_OK);
	assert_int_equal(total, PF_RTSP_BYTES_MAX);
	text[37] = '5';
	assert_int_equal(measure(text, PF_RTSP_BYTES_MAX, &total), PF_ERR_INVALID);
	free(text);
}

static void names_have_any_case(void **state)
{
	struct pf_rtsp_request r =
		must_read("ANNOUNCE x RTSP/1.0\ncseq:12\nHOST:0.0.0.0\nCONTENT-LENGTH:\t3 \n\nabc");
	assert_int_equal(r.cseq, 12);
	assert_true(r.normal_quality);
	assert_int_equal(r.body.len, 3);
	assert_memory_equal(r.body.data, "abc", 3);
	r = must_read("ANNOUNCE x RTSP/1.0\r\nX-CSeq: 9\r\nCSeqs: 8\r\n\r\n");
	assert_int_equal(r.cseq, 0);
}

static void only_one_host_asks_for_normal_sound(void **state)
{
	static const struct {
		const char *host;
		bool normal;
	} hosts[] = {
		{"0.0.0.0", true},
		{"0.0.0.0 ", true},
		{"10.0.0.0", false},
		{"0.0.0.01", false},
		{"192.0.2.1", false},
		{"", false},
	};
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char text[80];
		sprintf(text, "OPTIONS rtsp://x:48010 RTSP/1.0\r\nHost: %s\r\n\r\n", hosts[i].host);
		assert_int_equal(must_read(text).normal_quality, hosts[i].normal);
	}
}

static void targets_of_every_age(void **state)
{
	static const struct {
		const char *line;
		enum pf_rtsp_method method;
		enum pf_rtsp_target target;
	} lines[] = {
		{"SETUP streamid=audio/0/0", PF_RTSP_SETUP, PF_RTSP_AUDIO},
		{"SETUP streamid=audio", PF_RTSP_SETUP, PF_RTSP_AUDIO},
		{"SETUP streamid=video/0/0", PF_RTSP_SETUP, PF_RTSP_VIDEO},
		{"SETUP streamid=control/13/0", PF_RTSP_SETUP, PF_RTSP_CONTROL},
		{"SETUP streamid=control/1/0", PF_RTSP_SETUP, PF_RTSP_CONTROL},
		{"ANNOUNCE streamid=video", PF_RTSP_ANNOUNCE, PF_RTSP_VIDEO},
		{"PLAY streamid=audio", PF_RTSP_PLAY, PF_RTSP_AUDIO},
		{"PLAY /", PF_RTSP_PLAY, PF_RTSP_NO_STREAM},
		{"SETUP streamid=vide", PF_RTSP_SETUP, PF_RTSP_NO_STREAM},
		{"SETUPS streamid=video", PF_RTSP_OTHER, PF_RTSP_VIDEO},
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[80];
		sprintf(text, "%s RTSP/1.0\r\nCSeq: 1\r\n\r\n", lines[i].line);
		struct pf_rtsp_request r = must_read(text);
		assert_int_equal(r.method, lines[i].method);
		assert_int_equal(r.target, lines[i].target);
	}
}

/* --- replies --- */

static void expect_reply(const struct pf_rtsp_reply *r, const char *wanted)
{
	char out[512];
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_rtsp_reply_write(&w, r);
	assert_false(w.failed);
	out[w.len] = '\0';
	assert_string_equal(out, wanted);
	w = pf_wr_init(out, w.len - 1);
	pf_rtsp_reply_write(&w, r);
	assert_true(w.failed);
}

static void replies_that_clients_can_parse(void **state)
{
	expect_reply(&(struct pf_rtsp_reply){.status = 200, .cseq = 1}, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n");
	expect_reply(&(struct pf_rtsp_reply){.status = 200, .cseq = 2, .body = "a=b\r\n", .body_len = 5},
		"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\na=b\r\n");
	expect_reply(&(struct pf_rtsp_reply){.status = 200,
			     .cseq = 3,
			     .session = true,
			     .server_port = 48000,
			     .ping_payload = "0123456789ABCDEF"},
		"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: DEADBEEFCAFE;timeout = 90\r\n"
		"Transport: server_port=48000\r\nX-SS-Ping-Payload: 0123456789ABCDEF\r\n\r\n");
	expect_reply(&(struct pf_rtsp_reply){.status = 200,
			     .cseq = 5,
			     .session = true,
			     .server_port = 47999,
			     .has_connect_data = true,
			     .connect_data = 0xFFFFFFFF},
		"RTSP/1.0 200 OK\r\nCSeq: 5\r\nSession: DEADBEEFCAFE;timeout = 90\r\n"
		"Transport: server_port=47999\r\nX-SS-Connect-Data: 4294967295\r\n\r\n");
	expect_reply(&(struct pf_rtsp_reply){.status = 200, .has_connect_data = true},
		"RTSP/1.0 200 OK\r\nCSeq: 0\r\nX-SS-Connect-Data: 0\r\n\r\n");
}

static void replies_of_refusal(void **state)
{
	static const struct {
		unsigned status;
		const char *line;
	} refusals[] = {
		{400, "RTSP/1.0 400 BAD REQUEST\r\nCSeq: 6\r\n\r\n"},
		{403, "RTSP/1.0 403 Forbidden\r\nCSeq: 6\r\n\r\n"},
		{404, "RTSP/1.0 404 NOT FOUND\r\nCSeq: 6\r\n\r\n"},
		{500, "RTSP/1.0 500 Internal Server Error\r\nCSeq: 6\r\n\r\n"},
		{503, "RTSP/1.0 503 Service Unavailable\r\nCSeq: 6\r\n\r\n"},
	};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		expect_reply(
			&(struct pf_rtsp_reply){.status = refusals[i].status, .cseq = 6}, refusals[i].line);
}

/* --- frames --- */

static struct pf_gs_gcm some_key(void)
{
	struct pf_gs_gcm g;
	pf_gs_gcm_init(&g, (const uint8_t *)"0123456789abcdef");
	return g;
}

/* A frame as a client makes it. */
static size_t client_frame(uint8_t *out, uint32_t seq, const char *text)
{
	struct pf_gs_gcm g = some_key();
	struct pf_gs_iv iv = pf_gs_iv(seq, 'C', 'R');
	size_t len = strlen(text);
	struct pf_wr w = pf_wr_init(out, 8);
	pf_wr_u32be(&w, 0x80000000u + (uint32_t)len);
	pf_wr_u32be(&w, seq);
	pf_gs_gcm_seal(&g, &iv, (const uint8_t *)text, len, out + 24, out + 8);
	return 24 + len;
}

static void a_frame_is_opened_once_it_is_whole(void **state)
{
	uint8_t frame[512], out[512];
	struct pf_gs_gcm g = some_key();
	size_t len = client_frame(frame, 3, whole[0]), text_len = 0, total;
	assert_true(pf_rtsp_is_framed(frame));
	assert_false(pf_rtsp_is_framed((const uint8_t *)whole[0]));
	assert_int_equal(pf_rtsp_frame_open(&g, frame, len, out, &text_len), PF_OK);
	assert_int_equal(text_len, strlen(whole[0]));
	assert_memory_equal(out, whole[0], text_len);
	for (size_t n = 0; n < len; n++) {
		assert_int_equal(pf_rtsp_frame_measure(frame, n, &total), PF_ERR_TRUNCATED);
		assert_int_equal(pf_rtsp_frame_open(&g, frame, n, out, &text_len), PF_ERR_INVALID);
	}
	assert_int_equal(pf_rtsp_frame_open(&g, frame, len + 1, out, &text_len), PF_ERR_INVALID);
}

static void a_flipped_frame_is_not_opened(void **state)
{
	uint8_t frame[512], out[512];
	struct pf_gs_gcm g = some_key();
	size_t len = client_frame(frame, 3, whole[4]), text_len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		int rc = pf_rtsp_frame_open(&g, frame, len, out, &text_len);
		assert_int_equal(rc, bit < 32 ? PF_ERR_INVALID : PF_ERR_AUTH);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void frames_of_no_length(void **state)
{
	static const struct {
		uint8_t head[4];
		int rc;
	} heads[] = {
		{{0x00, 0, 0, 10}, PF_ERR_INVALID},
		{{0x80, 0, 0, 0}, PF_ERR_INVALID},
		{{0x80, 0, 0, 1}, PF_ERR_TRUNCATED},
		{{0x80, 1, 0, 0}, PF_ERR_TRUNCATED},
		{{0x80, 1, 0, 1}, PF_ERR_INVALID},
		{{0xff, 0xff, 0xff, 0xff}, PF_ERR_INVALID},
	};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t total;
		assert_int_equal(pf_rtsp_frame_measure(heads[i].head, 4, &total), heads[i].rc);
	}
}

/* A client opens what the host seals; in each direction its own IV. */
static void the_host_seals_with_its_own_letter(void **state)
{
	uint8_t frame[256], text[256];
	size_t text_len;
	struct pf_gs_gcm g = some_key();
	struct pf_gs_iv iv = pf_gs_iv(2, 'H', 'R');
	struct pf_wr w = pf_wr_init(frame, sizeof(frame));
	pf_rtsp_frame_seal(&w, &g, 2, (const uint8_t *)"RTSP/1.0 200 OK", 15);
	assert_int_equal(w.len, 24 + 15);
	assert_memory_equal(frame, "\x80\0\0\x0f\0\0\0\x02", 8);
	assert_true(pf_gs_gcm_open(&g, &iv, frame + 24, 15, text, frame + 8));
	assert_memory_equal(text, "RTSP/1.0 200 OK", 15);
	assert_int_equal(pf_rtsp_frame_open(&g, frame, w.len, text, &text_len), PF_ERR_AUTH);
	w = pf_wr_init(frame, 24 + 14);
	pf_rtsp_frame_seal(&w, &g, 2, (const uint8_t *)"RTSP/1.0 200 OK", 15);
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_is_read),
		cmocka_unit_test(a_cut_request_waits_for_more),
		cmocka_unit_test(the_size_ends_with_the_body),
		cmocka_unit_test(flipped_bits_are_survived),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(headers_are_limited),
		cmocka_unit_test(nobody_fills_the_memory),
		cmocka_unit_test(names_have_any_case),
		cmocka_unit_test(only_one_host_asks_for_normal_sound),
		cmocka_unit_test(targets_of_every_age),
		cmocka_unit_test(replies_that_clients_can_parse),
		cmocka_unit_test(replies_of_refusal),
		cmocka_unit_test(a_frame_is_opened_once_it_is_whole),
		cmocka_unit_test(a_flipped_frame_is_not_opened),
		cmocka_unit_test(frames_of_no_length),
		cmocka_unit_test(the_host_seals_with_its_own_letter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
