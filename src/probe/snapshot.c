#include "probe/snapshot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libyuv.h>
#include <png.h>

struct pf_probe_decoder {
	AVCodecContext *context;
	AVPacket *packet;
	AVFrame *frame;
	AVFrame *last; /* whole; width 0 = none yet */
};

static enum AVCodecID codec_id(enum pf_codec codec)
{
	switch (codec) {
	case PF_CODEC_H264:
		return AV_CODEC_ID_H264;
	case PF_CODEC_HEVC:
		return AV_CODEC_ID_HEVC;
	case PF_CODEC_AV1:
		return AV_CODEC_ID_AV1;
	case PF_CODEC_PYROWAVE:
	case PF_CODEC_NONE:
		break;
	}
	return AV_CODEC_ID_NONE;
}

int pf_probe_decoder_create(struct pf_probe_decoder **out, enum pf_codec codec, struct pf_reason *reason)
{
	const AVCodec *c = avcodec_find_decoder(codec_id(codec));
	if (!c)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"libavcodec has no decoder for %s here: leave out --decode and --snapshot",
			pf_codec_name(codec));
	struct pf_probe_decoder *d = calloc(1, sizeof(*d));
	if (!d)
		return PF_ERR_NOMEM;
	av_log_set_level(AV_LOG_QUIET); /* errors are counted, not printed */
	d->context = avcodec_alloc_context3(c);
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	d->last = av_frame_alloc();
	int err = d->context && d->packet && d->frame && d->last ? PF_OK : PF_ERR_NOMEM;
	if (!err) {
		d->context->thread_count = 1;
		d->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
		d->context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
		if (avcodec_open2(d->context, c, NULL) < 0)
			err = pf_reason(
				reason, PF_ERR_UNSUPPORTED, "the %s decoder cannot be opened", c->name);
	}
	if (err) {
		pf_probe_decoder_destroy(d);
		return err;
	}
	*out = d;
	return PF_OK;
}

void pf_probe_decoder_destroy(struct pf_probe_decoder *d)
{
	if (!d)
		return;
	avcodec_free_context(&d->context);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	av_frame_free(&d->last);
	free(d);
}

static void take_pictures(struct pf_probe_decoder *d, struct pf_probe_decoded *sum)
{
	int got;
	while ((got = avcodec_receive_frame(d->context, d->frame)) == 0) {
		if (d->frame->decode_error_flags || (d->frame->flags & AV_FRAME_FLAG_CORRUPT)) {
			sum->errors++;
			av_frame_unref(d->frame);
			continue;
		}
		sum->pictures++;
		av_frame_unref(d->last);
		av_frame_move_ref(d->last, d->frame);
	}
	if (got != AVERROR(EAGAIN) && got != AVERROR_EOF)
		sum->errors++;
}

struct pf_probe_decoded pf_probe_decoder_feed(
	struct pf_probe_decoder *d, const uint8_t *data, size_t len, uint64_t pts_ns)
{
	struct pf_probe_decoded sum = {0};
	av_packet_unref(d->packet);
	if (av_new_packet(d->packet, (int)len) < 0) { /* with the padding that parsers read over */
		sum.errors++;
		return sum;
	}
	memcpy(d->packet->data, data, len);
	d->packet->pts = (int64_t)pts_ns;
	if (avcodec_send_packet(d->context, d->packet) < 0)
		sum.errors++;
	take_pictures(d, &sum);
	return sum;
}

static uint64_t sum_of_line(const uint8_t *line, int width, bool wide)
{
	uint64_t sum = 0;
	for (int x = 0; x < width; x++)
		sum += wide ? ((const uint16_t *)(const void *)line)[x] : line[x];
	return sum;
}

float pf_probe_decoder_luma(const struct pf_probe_decoder *d, uint64_t *pts_ns)
{
	const AVFrame *f = d->last;
	int depth = av_pix_fmt_desc_get(f->format)->comp[0].depth;
	uint64_t sum = 0;
	for (int y = 0; y < f->height; y++)
		sum += sum_of_line(f->data[0] + (ptrdiff_t)y * f->linesize[0], f->width, depth > 8);
	*pts_ns = (uint64_t)f->pts;
	return (float)((double)sum / ((double)f->width * f->height * ((1 << depth) - 1)));
}

void pf_probe_decoder_size(const struct pf_probe_decoder *d, unsigned *width_px, unsigned *height_px)
{
	*width_px = (unsigned)d->last->width;
	*height_px = (unsigned)d->last->height;
}

static const struct YuvConstants *matrix_of(const AVFrame *f)
{
	bool full = f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P;
	if (f->colorspace == AVCOL_SPC_BT2020_NCL)
		return full ? &kYuvV2020Constants : &kYuv2020Constants;
	if (f->colorspace == AVCOL_SPC_SMPTE170M || f->colorspace == AVCOL_SPC_BT470BG)
		return full ? &kYuvJPEGConstants : &kYuvI601Constants;
	return full ? &kYuvF709Constants : &kYuvH709Constants;
}

static int to_bgra(const AVFrame *f, uint8_t *bgra, struct pf_reason *reason)
{
	const struct YuvConstants *m = matrix_of(f);
	int stride = 4 * f->width, width = f->width, height = f->height;
	uint8_t *const *p = f->data;
	const int *s = f->linesize;
	switch (f->format) {
	case AV_PIX_FMT_YUV420P:
	case AV_PIX_FMT_YUVJ420P:
		I420ToARGBMatrix(p[0], s[0], p[1], s[1], p[2], s[2], bgra, stride, m, width, height);
		return PF_OK;
	case AV_PIX_FMT_YUV444P:
		I444ToARGBMatrix(p[0], s[0], p[1], s[1], p[2], s[2], bgra, stride, m, width, height);
		return PF_OK;
	case AV_PIX_FMT_NV12:
		NV12ToARGBMatrix(p[0], s[0], p[1], s[1], bgra, stride, m, width, height);
		return PF_OK;
	case AV_PIX_FMT_YUV420P10:
		I010ToARGBMatrix((const uint16_t *)p[0], s[0] / 2, (const uint16_t *)p[1], s[1] / 2,
			(const uint16_t *)p[2], s[2] / 2, bgra, stride, m, width, height);
		return PF_OK;
	default:
		return pf_reason(reason, PF_ERR_UNSUPPORTED, "cannot make a PNG of a %s picture",
			av_get_pix_fmt_name(f->format));
	}
}

static int write_png(const char *path, const uint8_t *bgra, const AVFrame *f, struct pf_reason *reason)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)f->width,
		.height = (png_uint_32)f->height,
		.format = PNG_FORMAT_BGRA};
	errno = 0;
	if (!png_image_write_to_file(&image, path, 0, bgra, 4 * f->width, NULL))
		return pf_reason(reason, PF_ERR_IO, "cannot write %s: %s", path,
			errno ? strerror(errno) : image.message);
	return PF_OK;
}

int pf_probe_decoder_snapshot(const struct pf_probe_decoder *d, const char *path, struct pf_reason *reason)
{
	const AVFrame *f = d->last;
	if (f->width == 0)
		return pf_reason(reason, PF_ERR_NOT_FOUND, "no whole picture came, so there is no snapshot");
	uint8_t *bgra = malloc((size_t)f->width * (size_t)f->height * 4);
	if (!bgra)
		return PF_ERR_NOMEM;
	int err = to_bgra(f, bgra, reason);
	if (!err)
		err = write_png(path, bgra, f, reason);
	free(bgra);
	return err;
}
