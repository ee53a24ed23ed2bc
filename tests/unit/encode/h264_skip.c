/* Repeats written by the host must decode to the same picture and leave the encoder's stream intact. */
#include "encode/h264_skip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encode/annexb.h"
#include "encode/bits.h"
#include "encode/stream.h"
#include "support/vectors.h"

struct run {
	struct pf_encoder *encoder;
	struct decoder decoder;
	struct canvas canvas;
	uint32_t index;
	struct h264_skip mirror;
	unsigned skips; /* repeats that the host wrote */
	uint8_t *luma;  /* of the last decoded picture */
};

/* One thread makes one slice and the same bytes each time; with several, rate control depends on which of
 * them is first. */
static struct run run_new(
	uint32_t width, uint32_t height, uint32_t hz, uint32_t bitrate_kbps, unsigned slices)
{
	const struct pf_encoder_params params = {
		.codec = PF_CODEC_H264,
		.mode = {width, height, hz},
		.bitrate_kbps = bitrate_kbps,
		.threads = 1,
		.slices = slices,
	};
	struct run r = {.decoder = decoder_new(PF_CODEC_H264), .canvas = canvas_new(width, height)};
	assert_int_equal(pf_encoder_open(&r.encoder, "software", &params, NULL), PF_OK);
	r.luma = malloc((size_t)width * height);
	assert_non_null(r.luma);
	return r;
}

static void run_free(struct run *r)
{
	pf_encoder_close(r->encoder);
	decoder_free(&r->decoder);
	canvas_free(&r->canvas);
	free(r->luma);
}

static void keep_luma(struct run *r)
{
	uint32_t width = r->canvas.frame.width_px;
	for (uint32_t y = 0; y < r->canvas.frame.height_px; y++)
		memcpy(r->luma + (size_t)y * width,
			r->decoder.frame->data[0] + (ptrdiff_t)y * r->decoder.frame->linesize[0], width);
}

static void assert_luma_is_kept(struct run *r)
{
	uint32_t width = r->canvas.frame.width_px;
	for (uint32_t y = 0; y < r->canvas.frame.height_px; y++)
		assert_memory_equal(r->luma + (size_t)y * width,
			r->decoder.frame->data[0] + (ptrdiff_t)y * r->decoder.frame->linesize[0], width);
}

/* Knows the host's repeats by writing the same one. */
static bool is_skip(struct run *r, const struct pf_unit *u)
{
	if (u->key) {
		assert_int_equal(h264_skip_follow(&r->mirror, u->data, u->len, true), u->len);
		assert_true(r->mirror.usable);
		return false;
	}
	uint8_t same[H264_SKIP_BYTES_MAX];
	size_t len = h264_skip_write(&r->mirror, same);
	return len == u->len && memcmp(same, u->data, len) == 0;
}

static void encode(struct run *r, bool repeat, bool force_key)
{
	const struct pf_encode_request request = {
		.repeat = repeat, .force_key = force_key, .pts_ns = 5 + r->index, .frame_index = r->index};
	struct pf_unit *u = NULL;
	assert_int_equal(pf_encoder_encode(r->encoder, &r->canvas.frame, &request, &u), PF_OK);
	decoder_feed(&r->decoder, u);
	assert_int_equal(u->frame_index, r->index);
	assert_int_equal(u->pts_ns, 5 + r->index);
	assert_int_equal(u->repeat, repeat);
	assert_int_equal(u->key, force_key || r->index == 0);
	if (is_skip(r, u)) {
		r->skips++;
		assert_true(repeat && !force_key);
		assert_luma_is_kept(r);
		assert_int_equal(r->decoder.frame->pict_type, AV_PICTURE_TYPE_P);
	}
	for (size_t i = 0; i < PF_UNIT_PADDING; i++)
		assert_int_equal(u->data[u->len + i], 0);
	keep_luma(r);
	r->index++;
	pf_unit_unref(u);
}

/* A still picture until `skips` repeats were written by the host; returns how many the encoder made. */
static unsigned stand_still(struct run *r, unsigned skips)
{
	unsigned first = r->skips, made = 0;
	for (unsigned i = 0; i < 600 && r->skips < first + skips; i++) {
		unsigned before = r->skips;
		encode(r, true, false);
		made += r->skips == before;
	}
	assert_int_equal(r->skips, first + skips);
	return made;
}

/* Moves `a` and `b` alike: what the decoders show must stay the same. */
static void move_both(struct run *a, struct run *b, unsigned from, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		canvas_scene(&a->canvas, from + i);
		canvas_scene(&b->canvas, from + i);
		encode(a, false, false);
		encode(b, false, false);
		assert_memory_equal(
			a->luma, b->luma, (size_t)a->canvas.frame.width_px * a->canvas.frame.height_px);
	}
}

/* One stream with host-written repeats, one without, from the same pictures otherwise. */
static void streams_stay_equal(uint32_t width, uint32_t height, uint32_t hz)
{
	struct run with = run_new(width, height, hz, 20000, 1),
		   without = run_new(width, height, hz, 20000, 1);
	move_both(&with, &without, 0, 5);
	static const unsigned skips[] = {1, 16, 37};
	for (size_t round = 0; round < sizeof(skips) / sizeof(skips[0]); round++) {
		unsigned made = stand_still(&with, skips[round]);
		for (unsigned i = 0; i < made; i++)
			encode(&without, true, false);
		move_both(&with, &without, 100 * (unsigned)round, 20);
	}
	encode(&with, false, true);
	encode(&without, false, true);
	move_both(&with, &without, 1000, 3);
	stand_still(&with, 2);
	assert_int_equal(without.skips, 0);
	run_free(&with);
	run_free(&without);
}

static void decoded_streams_do_not_differ(void **state)
{
	streams_stay_equal(320, 200, 60);   /* CABAC */
	streams_stay_equal(426, 240, 60);   /* half macroblocks at the edges */
	streams_stay_equal(1280, 720, 120); /* CAVLC: the load of a fast mode */
}

/* With several slices every one of them is renumbered, or the decoder refuses the picture. */
static void pictures_of_many_slices_go_on(void **state)
{
	struct run r = run_new(426, 240, 60, 20000, 4);
	canvas_scene(&r.canvas, 0);
	encode(&r, false, false);
	for (unsigned round = 1; round <= 3; round++) {
		stand_still(&r, 19);
		for (unsigned i = 0; i < 40; i++) {
			canvas_scene(&r.canvas, 50 * round + i);
			encode(&r, false, false);
		}
	}
	run_free(&r);
}

/* Short repeats for want of bits are no sign that the picture is good: it must not freeze blurred. */
static void poor_pictures_are_left_to_the_encoder(void **state)
{
	struct run r = run_new(640, 360, 60, 500, 1);
	for (unsigned i = 0; i < 5; i++) {
		canvas_scene(&r.canvas, i);
		encode(&r, false, false);
	}
	for (unsigned i = 0; i < 30; i++)
		encode(&r, true, false);
	assert_int_equal(r.skips, 0);
	run_free(&r);
}

static void a_key_request_is_not_answered_by_a_skip(void **state)
{
	struct run r = run_new(320, 200, 60, 20000, 1);
	canvas_scene(&r.canvas, 0);
	encode(&r, false, false);
	stand_still(&r, 3);
	encode(&r, true, true); /* asserts the key */
	stand_still(&r, 3);
	run_free(&r);
}

static void unknown_parameter_sets_give_no_skips(void **state)
{
	struct h264_skip s = {0};
	uint8_t out[H264_SKIP_BYTES_MAX];
	assert_int_equal(h264_skip_write(&s, out), 0);
	uint64_t seed = 3;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t key[4 + 24 + H264_SKIP_GROWTH] = {0, 0, 1, i % 2 ? 0x67 : 0x68};
		random_fill(&seed, key + 4, 24);
		memcpy(key + 16, "\0\0\1\x68", 4);
		assert_int_equal(h264_skip_follow(&s, key, 28, true), 28);
		size_t len = h264_skip_write(&s, out);
		assert_in_range(len, 0, sizeof(out));
	}
}

/* Slices whose first bytes are as awkward as can be for emulation prevention. */
#define NAL_BYTES 80

static size_t escaped(uint8_t *out, const uint8_t *data, size_t len)
{
	size_t n = 0;
	unsigned zeros = 0;
	for (size_t i = 0; i < len; i++) {
		if (zeros == 2 && data[i] <= 3) {
			out[n++] = 3;
			zeros = 0;
		}
		out[n++] = data[i];
		zeros = data[i] ? 0 : zeros + 1;
	}
	return n;
}

static size_t slice(
	uint8_t *out, uint64_t seed, uint32_t first_mb, uint32_t num, unsigned num_bits, size_t len)
{
	uint8_t plain[NAL_BYTES] = {0x41};
	random_fill(&seed, plain + 1, sizeof(plain) - 1);
	for (size_t i = 1; i < len; i++)
		plain[i] = plain[i] < 190 ? 0 : plain[i] & 3;
	struct bit_writer w = {.data = plain, .bits = sizeof(plain) * 8, .at = 8};
	bits_put_ue(&w, first_mb);
	bits_put_ue(&w, 5);
	bits_put_ue(&w, 0);
	bits_put(&w, num, num_bits);
	plain[len - 1] |= 1; /* a unit never ends in zero */
	memcpy(out, "\0\0\1", 3);
	return 3 + escaped(out + 3, plain, len);
}

static void renumbering_keeps_every_other_bit(void **state)
{
	unsigned refused = 0;
	for (uint64_t seed = 1; seed <= 30000; seed++) {
		unsigned bits = 4 + seed % 9;
		uint32_t mask = (1u << bits) - 1, mb = seed % 3 ? 0 : (uint32_t)(seed * 7 % 9000);
		struct h264_skip s = {
			.usable = true, .frame_num_bits = bits, .inserted = (uint32_t)(seed % 97) + 1};
		s.pictures = s.inserted + (uint32_t)(seed % 1001);
		uint32_t theirs = s.pictures + 1 - s.inserted, ours = s.pictures + 1;
		size_t second = 12 + seed % (NAL_BYTES - 12);
		uint8_t unit[4 * NAL_BYTES + H264_SKIP_GROWTH], wanted[4 * NAL_BYTES];
		size_t len = slice(unit, seed, 0, theirs & mask, bits, NAL_BYTES);
		len += slice(unit + len, seed + 1, mb, theirs & mask, bits, second);
		size_t wanted_len = slice(wanted, seed, 0, ours & mask, bits, NAL_BYTES);
		wanted_len += slice(wanted + wanted_len, seed + 1, mb, ours & mask, bits, second);
		size_t got = h264_skip_follow(&s, unit, len, false);
		if (got == 0) { /* a window of zeros: allowed, but rare */
			refused++;
			continue;
		}
		assert_int_equal(got, wanted_len);
		assert_memory_equal(unit, wanted, wanted_len);
	}
	assert_in_range(refused, 0, 30);
}

static void unexpected_numbers_are_refused(void **state)
{
	uint8_t unit[2 * NAL_BYTES + H264_SKIP_GROWTH];
	struct h264_skip s = {.usable = true, .frame_num_bits = 4, .pictures = 9, .inserted = 2};
	size_t len = slice(unit, 1, 0, 3, 4, NAL_BYTES);
	assert_int_equal(h264_skip_follow(&s, unit, len, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoded_streams_do_not_differ),
		cmocka_unit_test(pictures_of_many_slices_go_on),
		cmocka_unit_test(poor_pictures_are_left_to_the_encoder),
		cmocka_unit_test(a_key_request_is_not_answered_by_a_skip),
		cmocka_unit_test(unknown_parameter_sets_give_no_skips),
		cmocka_unit_test(renumbering_keeps_every_other_bit),
		cmocka_unit_test(unexpected_numbers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
