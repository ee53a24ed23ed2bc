/* wlr-screencopy v2 and v3: one frame object per copy. */
#include "capture/copier.h"

#include "wlr-screencopy-unstable-v1.h"

static void on_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width,
	uint32_t height, uint32_t stride)
{
	struct pf_copier_shape shape = {.width_px = width, .height_px = height, .stride_bytes = stride};
	pf_copier_offer_format(&shape, format);
	pf_copier_describe(data, &shape);
}

static void on_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags)
{
	struct pf_copier *c = data;
	c->y_inverted = flags & ZWLR_SCREENCOPY_FRAME_V1_FLAGS_Y_INVERT;
}

static void on_ready(
	void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec)
{
	struct pf_copier *c = data;
	pf_copier_set_time(c, sec_hi, sec_lo, nsec);
	c->ready = true;
}

static void on_failed(void *data, struct zwlr_screencopy_frame_v1 *frame)
{
	struct pf_copier *c = data;
	c->failed = true;
}

static void on_damage(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height)
{
	pf_copier_add_damage(data, x, y, width, height);
}

static void on_dmabuf(
	void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width, uint32_t height)
{
}

static void on_buffer_done(void *data, struct zwlr_screencopy_frame_v1 *frame)
{
}

static const struct zwlr_screencopy_frame_v1_listener frame_listener = {
	.buffer = on_buffer,
	.flags = on_flags,
	.ready = on_ready,
	.failed = on_failed,
	.damage = on_damage,
	.linux_dmabuf = on_dmabuf,
	.buffer_done = on_buffer_done,
};

static bool make_frame(struct pf_copier *c)
{
	const int with_cursor = 1;
	c->wlr_frame = zwlr_screencopy_manager_v1_capture_output(
		c->wayland->screencopy, with_cursor, c->output->proxy);
	if (c->wlr_frame)
		zwlr_screencopy_frame_v1_add_listener(c->wlr_frame, &frame_listener, c);
	return c->wlr_frame;
}

static void drop_frame(struct pf_copier *c)
{
	if (c->wlr_frame)
		zwlr_screencopy_frame_v1_destroy(c->wlr_frame);
	c->wlr_frame = NULL;
}

static bool request(struct pf_copier *c, struct wl_buffer *buffer, const struct pf_rect *stale, bool first)
{
	pf_copier_begin(c);
	if (first) {
		/* The frame that described the picture still waits for its buffer. */
		zwlr_screencopy_frame_v1_copy(c->wlr_frame, buffer);
		return true;
	}
	drop_frame(c);
	if (!make_frame(c))
		return false;
	/* The picture is known, so its description is not waited for. If it changed just now, the compositor
	 * refuses the buffer, which is the rebuild that a change needs anyway. */
	zwlr_screencopy_frame_v1_copy_with_damage(c->wlr_frame, buffer);
	return true;
}

const struct pf_copier_impl pf_copier_wlr = {
	.name = "wlr-screencopy",
	.start = make_frame,
	.request = request,
	.finish = drop_frame,
};
