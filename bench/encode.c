/*
 * What a picture costs with the default H.264 settings, moving and standing still: latency and CPU of the
 * encoder, the share of what is outside of it, page faults (there should be none once it runs).
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "encode/encoder.h"
#include "report.h"

#define WARM_UP     30
#define PICTURES    90
#define MARGIN      512  /* px that the view can wander over the scene */
#define BITS_PER_PX 0.16 /* 20 Mbit/s at 1920x1080 and 60 Hz */

struct scene {
	uint32_t *pixels;
	uint32_t stride_px;
	struct pf_frame view;
};

struct sample {
	int64_t encode_us, convert_us;
};

/* Blocks of texture with edges, so that motion has something to find and residuals something to code. */
static struct scene scene_new(uint32_t width, uint32_t height)
{
	const size_t huge = 2u << 20;
	struct scene s = {.stride_px = width + MARGIN};
	uint32_t rows = height + MARGIN;
	size_t bytes = ((size_t)s.stride_px * rows * 4 + huge - 1) / huge * huge;
	s.pixels = aligned_alloc(huge, bytes);
	if (!s.pixels)
		abort();
	madvise(s.pixels, bytes, MADV_HUGEPAGE);
	for (uint32_t y = 0; y < rows; y++) {
		for (uint32_t x = 0; x < s.stride_px; x++) {
			uint32_t block = (x / 16 * 2654435761u ^ y / 16 * 40503u * 65537u) >> 8;
			uint32_t fine = (x * 31 ^ y * 17) & 15;
			uint32_t grey = 40 + block % 160 + fine;
			s.pixels[(size_t)y * s.stride_px + x] =
				grey | (grey + block % 40) << 8 | (255 - grey) << 16;
		}
	}
	s.view = (struct pf_frame){
		.fourcc = PF_FOURCC_XRGB8888,
		.width_px = width,
		.height_px = height,
		.plane_count = 1,
		.plane = {{.fd = -1, .stride_bytes = s.stride_px * 4}},
		.full_damage = true,
	};
	return s;
}

static void move_view(struct scene *s, unsigned step)
{
	uint32_t x = step * 5 % MARGIN, y = step * 2 % MARGIN;
	s->view.plane[0].data = (const uint8_t *)(s->pixels + (size_t)y * s->stride_px + x);
}

static double process_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long faults(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt;
}

static int by_encode(const void *a, const void *b)
{
	int64_t x = ((const struct sample *)a)->encode_us, y = ((const struct sample *)b)->encode_us;
	return (x > y) - (x < y);
}

static struct sample encode_one(struct pf_encoder *e, struct scene *s, unsigned index, bool repeat)
{
	const struct pf_encode_request request = {.repeat = repeat, .frame_index = index};
	struct pf_unit *u;
	move_view(s, index);
	if (pf_encoder_encode(e, &s->view, &request, &u) != PF_OK)
		abort();
	struct sample one = {u->stamps.encode_us, u->stamps.convert_us};
	pf_unit_unref(u);
	return one;
}

static void run_pictures(struct pf_encoder *e, struct scene *s, const char *name, bool repeat)
{
	struct sample samples[PICTURES];
	for (unsigned i = 0; i < WARM_UP; i++)
		encode_one(e, s, i, repeat);
	long faults_before = faults();
	double cpu_before = process_ms(), outside = 0, inside = 0;
	for (unsigned i = 0; i < PICTURES; i++) {
		samples[i] = encode_one(e, s, WARM_UP + i, repeat);
		outside += (double)samples[i].convert_us;
		inside += (double)samples[i].encode_us;
	}
	double cpu = (process_ms() - cpu_before) / PICTURES;
	double faults_each = (double)(faults() - faults_before) / PICTURES;
	qsort(samples, PICTURES, sizeof(samples[0]), by_encode);
	const double value[] = {
		(double)samples[PICTURES / 2].encode_us / 1e3,
		(double)samples[PICTURES / 10].encode_us / 1e3,
		(double)samples[PICTURES * 9 / 10].encode_us / 1e3,
		cpu,
		100 * outside / inside,
		faults_each,
	};
	pf_report_row(name, repeat ? "repeats" : "moving", value);
}

static void measure(uint32_t width, uint32_t height, unsigned threads)
{
	const struct pf_encoder_params params = {
		.codec = PF_CODEC_H264,
		.mode = {width, height, 60},
		.bitrate_kbps = (uint32_t)(width * height * 60 * BITS_PER_PX / 1000),
		.threads = threads,
	};
	struct pf_reason reason = {0};
	struct pf_encoder *e;
	if (pf_encoder_open(&e, "software", &params, &reason) != PF_OK) {
		pf_report_note(reason.text);
		return;
	}
	struct scene s = scene_new(width, height);
	char name[64];
	snprintf(name, sizeof(name), "%ux%u, %u threads", width, height, threads);
	run_pictures(e, &s, name, false);
	run_pictures(e, &s, name, true);
	pf_encoder_close(e);
	free(s.pixels);
}

void bench_encode(void)
{
	static const uint32_t sizes[][2] = {{1280, 720}, {1920, 1080}, {2560, 1440}};
	static const struct pf_report_column columns[] = {
		{"ms", "ms", false},
		{"p10", "ms_p10", false},
		{"p90", "ms_p90", false},
		{"CPU ms", "cpu_ms", false},
		{"outside %", "outside_percent", false},
		{"faults", "faults", false},
	};
	pf_report_table("encode H.264 in software at 60 Hz, per picture", columns,
		sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned threads = 1; threads <= 2; threads++)
			measure(sizes[i][0], sizes[i][1], threads);
	}
}
