/* The registry and the dummy. */
#include "encode/encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encode/dummy.h"

static const struct pf_encoder_params usual = {
	.codec = PF_CODEC_H264,
	.mode = {1280, 720, 60},
	.bitrate_kbps = 12000,
	.max_unit_bytes = 8u << 20,
};

static void the_dummy_is_never_picked_by_itself(void **state)
{
	struct pf_encoder *e = NULL;
	assert_int_equal(pf_encoder_open(&e, NULL, &usual, NULL), PF_OK);
	assert_string_equal(pf_encoder_name(e), "software");
	pf_encoder_close(e);
	struct pf_encoder_params wavelet = usual;
	wavelet.codec = PF_CODEC_PYROWAVE;
	struct pf_reason reason = {0};
	assert_int_equal(pf_encoder_open(&e, NULL, &wavelet, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "pyrowave"));
	assert_int_equal(pf_encoder_open(&e, "dummy", &wavelet, NULL), PF_OK);
	assert_string_equal(pf_encoder_name(e), "dummy");
	pf_encoder_close(e);
	pf_encoder_close(NULL);
}

static void probing_tells_what_and_why_not(void **state)
{
	assert_int_equal(pf_encoder_codecs(NULL), PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1);
	assert_int_equal(pf_encoder_codecs(NULL), pf_encoder_codecs("software"));
	assert_int_equal(pf_encoder_slow_codecs(NULL), PF_CODEC_HEVC | PF_CODEC_AV1);
	assert_int_equal(pf_encoder_slow_codecs("dummy"), 0);
	assert_int_equal(pf_encoder_codecs("dummy") & PF_CODEC_PYROWAVE, PF_CODEC_PYROWAVE);
	assert_int_equal(pf_encoder_codecs("no such"), 0);
	assert_int_equal(pf_encoder_probe(NULL, PF_CODEC_HEVC, NULL), PF_OK);
	struct pf_reason reason = {0};
	assert_int_equal(pf_encoder_probe("software", PF_CODEC_PYROWAVE, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "software"));
	reason.text[0] = '\0';
	assert_int_equal(pf_encoder_probe("nvenc", PF_CODEC_H264, &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "nvenc"));
}

static void impossible_parameters_are_refused(void **state)
{
	static const struct pf_mode bad[] = {{0, 0, 0}, {1280, 720, 0}, {1281, 720, 60}, {1280, 721, 60},
		{8000, 720, 60}, {1280, 720, 241}};
	struct pf_encoder *e = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pf_encoder_params p = usual;
		p.mode = bad[i];
		struct pf_reason reason = {0};
		assert_int_equal(pf_encoder_open(&e, NULL, &p, &reason), PF_ERR_INVALID);
		assert_true(reason.text[0] != '\0');
	}
	struct pf_encoder_params p = usual;
	p.bitrate_kbps = 0;
	assert_int_equal(pf_encoder_open(&e, NULL, &p, NULL), PF_ERR_INVALID);
	assert_int_equal(pf_encoder_open(&e, "no such", &usual, NULL), PF_ERR_NOT_FOUND);
	assert_null(e);
}

static struct pf_unit *dummy_unit(struct pf_encoder *e, uint32_t index, bool force_key, bool repeat)
{
	struct pf_frame frame = {.stamps = {.capture_us = 5}};
	const struct pf_encode_request request = {
		.force_key = force_key, .repeat = repeat, .pts_ns = 77, .frame_index = index};
	struct pf_unit *u = NULL;
	assert_int_equal(pf_encoder_encode(e, &frame, &request, &u), PF_OK);
	return u;
}

static void dummy_content_follows_the_rule(void **state)
{
	struct pf_encoder *e;
	assert_int_equal(pf_encoder_open(&e, "dummy", &usual, NULL), PF_OK);
	static const uint32_t indices[] = {0, 1, 255, 256, 0x01020304, UINT32_MAX};
	for (size_t n = 0; n < sizeof(indices) / sizeof(indices[0]); n++) {
		uint32_t index = indices[n];
		struct pf_unit *u = dummy_unit(e, index, false, n == 3);
		assert_int_equal(u->len, n == 0 ? 250000 : 25000);
		assert_int_equal(u->key, n == 0);
		assert_int_equal(u->repeat, n == 3);
		assert_int_equal(u->frame_index, index);
		assert_int_equal(u->pts_ns, 77);
		assert_int_equal(u->stamps.capture_us, 5);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(u->data[i], index >> 8 * i & 0xFF);
		for (size_t i = 4; i < u->len; i++)
			assert_int_equal(u->data[i], ((index & 0xFF) + (i & 0xFF)) % 256);
		for (size_t i = 0; i < PF_UNIT_PADDING; i++)
			assert_int_equal(u->data[u->len + i], 0);
		pf_unit_unref(u);
	}
	pf_encoder_close(e);
}

static void dummy_sizes_follow_the_rate(void **state)
{
	struct pf_encoder_params p = usual;
	p.max_unit_bytes = 100000;
	struct pf_encoder *e;
	assert_int_equal(pf_encoder_open(&e, "dummy", &p, NULL), PF_OK);
	static const struct {
		uint32_t kbps;
		bool key;
		size_t bytes;
	} rows[] = {
		{12000, true, 100000},
		{12000, false, 25000},
		{2400, false, 5000},
		{2400, true, 50000},
		{1, false, PF_DUMMY_BYTES_MIN},
		{8000000, false, 100000},
	};
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pf_encoder_set_rate(e, rows[i].kbps), PF_OK);
		struct pf_unit *u = dummy_unit(e, i, rows[i].key, false);
		assert_int_equal(u->len, rows[i].bytes);
		assert_int_equal(u->key, rows[i].key);
		pf_unit_unref(u);
	}
	pf_encoder_close(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dummy_is_never_picked_by_itself),
		cmocka_unit_test(probing_tells_what_and_why_not),
		cmocka_unit_test(impossible_parameters_are_refused),
		cmocka_unit_test(dummy_content_follows_the_rule),
		cmocka_unit_test(dummy_sizes_follow_the_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
