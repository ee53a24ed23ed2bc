/*
 * What the two copy protocols have in common, between image_copy.c and the file of each protocol. A copier
 * asks the compositor what pictures look like, then has one request at a time under way; its event
 * handlers write into the struct, image_copy.c reads it between waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/wayland.h"
#include "media/frame.h"

struct pf_copier;

struct pf_copier_impl {
	const char *name;
	/* Asks for the picture's description; false when memory ran out. */
	bool (*start)(struct pf_copier *c);
	/* Has the buffer filled at the next change, or at once when `first`. `stale` is what changed since
	 * this buffer was filled last. */
	bool (*request)(
		struct pf_copier *c, struct wl_buffer *buffer, const struct pf_rect *stale, bool first);
	void (*finish)(struct pf_copier *c);
};

/* What a buffer must be for the compositor to fill it. */
struct pf_copier_shape {
	uint32_t width_px, height_px;
	uint32_t stride_bytes;
	uint32_t fourcc; /* 0: none offered that we read */
};

struct pf_copier {
	const struct pf_copier_impl *impl;
	struct pf_wayland *wayland;
	struct pf_wayland_output *output;

	/* The picture's description: complete when `described`. A later change sets `reshaped`. */
	struct pf_copier_shape shape;
	bool described, reshaped;

	/* The request under way. */
	bool ready;
	bool failed;  /* this copy failed; another may do */
	bool stopped; /* the source ended; the copier is spent */
	bool y_inverted;
	bool time_known;
	uint64_t time_ns; /* CLOCK_MONOTONIC of the presentation */
	bool full_damage; /* all of it, or more rectangles than fit */
	unsigned damage_count;
	struct pf_rect damage[PF_FRAME_DAMAGE_MAX];

	/* Objects of the protocols. */
	struct zwlr_screencopy_frame_v1 *wlr_frame;
	struct ext_image_capture_source_v1 *ext_source;
	struct ext_image_copy_capture_session_v1 *ext_session;
	struct ext_image_copy_capture_frame_v1 *ext_frame;
	struct pf_copier_shape ext_offer; /* constraints being received */
};

extern const struct pf_copier_impl pf_copier_wlr;
extern const struct pf_copier_impl pf_copier_ext;

/* For the protocols' event handlers. */
void pf_copier_begin(struct pf_copier *c);
void pf_copier_add_damage(struct pf_copier *c, int64_t x, int64_t y, int64_t width, int64_t height);
void pf_copier_set_time(struct pf_copier *c, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec);
/* A complete description: the first is taken, a different one later sets `reshaped`. */
void pf_copier_describe(struct pf_copier *c, const struct pf_copier_shape *shape);
/* Better formats replace worse ones; unknown ones are passed over. wl_shm's two oldest codes are not
 * fourccs. */
void pf_copier_offer_format(struct pf_copier_shape *shape, uint32_t wl_shm_format);
