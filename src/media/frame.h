/*
 * One captured picture on its way from a display to an encoder. The producer makes it, consumers hold
 * references, and on_release gives it back to the producer when the last one goes: that is when the
 * compositor may write into it again.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/stamp.h"

#define PF_FRAME_PLANES_MAX 4
#define PF_FRAME_DAMAGE_MAX 16

/* DRM fourcc codes, so that shared memory and dmabuf speak of formats alike. */
#define PF_FOURCC(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define PF_FOURCC_XRGB8888    PF_FOURCC('X', 'R', '2', '4') /* bytes B G R X */
#define PF_FOURCC_ARGB8888    PF_FOURCC('A', 'R', '2', '4') /* bytes B G R A */
#define PF_FOURCC_XBGR8888    PF_FOURCC('X', 'B', '2', '4') /* bytes R G B X */
#define PF_FOURCC_ABGR8888    PF_FOURCC('A', 'B', '2', '4') /* bytes R G B A */
#define PF_FOURCC_NV12        PF_FOURCC('N', 'V', '1', '2')
#define PF_MODIFIER_LINEAR    0

enum pf_frame_memory {
	PF_FRAME_MAPPED, /* plane.data is readable by the CPU */
	PF_FRAME_DMABUF, /* plane.fd is a dmabuf; data is NULL unless mapped */
};

struct pf_rect {
	int32_t x, y, width, height; /* pixels, inside the picture */
};

struct pf_plane {
	const uint8_t *data;
	int fd; /* -1 when there is none */
	uint32_t offset_bytes;
	uint32_t stride_bytes;
};

/* CICP code points (ITU-T H.273). */
struct pf_colour {
	uint8_t primaries, transfer, matrix;
	bool full_range;
};

/* How the presentation time was learned, best first. */
enum pf_pts_source { PF_PTS_COMPOSITOR, PF_PTS_ARRIVAL };

struct pf_frame {
	_Atomic unsigned refs;
	enum pf_frame_memory memory;
	uint32_t fourcc;
	uint64_t modifier;
	uint32_t width_px, height_px;
	unsigned plane_count;
	struct pf_plane plane[PF_FRAME_PLANES_MAX];
	bool y_inverted; /* first row in memory is the bottom row */
	struct pf_colour colour;

	/* What changed since the frame before; damage_count = 0 with full_damage set means everything. */
	bool full_damage;
	unsigned damage_count;
	struct pf_rect damage[PF_FRAME_DAMAGE_MAX];

	uint64_t pts_ns; /* wall clock, Unix epoch */
	enum pf_pts_source pts_source;
	struct pf_stamps stamps;

	/* Producer's; called once, by the thread that drops the last reference. */
	void (*on_release)(struct pf_frame *frame, void *owner);
	void *owner;
};

/* Damage is relative to the frame before: whoever drops `older` adds its damage to the one that follows. */
void pf_frame_join_damage(struct pf_frame *newer, const struct pf_frame *older);

/* Thread-safety: safe. */
static inline struct pf_frame *pf_frame_ref(struct pf_frame *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

/* NULL is fine. Returns NULL, so that `f = pf_frame_unref(f)` leaves no stale pointer. */
static inline struct pf_frame *pf_frame_unref(struct pf_frame *f)
{
	if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
		f->on_release(f, f->owner);
	return NULL;
}
