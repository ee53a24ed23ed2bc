#include "encode/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct canvas canvas_new(uint32_t width, uint32_t height)
{
	struct canvas c = {.bytes = calloc((size_t)width * height, 4)};
	assert_non_null(c.bytes);
	c.frame = (struct pf_frame){
		.fourcc = PF_FOURCC_XRGB8888,
		.width_px = width,
		.height_px = height,
		.plane_count = 1,
		.plane = {{.data = c.bytes, .fd = -1, .stride_bytes = width * 4}},
		.full_damage = true,
		.stamps = {.wait_us = 7, .capture_us = 8, .queue_us = 9},
	};
	return c;
}

void canvas_free(struct canvas *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

void canvas_fill(struct canvas *c, uint8_t r, uint8_t g, uint8_t b)
{
	const uint8_t pixel[4] = {b, g, r, 0};
	for (size_t i = 0; i < (size_t)c->frame.width_px * c->frame.height_px; i++)
		memcpy(c->bytes + 4 * i, pixel, 4);
}

void canvas_scene(struct canvas *c, unsigned step)
{
	for (uint32_t y = 0; y < c->frame.height_px; y++) {
		for (uint32_t x = 0; x < c->frame.width_px; x++) {
			uint32_t mx = x + 3 * step, my = y + step;
			uint32_t block = (mx / 8) * 2654435761u ^ (my / 8) * 40503u * 65537u;
			bool grid = x % 64 == 0 || y % 64 == 0;
			uint8_t *p = c->bytes + 4 * ((size_t)y * c->frame.width_px + x);
			p[0] = grid ? 255 : (uint8_t)(64 + (block >> 8) % 64 + mx % 8 * 4);
			p[1] = grid ? 255 : (uint8_t)(64 + (block >> 16) % 96 + my % 8 * 4);
			p[2] = grid ? 255 : (uint8_t)(64 + (block >> 24) % 64);
		}
	}
}

struct pf_encoder *stream_open(
	enum pf_codec codec, uint32_t width, uint32_t height, uint32_t hz, uint32_t bitrate_kbps)
{
	const struct pf_encoder_params params = {
		.codec = codec,
		.mode = {width, height, hz},
		.bitrate_kbps = bitrate_kbps,
		.threads = 2,
		.max_unit_bytes = 8u << 20,
	};
	struct pf_encoder *e = NULL;
	struct pf_reason reason = {0};
	if (pf_encoder_open(&e, "software", &params, &reason) != PF_OK)
		fail_msg("%s", reason.text);
	return e;
}

struct pf_unit *stream_encode(struct pf_encoder *e, struct canvas *c, bool force_key, uint32_t index)
{
	const struct pf_encode_request request = {
		.force_key = force_key, .pts_ns = 1000 + index, .frame_index = index};
	struct pf_unit *u = NULL;
	assert_int_equal(pf_encoder_encode(e, &c->frame, &request, &u), PF_OK);
	assert_int_equal(u->frame_index, index);
	assert_int_equal(u->pts_ns, 1000 + index);
	assert_true(u->len > 0);
	return u;
}

static void add_type(struct nal_list *l, uint8_t type)
{
	assert_in_range(l->count, 0, STREAM_NALS_MAX - 1);
	l->type[l->count++] = type;
}

/* Low-overhead OBUs, all with a size field (AV1 5.3). */
static struct nal_list obus(const uint8_t *data, size_t len)
{
	struct nal_list l = {0};
	for (size_t at = 0; at < len;) {
		uint8_t header = data[at++];
		add_type(&l, header >> 3 & 0xF);
		assert_true(header & 2);
		at += header >> 2 & 1;
		size_t size = 0;
		for (unsigned shift = 0;; shift += 7) {
			assert_true(at < len && shift < 32);
			size |= (size_t)(data[at] & 0x7F) << shift;
			if (!(data[at++] & 0x80))
				break;
		}
		assert_true(size <= len - at);
		at += size;
	}
	return l;
}

struct nal_list stream_nals(enum pf_codec codec, const uint8_t *data, size_t len)
{
	if (codec == PF_CODEC_AV1)
		return obus(data, len);
	struct nal_list l = {0};
	for (size_t i = 0; i + 3 < len; i++) {
		if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1)
			add_type(&l, codec == PF_CODEC_H264 ? data[i + 3] & 0x1F : data[i + 3] >> 1 & 0x3F);
	}
	return l;
}

unsigned nals_count(const struct nal_list *l, uint8_t type)
{
	unsigned n = 0;
	for (unsigned i = 0; i < l->count; i++)
		n += l->type[i] == type;
	return n;
}

bool nals_have(const struct nal_list *l, uint8_t type)
{
	return nals_count(l, type) > 0;
}

struct decoder decoder_new(enum pf_codec codec)
{
	/* libaom's decoder by name: libavcodec's own AV1 decoder needs hardware. */
	const AVCodec *c = codec == PF_CODEC_H264   ? avcodec_find_decoder(AV_CODEC_ID_H264)
			   : codec == PF_CODEC_HEVC ? avcodec_find_decoder(AV_CODEC_ID_HEVC)
						    : avcodec_find_decoder_by_name("libaom-av1");
	if (!c && codec == PF_CODEC_AV1)
		c = avcodec_find_decoder_by_name("libdav1d");
	assert_non_null(c);
	struct decoder d = {avcodec_alloc_context3(c), av_packet_alloc(), av_frame_alloc()};
	assert_true(d.context && d.packet && d.frame);
	d.context->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d.context->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
	d.context->thread_count = 1;
	assert_int_equal(avcodec_open2(d.context, c, NULL), 0);
	return d;
}

void decoder_feed(struct decoder *d, const struct pf_unit *u)
{
	d->packet->data = u->data;
	d->packet->size = (int)u->len;
	assert_int_equal(avcodec_send_packet(d->context, d->packet), 0);
	av_frame_unref(d->frame);
	assert_int_equal(avcodec_receive_frame(d->context, d->frame), 0);
	assert_int_equal(d->frame->decode_error_flags, 0);
}

void decoder_free(struct decoder *d)
{
	avcodec_free_context(&d->context);
	d->packet->data = NULL;
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
}
