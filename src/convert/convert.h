/*
 * Screen pixels to what video encoders take: 32-bit RGB -> 4:2:0, BT.709, BT.601 or BT.2020, limited or full range.
 * Chroma is that of the mean of 2x2 pixels. The arithmetic is fixed-point and the same in every kernel, bit for bit;
 * in limited range luma is within 0.9 of the real-valued formula, chroma within 1.5 (greys: luma within 0.65, chroma
 * exact), in full range within 1.1 and 2.5.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

enum pf_picture_layout {
	PF_PICTURE_NV12, /* plane 0 luma, plane 1 U V U V ... */
	PF_PICTURE_I420, /* plane 0 luma, plane 1 U, plane 2 V */
};

/* A 4:2:0 picture in memory of the caller's. Even sizes only. */
struct pf_picture {
	enum pf_picture_layout layout;
	struct pf_colour colour; /* matrix 0 or 1: BT.709; 5, 6: BT.601; 9: BT.2020 */
	uint32_t width_px, height_px;
	uint8_t *plane[3];
	ptrdiff_t stride_bytes[3];
};

/* A way to do it on some CPUs; never freed. */
struct pf_convert_kernel;

/* All kernels in order of preference, also those that this CPU cannot run. Thread-safety: safe. */
const struct pf_convert_kernel *const *pf_convert_kernels(size_t *count);
const char *pf_convert_kernel_name(const struct pf_convert_kernel *k);
bool pf_convert_kernel_runs_here(const struct pf_convert_kernel *k);
/* The fastest one here. Ask once, keep the answer. Never NULL. */
const struct pf_convert_kernel *pf_convert_best(void);

/*
 * Converts src into dst; src->plane[0].data is its first byte (offset_bytes belongs to the fd). With `whole`
 * false, dst must hold the picture before src, and only src's damage is converted (widened to even
 * coordinates, clipped); who drops frames in between must have merged their damage.
 * Thread-safety: safe for different dst.
 * Errors: PF_ERR_INVALID (another or an odd size, not mapped, stride too small), PF_ERR_UNSUPPORTED (pixel
 * format; see pf_convert_takes).
 */
int pf_convert(const struct pf_convert_kernel *k, const struct pf_picture *dst, const struct pf_frame *src,
	bool whole);
/* 32-bit RGB formats that pf_convert reads: XRGB, ARGB, XBGR, ABGR. */
bool pf_convert_takes(uint32_t fourcc);
