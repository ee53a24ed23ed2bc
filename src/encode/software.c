/*
 * Presets of x264, x265 and libaom. Common: no B pictures, no lookahead, no scene cuts, one reference,
 * key pictures on request only, parameter sets on each of them.
 */
#include "encode/software.h"

#include <libavutil/cpu.h>
#include <libavutil/opt.h>
#include <stdio.h>

#define THREADS_MAX 8

/*
 * x264 fits each picture into a rate buffer of one picture with a margin of a fifth, so it is told a higher
 * rate: on average it then uses 0.9 of the wanted one, and no picture takes more than 1.15 shares.
 */
#define X264_RATE_PERCENT 115

/* Finer quantisers than this never settle: a picture that stands still would cost bits for ever. With it a
 * still picture ends as 54 bytes at 1280x720, at about 50 dB. */
#define X264_QP_MIN 14

/*
 * Below this load x264 gets entropy coding and motion search of the superfast preset (+1.5 dB for a third
 * more time): one thread does about 160 million pixels a second of hard content that way, so that each core
 * stays more than half idle. 1920x1080 at 60 on two threads is 62 million.
 */
#define BETTER_TOOLS_MAX_PIXELS_PER_THREAD_S 65000000

static uint64_t pixels_per_s(const struct pf_mode *m)
{
	return (uint64_t)m->width_px * m->height_px * m->refresh_hz;
}

static int set(AVDictionary **options, const char *key, const char *value)
{
	return av_dict_set(options, key, value, 0) < 0 ? PF_ERR_NOMEM : PF_OK;
}

/* x264 makes one slice per thread and no other number. */
static int x264_options(AVDictionary **options, const struct pf_encoder_params *params, unsigned threads)
{
	bool better = pixels_per_s(&params->mode) / threads <= BETTER_TOOLS_MAX_PIXELS_PER_THREAD_S;
	char text[160];
	snprintf(text, sizeof(text),
		"keyint=infinite:scenecut=0:ref=1:no-deblock=0:8x8dct=1:aud=0:qpmin=%d:threads=%u%s",
		X264_QP_MIN, threads > params->slices ? threads : params->slices,
		better ? ":cabac=1:subme=1" : "");
	int err = set(options, "preset", "ultrafast");
	err = err ? err : set(options, "tune", "zerolatency");
	err = err ? err : set(options, "forced-idr", "1");
	return err ? err : set(options, "x264-params", text);
}

/* One slice whatever is asked: with more, x265 3.5 gives each picture one picture late. */
static int x265_options(AVDictionary **options, const struct pf_encoder_params *params, unsigned threads)
{
	char text[224];
	snprintf(text, sizeof(text),
		"keyint=-1:scenecut=0:open-gop=0:ref=1:repeat-headers=1:aud=0:info=0:hrd=0:videoformat=5:"
		"frame-threads=1:pools=%u:slices=1:log-level=error",
		threads);
	int err = set(options, "preset", "ultrafast");
	err = err ? err : set(options, "tune", "zerolatency");
	err = err ? err : set(options, "forced-idr", "1");
	return err ? err : set(options, "x265-params", text);
}

/* cpu-used above 8 is beyond what libavcodec 5.1 lets through by its own option. */
static int aom_options(AVDictionary **options, const struct pf_encoder_params *params, unsigned threads)
{
	int err = set(options, "usage", "realtime");
	err = err ? err : set(options, "lag-in-frames", "0");
	err = err ? err : set(options, "error-resilience", "0");
	err = err ? err : set(options, "row-mt", "1");
	err = err ? err : set(options, "tile-columns", threads >= 4 ? "2" : threads >= 2 ? "1" : "0");
	return err ? err : set(options, "aom-params", "cpu-used=10");
}

static const struct software_codec codecs[] = {
	{PF_CODEC_H264, "libx264", AV_PIX_FMT_NV12, true, X264_QP_MIN + 2, x264_options},
	{PF_CODEC_HEVC, "libx265", AV_PIX_FMT_YUV420P, false, -1, x265_options},
	{PF_CODEC_AV1, "libaom-av1", AV_PIX_FMT_YUV420P, false, -1, aom_options},
};

const struct software_codec *software_codec(enum pf_codec codec)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (codecs[i].codec == codec)
			return &codecs[i];
	}
	return NULL;
}

unsigned software_threads(const struct pf_encoder_params *params)
{
	int cpus = av_cpu_count();
	unsigned wanted = params->threads ? params->threads : cpus > 0 ? (unsigned)cpus : 1;
	return wanted < THREADS_MAX ? wanted : THREADS_MAX;
}

void software_set_rate(AVCodecContext *c, const struct pf_encoder_params *params, uint32_t bitrate_kbps)
{
	int64_t percent = c->codec_id == AV_CODEC_ID_H264 ? X264_RATE_PERCENT : 100;
	int64_t rate = (int64_t)bitrate_kbps * 10 * percent;
	int64_t buffer = rate / params->mode.refresh_hz;
	/* A key picture may fill the buffer, and a little more: never above what the client takes. */
	int64_t most = (int64_t)params->max_unit_bytes * 7;
	if (most > 0 && buffer > most) {
		buffer = most;
		rate = most * params->mode.refresh_hz;
	}
	c->bit_rate = rate;
	c->rc_max_rate = rate; /* equal: constant rate, which is also the only one that x264 changes live */
	c->rc_min_rate = rate;
	c->rc_buffer_size = buffer < INT32_MAX ? (int)buffer : INT32_MAX;
}
