/*
 * The "software" backend: libavcodec's CPU encoders. The picture is converted straight into the encoder's
 * input frame and libavcodec writes straight into a pooled unit, so nothing the size of a frame is
 * allocated or copied here once the stream runs.
 */
#include "encode/avcodec.h"

#include <assert.h>
#include <libavcodec/avcodec.h>
#include <libavutil/intreadwrite.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "encode/annexb.h"
#include "encode/h264_skip.h"
#include "encode/picture.h"
#include "encode/software.h"
#include "media/unit_pool.h"
#include "os/clock.h"

#define UNITS_MAX       64
#define UNIT_BYTES_MIN  (64u << 10)
#define PENDING         16 /* power of two, more than any encoder holds back */
#define SETTLED_REPEATS 4
#define LOG_INTERVAL    1000000000LL

/* What the unit of a picture must carry, kept until the encoder gives it. */
struct pending {
	uint64_t pts_ns;
	bool repeat;
	struct pf_stamps stamps;
};

struct software_encoder {
	struct pf_encoder base;
	struct pf_encoder_params params;
	const struct software_codec *codec;
	const struct pf_convert_kernel *kernel;
	AVCodecContext *context;
	AVFrame *frame;
	AVPacket *packet;
	struct pf_picture picture; /* the pixels of `frame` */
	bool stale; /* the picture is not what the last frame showed: convert all of the next */
	struct pf_unit_pool *pool;
	struct pf_unit *unit; /* what the encoder writes into, only during a call of encode */
	int64_t next_pts;     /* counts pictures: rate control must not see pauses */
	struct pending pending[PENDING];
	struct h264_skip skip;
	unsigned settled; /* repeats in a row that added nothing */
	struct pf_log_limit oversize_log;
};

static struct software_encoder *from_base(struct pf_encoder *base)
{
	assert(base->impl == &pf_encoder_software);
	return (struct software_encoder *)base;
}

__attribute__((format(printf, 3, 0))) static void log_from_libav(
	void *object, int level, const char *fmt, va_list args)
{
	if (level > AV_LOG_WARNING)
		return;
	char line[512];
	int n = vsnprintf(line, sizeof(line), fmt, args);
	if (n > 0 && n < (int)sizeof(line) && line[n - 1] == '\n')
		line[n - 1] = '\0';
	pf_log(level <= AV_LOG_ERROR ? PF_LOG_WARN : PF_LOG_DEBUG, "avcodec", "%s", line);
}

static void take_over_log(void)
{
	av_log_set_callback(log_from_libav);
}

static void unit_memory_unused(void *unit, uint8_t *data)
{
	pf_unit_unref(unit);
}

/* libavcodec asks where to put a packet. Always inside encode(), on its thread: these encoders thread
 * within a picture. */
static int packet_memory(AVCodecContext *context, AVPacket *packet, int flags)
{
	struct software_encoder *e = context->opaque;
	if (!e->unit || packet->size < 0 ||
		pf_unit_reserve(e->unit, (size_t)packet->size + H264_SKIP_GROWTH) != PF_OK)
		return AVERROR(ENOMEM);
	/* The padding that libavcodec wants is part of the unit's own. */
	packet->buf = av_buffer_create(e->unit->data, (size_t)packet->size + AV_INPUT_BUFFER_PADDING_SIZE,
		unit_memory_unused, pf_unit_ref(e->unit), 0);
	if (!packet->buf) {
		pf_unit_unref(e->unit);
		return AVERROR(ENOMEM);
	}
	packet->data = e->unit->data;
	return 0;
}

/* libavcodec numbers them as H.273 does. */
static void configure_colour(AVCodecContext *c, const struct pf_colour *colour)
{
	c->color_primaries = colour->primaries ? colour->primaries : AVCOL_PRI_BT709;
	c->color_trc = colour->transfer ? colour->transfer : AVCOL_TRC_BT709;
	c->colorspace = colour->matrix ? colour->matrix : AVCOL_SPC_BT709;
	c->color_range = colour->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

static void configure(struct software_encoder *e, unsigned threads)
{
	AVCodecContext *c = e->context;
	c->opaque = e;
	c->get_encode_buffer = packet_memory;
	c->width = (int)e->params.mode.width_px;
	c->height = (int)e->params.mode.height_px;
	c->pix_fmt = e->codec->format;
	c->time_base = (AVRational){1, (int)e->params.mode.refresh_hz};
	c->framerate = (AVRational){(int)e->params.mode.refresh_hz, 1};
	c->gop_size = 1 << 30;
	c->max_b_frames = 0;
	c->refs = 1;
	c->thread_count = (int)threads;
	c->thread_type = FF_THREAD_SLICE;
	configure_colour(c, &e->params.colour);
	software_set_rate(c, &e->params, e->params.bitrate_kbps);
}

static int open_context(struct software_encoder *e, struct pf_reason *reason)
{
	const char *name = e->codec->lavc_name;
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	if (!codec || !(codec->capabilities & AV_CODEC_CAP_DR1))
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"libavcodec here has no %s encoder; install one that has it (Debian: libavcodec59 or "
			"libavcodec-extra, Fedora: ffmpeg of RPM Fusion)",
			name);
	e->context = avcodec_alloc_context3(codec);
	if (!e->context)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the %s encoder", name);
	unsigned threads = software_threads(&e->params);
	configure(e, threads);
	AVDictionary *options = NULL;
	int err = e->codec->options(&options, &e->params, threads);
	int averr = err == PF_OK ? avcodec_open2(e->context, codec, &options) : AVERROR(ENOMEM);
	const AVDictionaryEntry *unknown =
		averr == 0 ? av_dict_get(options, "", NULL, AV_DICT_IGNORE_SUFFIX) : NULL;
	if (unknown)
		err = pf_reason(reason, PF_ERR_UNSUPPORTED,
			"%s of this libavcodec does not know \"%s\"; use 5.1 or newer", name, unknown->key);
	else if (averr < 0)
		err = pf_reason(reason, averr == AVERROR(ENOMEM) ? PF_ERR_NOMEM : PF_ERR_UNSUPPORTED,
			"%s cannot be opened for %ux%u at %u Hz and %u kbit/s: %s", name,
			e->params.mode.width_px, e->params.mode.height_px, e->params.mode.refresh_hz,
			e->params.bitrate_kbps, av_err2str(averr));
	av_dict_free(&options);
	return err;
}

static void software_close(struct pf_encoder *base)
{
	struct software_encoder *e = from_base(base);
	avcodec_free_context(&e->context);
	av_frame_free(&e->frame);
	av_packet_free(&e->packet);
	pf_unit_pool_destroy(e->pool);
	free(e);
}

static size_t expected_unit_bytes(const struct pf_encoder_params *p)
{
	uint64_t share = (uint64_t)p->bitrate_kbps * 125 / p->mode.refresh_hz * 2;
	return share < UNIT_BYTES_MIN          ? UNIT_BYTES_MIN
	       : share > PF_UNIT_BYTES_MAX / 4 ? PF_UNIT_BYTES_MAX / 4
					       : share;
}

static int open_parts(struct software_encoder *e, struct pf_reason *reason)
{
	const struct pf_mode *m = &e->params.mode;
	int err = open_context(e, reason);
	if (err != PF_OK)
		return err;
	err = picture_create(&e->frame, &e->picture, e->codec->format, m->width_px, m->height_px);
	e->picture.colour = e->params.colour;
	if (err == PF_OK)
		err = pf_unit_pool_create(&e->pool, expected_unit_bytes(&e->params), UNITS_MAX);
	e->packet = av_packet_alloc();
	if (err != PF_OK || !e->packet)
		return pf_reason(
			reason, PF_ERR_NOMEM, "no memory for pictures of %ux%u", m->width_px, m->height_px);
	return PF_OK;
}

static int software_open(
	struct pf_encoder **out, const struct pf_encoder_params *params, struct pf_reason *reason)
{
	static pthread_once_t log_once = PTHREAD_ONCE_INIT;
	pthread_once(&log_once, take_over_log);
	const struct software_codec *codec = software_codec(params->codec);
	if (!codec)
		return pf_reason(reason, PF_ERR_UNSUPPORTED, "there is no software encoder for %s",
			pf_codec_name(params->codec));
	struct software_encoder *e = calloc(1, sizeof(*e));
	if (!e)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the encoder");
	e->base.impl = &pf_encoder_software;
	e->params = *params;
	e->codec = codec;
	e->kernel = pf_convert_best();
	e->stale = true;
	int err = open_parts(e, reason);
	if (err != PF_OK) {
		software_close(&e->base);
		return err;
	}
	*out = &e->base;
	return PF_OK;
}

static int software_probe(enum pf_codec codec, struct pf_reason *reason)
{
	const struct pf_encoder_params small = {
		.codec = codec,
		.mode = {PF_MODE_WIDTH_MIN, PF_MODE_HEIGHT_MIN, 30},
		.bitrate_kbps = 1000,
		.threads = 1,
	};
	struct pf_encoder *e = NULL;
	int err = software_open(&e, &small, reason);
	if (e)
		software_close(e);
	return err;
}

/* Brings the encoder's picture up to the frame. */
static int update_picture(struct software_encoder *e, const struct pf_frame *frame, bool repeat)
{
	if (repeat && !e->stale)
		return PF_OK;
	int err = picture_own(e->frame, &e->picture);
	if (err != PF_OK)
		return err;
	err = pf_convert(e->kernel, &e->picture, frame, e->stale);
	e->stale = err != PF_OK;
	return err == PF_ERR_UNSUPPORTED ? PF_ERR_INVALID : err;
}

static void warn_if_oversized(struct software_encoder *e, size_t len, int64_t now_ns)
{
	if (e->params.max_unit_bytes == 0 || len <= e->params.max_unit_bytes)
		return;
	unsigned count = pf_log_allow(&e->oversize_log, now_ns, LOG_INTERVAL);
	if (count > 0)
		pf_warn("encode",
			"%s made a unit of %zu bytes, the client takes %u (%u times); it will be dropped",
			e->codec->lavc_name, len, e->params.max_unit_bytes, count);
}

/* The mean quantiser that the encoder tells of its packet; INT_MAX when it does not. */
static int packet_qp(const AVPacket *packet)
{
	size_t len;
	const uint8_t *stats = av_packet_get_side_data(packet, AV_PKT_DATA_QUALITY_STATS, &len);
	return stats && len >= 4 ? (int)AV_RL32(stats) / FF_QP2LAMBDA : INT_MAX;
}

/* Is this a repeat with next to no coded macroblock, and not for lack of bits? */
static bool adds_nothing(const struct software_encoder *e, size_t len)
{
	size_t few = 64 + (size_t)e->params.mode.width_px * e->params.mode.height_px / 8192;
	return e->unit->repeat && len <= few && packet_qp(e->packet) <= e->codec->settled_qp;
}

/* Brings the encoder's bytes into the form of the wire. Returns their length, 0 when that cannot be. */
static size_t finish_bytes(struct software_encoder *e, size_t len)
{
	struct pf_unit *u = e->unit;
	e->settled = adds_nothing(e, len) ? e->settled + 1 : 0;
	if (u->key && e->codec->codec != PF_CODEC_AV1)
		len = annexb_strip(u->data, len, e->codec->codec);
	return e->codec->codec == PF_CODEC_H264 ? h264_skip_follow(&e->skip, u->data, len, u->key) : len;
}

/* The packet in e->packet becomes e->unit's content. */
static int fill_unit(struct software_encoder *e, const struct pf_encode_request *request, int64_t submit_ns)
{
	struct pf_unit *u = e->unit;
	const struct pending *p = &e->pending[e->packet->pts & (PENDING - 1)];
	u->key = e->packet->flags & AV_PKT_FLAG_KEY;
	u->frame_index = request->frame_index;
	u->pts_ns = p->pts_ns;
	u->repeat = p->repeat;
	u->stamps = p->stamps;
	size_t len = finish_bytes(e, (size_t)e->packet->size);
	if (len == 0)
		return PF_ERR_REBUILD;
	pf_unit_set_len(u, len);
	int64_t now = pf_now_ns();
	u->stamps.encode_us = (uint32_t)((now - submit_ns) / 1000);
	warn_if_oversized(e, len, now);
	return PF_OK;
}

/* A repeat that needs no encoder. PF_ERR_UNSUPPORTED: it does. */
static int write_skip(
	struct software_encoder *e, const struct pf_frame *frame, const struct pf_encode_request *request)
{
	int64_t start = pf_now_ns();
	struct pf_unit *u = e->unit;
	if (!request->repeat || request->force_key || e->stale || e->settled < SETTLED_REPEATS)
		return PF_ERR_UNSUPPORTED;
	int err = pf_unit_reserve(u, H264_SKIP_BYTES_MAX);
	if (err != PF_OK)
		return err;
	size_t len = h264_skip_write(&e->skip, u->data);
	if (len == 0)
		return PF_ERR_UNSUPPORTED;
	pf_unit_set_len(u, len);
	u->repeat = true;
	u->frame_index = request->frame_index;
	u->pts_ns = request->pts_ns;
	u->stamps = frame->stamps;
	u->stamps.convert_us = 0;
	u->stamps.encode_us = (uint32_t)((pf_now_ns() - start) / 1000);
	return PF_OK;
}

static int run_encoder(struct software_encoder *e, const struct pf_encode_request *request)
{
	int64_t start = pf_now_ns();
	e->frame->pts = e->next_pts++;
	e->frame->pict_type = request->force_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	if (avcodec_send_frame(e->context, e->frame) < 0)
		return PF_ERR_REBUILD;
	int averr = avcodec_receive_packet(e->context, e->packet);
	if (averr < 0)
		return averr == AVERROR(EAGAIN) ? PF_ERR_AGAIN : PF_ERR_REBUILD;
	int err = fill_unit(e, request, start);
	av_packet_unref(e->packet);
	return err;
}

static int encode_into_unit(
	struct software_encoder *e, struct pf_frame *frame, const struct pf_encode_request *request)
{
	int64_t start = pf_now_ns();
	int err = update_picture(e, frame, request->repeat);
	if (err != PF_OK)
		return err;
	struct pending *p = &e->pending[e->next_pts & (PENDING - 1)];
	*p = (struct pending){request->pts_ns, request->repeat, frame->stamps};
	p->stamps.convert_us = (uint32_t)((pf_now_ns() - start) / 1000);
	return run_encoder(e, request);
}

static int software_encode(struct pf_encoder *base, struct pf_frame *frame,
	const struct pf_encode_request *request, struct pf_unit **out)
{
	struct software_encoder *e = from_base(base);
	int err = pf_unit_pool_take(e->pool, &e->unit);
	if (err != PF_OK) {
		e->stale = true; /* this frame's damage is not in the picture */
		return err;
	}
	err = write_skip(e, frame, request);
	if (err == PF_ERR_UNSUPPORTED)
		err = encode_into_unit(e, frame, request);
	struct pf_unit *unit = e->unit;
	e->unit = NULL;
	if (err != PF_OK) {
		pf_unit_unref(unit);
		return err;
	}
	*out = unit;
	return PF_OK;
}

static int software_set_bitrate(struct pf_encoder *base, uint32_t bitrate_kbps)
{
	struct software_encoder *e = from_base(base);
	if (!e->codec->live_rate)
		return PF_ERR_UNSUPPORTED;
	software_set_rate(e->context, &e->params, bitrate_kbps);
	return PF_OK;
}

const struct pf_encoder_impl pf_encoder_software = {
	.name = "software",
	.codecs = PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1,
	.slow = PF_CODEC_HEVC | PF_CODEC_AV1,
	.probe = software_probe,
	.open = software_open,
	.encode = software_encode,
	.set_rate = software_set_bitrate,
	.close = software_close,
};
