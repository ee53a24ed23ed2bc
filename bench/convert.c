/* Colour conversion against a copy of its source and against libyuv, with the source in cache and not. */
#include "bench.h"

#include <libyuv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "convert/convert.h"

#define COLD_BYTES  (136u << 20) /* more than any cache */
#define KERNELS_MAX 4

/* Source frames in a ring; hot = a ring of one. */
struct work {
	struct pf_frame frame;
	struct pf_picture picture;
	const struct pf_convert_kernel *kernel;
	uint8_t *source, *copy;
	size_t frame_bytes;
	unsigned ring, next;
};

static uint8_t *touched_memory(size_t bytes)
{
	const size_t huge = 2u << 20;
	uint8_t *p = aligned_alloc(huge, (bytes + huge - 1) / huge * huge);
	if (!p)
		abort();
	madvise(p, bytes, MADV_HUGEPAGE);
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 13);
	return p;
}

static const uint8_t *next_source(struct work *w)
{
	w->next = (w->next + 1) % w->ring;
	return w->source + w->next * w->frame_bytes;
}

static void run_copy(void *user, unsigned iterations)
{
	struct work *w = user;
	for (unsigned i = 0; i < iterations; i++)
		memcpy(w->copy, next_source(w), w->frame_bytes);
}

static void run_libyuv(void *user, unsigned iterations)
{
	struct work *w = user;
	const struct pf_picture *p = &w->picture;
	for (unsigned i = 0; i < iterations; i++)
		ARGBToNV12(next_source(w), (int)p->width_px * 4, p->plane[0], (int)p->stride_bytes[0],
			p->plane[1], (int)p->stride_bytes[1], (int)p->width_px, (int)p->height_px);
}

static void run_kernel(void *user, unsigned iterations)
{
	struct work *w = user;
	for (unsigned i = 0; i < iterations; i++) {
		w->frame.plane[0].data = next_source(w);
		pf_convert(w->kernel, &w->picture, &w->frame, true);
	}
}

static void measure(uint32_t width, uint32_t height, bool cold)
{
	size_t pixels = (size_t)width * height, frame_bytes = 4 * pixels;
	unsigned ring = cold ? (unsigned)(COLD_BYTES / frame_bytes) : 1;
	uint8_t *nv12 = touched_memory(pixels * 3 / 2);
	struct work base = {
		.frame = {.fourcc = PF_FOURCC_XRGB8888,
			.width_px = width,
			.height_px = height,
			.plane = {{.stride_bytes = width * 4}}},
		.picture = {.layout = PF_PICTURE_NV12,
			.width_px = width,
			.height_px = height,
			.plane = {nv12, nv12 + pixels},
			.stride_bytes = {width, width}},
		.source = touched_memory(frame_bytes * ring),
		.copy = touched_memory(frame_bytes),
		.frame_bytes = frame_bytes,
		.ring = ring,
	};
	struct work per_kernel[KERNELS_MAX];
	static const char name[] = "BGRx -> NV12";
	struct pf_bench_case cases[2 + KERNELS_MAX] = {
		{"memcpy of the source", run_copy, &base, (double)frame_bytes, 0, NULL, PF_BENCH_MEMCPY},
		{name, run_libyuv, &base, (double)frame_bytes, 0, "libyuv (BT.601)", PF_BENCH_PEER},
	};
	size_t count, used = 2;
	const struct pf_convert_kernel *const *all = pf_convert_kernels(&count);
	for (size_t k = 0; k < count && k < KERNELS_MAX; k++) {
		if (!pf_convert_kernel_runs_here(all[k]))
			continue;
		per_kernel[k] = base;
		per_kernel[k].kernel = all[k];
		const char *kernel = pf_convert_kernel_name(all[k]);
		cases[used++] = (struct pf_bench_case){
			.name = name,
			.run = run_kernel,
			.user = &per_kernel[k],
			.bytes = (double)frame_bytes,
			.kernel = kernel,
			.reference = strcmp(kernel, "scalar") == 0 ? PF_BENCH_C : PF_BENCH_NONE,
		};
	}
	char title[80];
	snprintf(title, sizeof(title), "convert BGRx -> NV12, %ux%u, %s", width, height,
		cold ? "cold" : "hot");
	pf_bench_group(title, cases, used);
	free(nv12);
	free(base.source);
	free(base.copy);
}

void bench_convert(void)
{
	measure(480, 270, false); /* inside L2: the kernels themselves, whatever else uses the memory */
	for (int cold = 0; cold < 2; cold++) {
		measure(1920, 1080, cold);
		measure(3840, 2160, cold);
	}
}
