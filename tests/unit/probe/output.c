/* Dump, decoder and snapshot over a stream that x264 makes here. */
#include "probe/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <png.h>

#include "os/file.h"

#define WIDTH  64
#define HEIGHT 48
#define UNITS  8

struct stream {
	uint8_t *data[UNITS];
	size_t len[UNITS];
	size_t count;
};

static void take_packets(AVCodecContext *c, struct stream *s)
{
	AVPacket *p = av_packet_alloc();
	assert_non_null(p);
	while (avcodec_receive_packet(c, p) == 0) {
		assert_true(s->count < UNITS);
		s->data[s->count] = malloc((size_t)p->size);
		assert_non_null(s->data[s->count]);
		memcpy(s->data[s->count], p->data, (size_t)p->size);
		s->len[s->count++] = (size_t)p->size;
		av_packet_unref(p);
	}
	av_packet_free(&p);
}

/* One colour: BT.709 limited red is Y 63, Cb 102, Cr 240. Each frame differs by one brighter square. */
static void paint(AVFrame *f, int n)
{
	for (int y = 0; y < HEIGHT; y++)
		memset(f->data[0] + y * f->linesize[0], 63, WIDTH);
	for (int y = 0; y < 8; y++)
		memset(f->data[0] + y * f->linesize[0] + 4 * n, 120, 8);
	for (int y = 0; y < HEIGHT / 2; y++) {
		memset(f->data[1] + y * f->linesize[1], 102, WIDTH / 2);
		memset(f->data[2] + y * f->linesize[2], 240, WIDTH / 2);
	}
}

static struct stream make_stream(void)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	struct stream s = {0};
	if (!codec)
		skip();
	AVCodecContext *c = avcodec_alloc_context3(codec);
	AVFrame *f = av_frame_alloc();
	assert_true(c && f);
	c->width = f->width = WIDTH;
	c->height = f->height = HEIGHT;
	c->pix_fmt = AV_PIX_FMT_YUV420P;
	f->format = AV_PIX_FMT_YUV420P;
	c->time_base = (AVRational){1, 30};
	c->colorspace = AVCOL_SPC_BT709;
	c->thread_count = 1;
	av_opt_set(c->priv_data, "tune", "zerolatency", 0);
	av_opt_set(c->priv_data, "crf", "10", 0);
	assert_int_equal(avcodec_open2(c, codec, NULL), 0);
	assert_int_equal(av_frame_get_buffer(f, 0), 0);
	for (int n = 0; n < UNITS; n++) {
		assert_int_equal(av_frame_make_writable(f), 0);
		paint(f, n);
		f->pts = n;
		assert_int_equal(avcodec_send_frame(c, f), 0);
		take_packets(c, &s);
	}
	assert_int_equal(s.count, UNITS);
	av_frame_free(&f);
	avcodec_free_context(&c);
	return s;
}

static void free_stream(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->data[i]);
}

static void temp_name(char *out, size_t cap, const char *suffix)
{
	const char *dir = getenv("TMPDIR");
	snprintf(out, cap, "%s/pf-probe-%ld%s", dir ? dir : "/tmp", (long)getpid(), suffix);
}

static void a_stream_is_written_decoded_and_shown(void **state)
{
	char dump[256], shot[256];
	temp_name(dump, sizeof(dump), ".h264");
	temp_name(shot, sizeof(shot), ".png");
	struct stream s = make_stream();
	struct pf_probe_output *o;
	const struct pf_probe_output_params params = {.path = dump, .codec = PF_CODEC_H264, .snapshot = shot};
	assert_int_equal(pf_probe_output_start(&o, &params, NULL), PF_OK);
	size_t total = 0;
	for (size_t i = 0; i < s.count; i++) {
		pf_probe_output_put(o, s.data[i], s.len[i], 0);
		total += s.len[i];
	}
	struct pf_probe_output_stats stats;
	assert_int_equal(pf_probe_output_finish(o, &stats, NULL), PF_OK);
	assert_int_equal(stats.written, UNITS);
	assert_int_equal(stats.pictures, UNITS);
	assert_int_equal(stats.decoder_errors, 0);
	assert_int_equal(stats.left_out, 0);
	assert_int_equal(stats.width_px, WIDTH);
	assert_int_equal(stats.height_px, HEIGHT);

	char *bytes;
	size_t len;
	assert_int_equal(pf_file_read(dump, 1 << 20, &bytes, &len), PF_OK);
	assert_int_equal(len, total);
	assert_memory_equal(bytes, s.data[0], s.len[0]);
	free(bytes);

	png_image image = {.version = PNG_IMAGE_VERSION};
	assert_true(png_image_begin_read_from_file(&image, shot));
	assert_int_equal(image.width, WIDTH);
	assert_int_equal(image.height, HEIGHT);
	image.format = PNG_FORMAT_RGB;
	uint8_t rgb[WIDTH * HEIGHT * 3];
	assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
	const uint8_t *corner = rgb + 3 * (WIDTH * HEIGHT - 1);
	assert_in_range(corner[0], 245, 255);
	assert_in_range(corner[1], 0, 10);
	assert_in_range(corner[2], 0, 10);
	unlink(dump);
	unlink(shot);
	free_stream(&s);
}

static void damage_is_counted_and_a_keyframe_wanted(void **state)
{
	struct stream s = make_stream();
	struct pf_probe_output *o;
	const struct pf_probe_output_params params = {.codec = PF_CODEC_H264, .decode = true};
	assert_int_equal(pf_probe_output_start(&o, &params, NULL), PF_OK);
	uint8_t noise[400];
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 37);
	for (int i = 0; i < 3; i++)
		pf_probe_output_put(o, noise, sizeof(noise), 0);
	bool wanted = false;
	for (int i = 0; i < 2000 && !wanted; i++) {
		wanted = pf_probe_output_wants_key(o);
		usleep(1000);
	}
	assert_true(wanted);
	assert_false(pf_probe_output_wants_key(o));
	for (size_t i = 0; i < s.count; i++)
		pf_probe_output_put(o, s.data[i], s.len[i], 0);
	struct pf_probe_output_stats stats;
	assert_int_equal(pf_probe_output_finish(o, &stats, NULL), PF_OK);
	assert_true(stats.decoder_errors >= 3);
	assert_int_equal(stats.pictures, UNITS);
	free_stream(&s);
}

static void what_cannot_be_written_is_said(void **state)
{
	struct pf_reason reason = {0};
	struct pf_probe_output *o = NULL;
	struct pf_probe_output_params params = {.path = "/nonexistent/dump", .codec = PF_CODEC_H264};
	assert_int_equal(pf_probe_output_start(&o, &params, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "/nonexistent/dump"));
	params = (struct pf_probe_output_params){.codec = PF_CODEC_PYROWAVE, .decode = true};
	assert_int_equal(pf_probe_output_start(&o, &params, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "pyrowave"));
	assert_null(o);

	params = (struct pf_probe_output_params){.codec = PF_CODEC_H264, .snapshot = "/nonexistent/a.png"};
	struct pf_probe_output_stats stats;
	assert_int_equal(pf_probe_output_start(&o, &params, &reason), PF_OK);
	assert_int_equal(pf_probe_output_finish(o, &stats, &reason), PF_ERR_NOT_FOUND);
	struct stream s = make_stream();
	assert_int_equal(pf_probe_output_start(&o, &params, &reason), PF_OK);
	pf_probe_output_put(o, s.data[0], s.len[0], 0);
	assert_int_equal(pf_probe_output_finish(o, &stats, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "/nonexistent/a.png"));
	free_stream(&s);
}

int main(void)
{
	av_log_set_level(AV_LOG_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_written_decoded_and_shown),
		cmocka_unit_test(damage_is_counted_and_a_keyframe_wanted),
		cmocka_unit_test(what_cannot_be_written_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
