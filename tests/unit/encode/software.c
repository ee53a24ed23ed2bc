/* The streams of the software backend, decoded and taken apart. */
#include "encode/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const enum pf_codec all_codecs[] = {PF_CODEC_H264, PF_CODEC_HEVC, PF_CODEC_AV1};

/* SPS, PPS and IDR slice; VPS, SPS, PPS and IDR; sequence header and frame. */
static void assert_is_key(enum pf_codec codec, const struct pf_unit *u)
{
	assert_true(u->key);
	struct nal_list l = stream_nals(codec, u->data, u->len);
	if (codec == PF_CODEC_H264) {
		assert_int_equal(l.type[0], 7);
		assert_int_equal(l.type[1], 8);
		assert_int_equal(nals_count(&l, 5), l.count - 2);
	} else if (codec == PF_CODEC_HEVC) {
		assert_int_equal(l.type[0], 32);
		assert_int_equal(l.type[1], 33);
		assert_int_equal(l.type[2], 34);
		assert_in_range(l.type[3], 19, 20);
		assert_int_equal(nals_count(&l, l.type[3]), l.count - 3);
	} else {
		assert_true(nals_have(&l, 1));
	}
}

static void assert_is_not_key(enum pf_codec codec, const struct pf_unit *u)
{
	assert_false(u->key);
	struct nal_list l = stream_nals(codec, u->data, u->len);
	if (codec == PF_CODEC_H264)
		assert_int_equal(nals_count(&l, 1), l.count);
	else if (codec == PF_CODEC_HEVC)
		assert_int_equal(nals_count(&l, 1) + nals_count(&l, 0), l.count);
	else
		assert_false(nals_have(&l, 1));
}

/* Everything that holds for every unit of every stream, over `frames` pictures with keys at two of them. */
static void stream_holds(enum pf_codec codec, uint32_t width, uint32_t height, unsigned frames)
{
	struct canvas c = canvas_new(width, height);
	struct pf_encoder *e = stream_open(codec, width, height, 60, 8000);
	struct decoder d = decoder_new(codec);
	for (unsigned i = 0; i < frames; i++) {
		canvas_scene(&c, i);
		bool ask = i == frames / 2 || i == frames / 2 + 1;
		struct pf_unit *u = stream_encode(e, &c, ask, i);
		if (i == 0 || ask)
			assert_is_key(codec, u);
		else
			assert_is_not_key(codec, u);
		for (size_t p = 0; p < PF_UNIT_PADDING; p++)
			assert_int_equal(u->data[u->len + p], 0);
		assert_int_equal(u->stamps.wait_us, 7);
		assert_int_equal(u->stamps.queue_us, 9);
		assert_true(u->stamps.encode_us > 0);
		decoder_feed(&d, u);
		assert_int_equal(d.frame->width, width);
		assert_int_equal(d.frame->height, height);
		assert_int_equal(d.frame->pict_type == AV_PICTURE_TYPE_I, u->key);
		pf_unit_unref(u);
	}
	assert_int_equal(d.context->has_b_frames, 0);
	assert_int_equal(d.context->colorspace, AVCOL_SPC_BT709);
	assert_int_equal(d.context->color_primaries, AVCOL_PRI_BT709);
	assert_int_equal(d.context->color_trc, AVCOL_TRC_BT709);
	assert_int_equal(d.context->color_range, AVCOL_RANGE_MPEG);
	decoder_free(&d);
	pf_encoder_close(e);
	canvas_free(&c);
}

static void streams_decode_at_odd_sizes(void **state)
{
	stream_holds(PF_CODEC_H264, 320, 200, 40);
	stream_holds(PF_CODEC_H264, 1366, 768, 8);
	stream_holds(PF_CODEC_H264, 2560, 1440, 4);
	stream_holds(PF_CODEC_HEVC, 320, 200, 20);
	stream_holds(PF_CODEC_HEVC, 426, 240, 6);
	stream_holds(PF_CODEC_AV1, 320, 200, 20);
	stream_holds(PF_CODEC_AV1, 426, 240, 6);
}

/* No key by itself over a long run, and every picture change, even a cut, is a P picture. */
static void keys_come_only_when_asked_for(void **state)
{
	for (size_t k = 0; k < ARRAY_LEN(all_codecs); k++) {
		struct canvas c = canvas_new(320, 200);
		struct pf_encoder *e = stream_open(all_codecs[k], 320, 200, 30, 1000);
		for (unsigned i = 0; i < 400; i++) {
			canvas_scene(&c, i / 10 * 77);
			struct pf_unit *u = stream_encode(e, &c, false, i);
			assert_int_equal(u->key, i == 0);
			pf_unit_unref(u);
		}
		pf_encoder_close(e);
		canvas_free(&c);
	}
}

struct rgb {
	uint8_t r, g, b, y, u, v;
};

static void flat_colours_survive(void **state)
{
	static const struct rgb colours[] = {
		{255, 255, 255, 235, 128, 128},
		{0, 0, 0, 16, 128, 128},
		{255, 0, 0, 63, 102, 240},
		{30, 30, 46, 42, 135, 128},
	};
	for (size_t k = 0; k < ARRAY_LEN(all_codecs); k++) {
		for (size_t i = 0; i < ARRAY_LEN(colours); i++) {
			struct canvas c = canvas_new(320, 200);
			struct pf_encoder *e = stream_open(all_codecs[k], 320, 200, 30, 4000);
			struct decoder d = decoder_new(all_codecs[k]);
			canvas_fill(&c, colours[i].r, colours[i].g, colours[i].b);
			for (unsigned n = 0; n < 3; n++) {
				struct pf_unit *u = stream_encode(e, &c, false, n);
				decoder_feed(&d, u);
				pf_unit_unref(u);
			}
			for (int y = 0; y < 200; y += 33) {
				for (int x = 0; x < 320; x += 31) {
					const AVFrame *f = d.frame;
					assert_in_range(
						f->data[0][y * f->linesize[0] + x] + 2 - colours[i].y, 0, 4);
					assert_in_range(
						f->data[1][y / 2 * f->linesize[1] + x / 2] + 2 - colours[i].u,
						0, 4);
					assert_in_range(
						f->data[2][y / 2 * f->linesize[2] + x / 2] + 2 - colours[i].v,
						0, 4);
				}
			}
			decoder_free(&d);
			pf_encoder_close(e);
			canvas_free(&c);
		}
	}
}

/* Mean unit size over pictures [from, to) of the moving scene, keys excluded. */
static size_t mean_bytes(struct pf_encoder *e, struct canvas *c, unsigned from, unsigned to, size_t *largest)
{
	size_t sum = 0, max = 0;
	for (unsigned i = from; i < to; i++) {
		canvas_scene(c, i);
		struct pf_unit *u = stream_encode(e, c, false, i);
		sum += u->len;
		max = u->len > max ? u->len : max;
		pf_unit_unref(u);
	}
	*largest = max;
	return sum / (to - from);
}

static void bit_rate_is_kept_and_changes_live(void **state)
{
	struct canvas c = canvas_new(640, 360);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 640, 360, 60, 3000);
	const size_t share = 3000 * 125 / 60;
	size_t largest;
	mean_bytes(e, &c, 0, 60, &largest);
	size_t mean = mean_bytes(e, &c, 60, 180, &largest);
	assert_in_range(mean, share * 75 / 100, share * 105 / 100);
	assert_in_range(largest, 0, share * 120 / 100);

	assert_int_equal(pf_encoder_set_rate(e, 1000), PF_OK);
	mean_bytes(e, &c, 180, 210, &largest);
	mean = mean_bytes(e, &c, 210, 240, &largest);
	assert_in_range(mean, share / 3 * 70 / 100, share / 3 * 110 / 100);

	assert_int_equal(pf_encoder_set_rate(e, 6000), PF_OK);
	mean_bytes(e, &c, 240, 270, &largest);
	mean = mean_bytes(e, &c, 270, 300, &largest);
	assert_in_range(mean, share * 2 * 70 / 100, share * 2 * 110 / 100);
	assert_int_equal(pf_encoder_set_rate(e, 0), PF_ERR_INVALID);
	pf_encoder_close(e);
	canvas_free(&c);
}

/* A key is no larger than what the client takes, at a rate that would allow more. */
static void key_pictures_respect_the_ceiling(void **state)
{
	const struct pf_encoder_params params = {
		.codec = PF_CODEC_H264,
		.mode = {640, 360, 10},
		.bitrate_kbps = 20000,
		.max_unit_bytes = 40000,
	};
	struct pf_encoder *e;
	assert_int_equal(pf_encoder_open(&e, "software", &params, NULL), PF_OK);
	struct canvas c = canvas_new(640, 360);
	for (unsigned i = 0; i < 20; i++) {
		canvas_scene(&c, i);
		struct pf_unit *u = stream_encode(e, &c, i % 5 == 0, i);
		assert_in_range(u->len, 1, params.max_unit_bytes);
		pf_unit_unref(u);
	}
	pf_encoder_close(e);
	canvas_free(&c);
}

static void a_rate_that_cannot_change_live_says_so(void **state)
{
	struct pf_encoder *e = stream_open(PF_CODEC_HEVC, 320, 200, 30, 1000);
	assert_int_equal(pf_encoder_set_rate(e, 500), PF_ERR_UNSUPPORTED);
	pf_encoder_close(e);
}

static void repeats_are_marked_tiny_and_read_no_pixels(void **state)
{
	struct canvas c = canvas_new(1280, 720);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 1280, 720, 60, 10000);
	canvas_scene(&c, 0);
	pf_unit_unref(stream_encode(e, &c, false, 0));
	canvas_fill(&c, 255, 0, 0); /* must not be seen: the picture is a repeat */
	struct decoder d = decoder_new(PF_CODEC_H264);
	size_t last = 0;
	for (uint32_t i = 1; i < 120; i++) {
		const struct pf_encode_request again = {
			.repeat = true, .force_key = i == 1, .frame_index = i};
		struct pf_unit *u = NULL;
		assert_int_equal(pf_encoder_encode(e, &c.frame, &again, &u), PF_OK);
		assert_true(u->repeat);
		decoder_feed(&d, u);
		last = u->len;
		pf_unit_unref(u);
	}
	assert_in_range(last, 1, 200);
	assert_true(d.frame->data[2][0] < 200);
	decoder_free(&d);
	pf_encoder_close(e);
	canvas_free(&c);
}

static void pictures_that_do_not_fit_are_refused(void **state)
{
	struct canvas small = canvas_new(320, 200), large = canvas_new(640, 360);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 640, 360, 30, 2000);
	const struct pf_encode_request request = {0};
	struct pf_unit *u = NULL;
	assert_int_equal(pf_encoder_encode(e, &small.frame, &request, &u), PF_ERR_INVALID);
	large.frame.fourcc = PF_FOURCC_NV12;
	assert_int_equal(pf_encoder_encode(e, &large.frame, &request, &u), PF_ERR_INVALID);
	assert_null(u);
	large.frame.fourcc = PF_FOURCC_XRGB8888;
	u = stream_encode(e, &large, false, 5);
	assert_true(u->key);
	pf_unit_unref(u);
	pf_encoder_close(e);
	canvas_free(&small);
	canvas_free(&large);
}

/* After a refusal for lack of units, the next picture is converted whole: its damage alone would not do. */
static void a_full_pool_refuses_and_recovers(void **state)
{
	struct pf_unit *held[256];
	unsigned count = 0;
	struct canvas c = canvas_new(320, 200);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 320, 200, 30, 4000);
	struct decoder d = decoder_new(PF_CODEC_H264);
	canvas_fill(&c, 0, 0, 0);
	int err = PF_OK;
	const struct pf_encode_request request = {0};
	while (count < ARRAY_LEN(held) &&
		(err = pf_encoder_encode(e, &c.frame, &request, &held[count])) == PF_OK)
		count++;
	assert_int_equal(err, PF_ERR_LIMIT);
	canvas_fill(&c, 255, 255, 255);
	struct pf_unit *u = NULL;
	assert_int_equal(pf_encoder_encode(e, &c.frame, &request, &u), PF_ERR_LIMIT);
	for (unsigned i = 0; i < count; i++) {
		decoder_feed(&d, held[i]);
		pf_unit_unref(held[i]);
	}
	c.frame.full_damage = false;
	u = stream_encode(e, &c, false, count);
	decoder_feed(&d, u);
	assert_true(d.frame->data[0][100 * d.frame->linesize[0] + 160] > 200);
	pf_unit_unref(u);
	decoder_free(&d);
	pf_encoder_close(e);
	canvas_free(&c);
}

static void only_damage_reaches_the_stream(void **state)
{
	struct canvas c = canvas_new(320, 200);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 320, 200, 30, 4000);
	struct decoder d = decoder_new(PF_CODEC_H264);
	canvas_fill(&c, 0, 0, 0);
	struct pf_unit *u = stream_encode(e, &c, false, 0);
	decoder_feed(&d, u);
	pf_unit_unref(u);
	canvas_fill(&c, 255, 255, 255);
	c.frame.full_damage = false;
	c.frame.damage_count = 1;
	c.frame.damage[0] = (struct pf_rect){64, 64, 128, 64};
	for (uint32_t i = 1; i < 4; i++) {
		u = stream_encode(e, &c, false, i);
		decoder_feed(&d, u);
		pf_unit_unref(u);
	}
	assert_in_range(d.frame->data[0][96 * d.frame->linesize[0] + 128], 230, 240);
	assert_in_range(d.frame->data[0][10 * d.frame->linesize[0] + 10], 12, 20);
	decoder_free(&d);
	pf_encoder_close(e);
	canvas_free(&c);
}

/* Never fewer slices than asked for, and never a picture held back for it. */
static void slices_are_given_without_delay(void **state)
{
	static const struct {
		enum pf_codec codec;
		unsigned threads, asked, given;
	} rows[] = {
		{PF_CODEC_H264, 2, 0, 2},
		{PF_CODEC_H264, 1, 1, 1},
		{PF_CODEC_H264, 2, 4, 4},
		{PF_CODEC_HEVC, 2, 4, 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct pf_encoder_params params = {
			.codec = rows[i].codec,
			.mode = {640, 480, 30},
			.bitrate_kbps = 2000,
			.threads = rows[i].threads,
			.slices = rows[i].asked,
		};
		struct pf_encoder *e;
		assert_int_equal(pf_encoder_open(&e, "software", &params, NULL), PF_OK);
		struct canvas c = canvas_new(640, 480);
		pf_unit_unref(stream_encode(e, &c, false, 0));
		canvas_scene(&c, 1);
		struct pf_unit *u = stream_encode(e, &c, false, 1);
		struct nal_list l = stream_nals(rows[i].codec, u->data, u->len);
		assert_int_equal(l.count, rows[i].given);
		pf_unit_unref(u);
		pf_encoder_close(e);
		canvas_free(&c);
	}
}

/* Units outlive their encoder: the sender may still hold some. */
static void units_outlive_the_encoder(void **state)
{
	struct canvas c = canvas_new(320, 200);
	struct pf_encoder *e = stream_open(PF_CODEC_H264, 320, 200, 30, 1000);
	struct pf_unit *u = stream_encode(e, &c, false, 3);
	pf_encoder_close(e);
	assert_is_key(PF_CODEC_H264, u);
	pf_unit_unref(u);
	canvas_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_decode_at_odd_sizes),
		cmocka_unit_test(keys_come_only_when_asked_for),
		cmocka_unit_test(flat_colours_survive),
		cmocka_unit_test(bit_rate_is_kept_and_changes_live),
		cmocka_unit_test(key_pictures_respect_the_ceiling),
		cmocka_unit_test(a_rate_that_cannot_change_live_says_so),
		cmocka_unit_test(repeats_are_marked_tiny_and_read_no_pixels),
		cmocka_unit_test(pictures_that_do_not_fit_are_refused),
		cmocka_unit_test(a_full_pool_refuses_and_recovers),
		cmocka_unit_test(only_damage_reaches_the_stream),
		cmocka_unit_test(slices_are_given_without_delay),
		cmocka_unit_test(units_outlive_the_encoder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
