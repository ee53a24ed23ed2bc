/* ext-image-copy-capture v1: one session, one frame object at a time. */
#include "capture/copier.h"

#include "ext-image-capture-source-v1.h"
#include "ext-image-copy-capture-v1.h"

static void on_buffer_size(
	void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t width, uint32_t height)
{
	struct pf_copier *c = data;
	c->ext_offer.width_px = width;
	c->ext_offer.height_px = height;
}

static void on_shm_format(void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format)
{
	struct pf_copier *c = data;
	pf_copier_offer_format(&c->ext_offer, format);
}

static void on_dmabuf_device(
	void *data, struct ext_image_copy_capture_session_v1 *session, struct wl_array *device)
{
}

static void on_dmabuf_format(void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format,
	struct wl_array *modifiers)
{
}

static void on_done(void *data, struct ext_image_copy_capture_session_v1 *session)
{
	struct pf_copier *c = data;
	/* Here the stride is ours to choose. An absurd width is refused where the pool is made. */
	c->ext_offer.stride_bytes = c->ext_offer.width_px <= UINT32_MAX / 4 ? c->ext_offer.width_px * 4 : 0;
	pf_copier_describe(c, &c->ext_offer);
	c->ext_offer = (struct pf_copier_shape){0};
}

static void on_stopped(void *data, struct ext_image_copy_capture_session_v1 *session)
{
	struct pf_copier *c = data;
	c->stopped = true;
}

static const struct ext_image_copy_capture_session_v1_listener session_listener = {
	.buffer_size = on_buffer_size,
	.shm_format = on_shm_format,
	.dmabuf_device = on_dmabuf_device,
	.dmabuf_format = on_dmabuf_format,
	.done = on_done,
	.stopped = on_stopped,
};

static void on_transform(void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t transform)
{
	struct pf_copier *c = data;
	/* Nobody behind us turns pictures upright; upside down is the one case we can tell them of. */
	c->y_inverted = transform == WL_OUTPUT_TRANSFORM_FLIPPED_180;
}

static void on_damage(void *data, struct ext_image_copy_capture_frame_v1 *frame, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
	pf_copier_add_damage(data, x, y, width, height);
}

static void on_presentation_time(void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t sec_hi,
	uint32_t sec_lo, uint32_t nsec)
{
	pf_copier_set_time(data, sec_hi, sec_lo, nsec);
}

static void on_ready(void *data, struct ext_image_copy_capture_frame_v1 *frame)
{
	struct pf_copier *c = data;
	c->ready = true;
}

static void on_failed(void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t why)
{
	struct pf_copier *c = data;
	c->failed = true;
	c->reshaped = c->reshaped || why == EXT_IMAGE_COPY_CAPTURE_FRAME_V1_FAILURE_REASON_BUFFER_CONSTRAINTS;
}

static const struct ext_image_copy_capture_frame_v1_listener frame_listener = {
	.transform = on_transform,
	.damage = on_damage,
	.presentation_time = on_presentation_time,
	.ready = on_ready,
	.failed = on_failed,
};

static bool start(struct pf_copier *c)
{
	c->ext_source = ext_output_image_capture_source_manager_v1_create_source(
		c->wayland->output_source, c->output->proxy);
	if (!c->ext_source)
		return false;
	c->ext_session = ext_image_copy_capture_manager_v1_create_session(c->wayland->image_copy,
		c->ext_source, EXT_IMAGE_COPY_CAPTURE_MANAGER_V1_OPTIONS_PAINT_CURSORS);
	if (c->ext_session)
		ext_image_copy_capture_session_v1_add_listener(c->ext_session, &session_listener, c);
	return c->ext_session;
}

static void drop_frame(struct pf_copier *c)
{
	if (c->ext_frame)
		ext_image_copy_capture_frame_v1_destroy(c->ext_frame);
	c->ext_frame = NULL;
}

static bool request(struct pf_copier *c, struct wl_buffer *buffer, const struct pf_rect *stale, bool first)
{
	pf_copier_begin(c);
	drop_frame(c);
	c->ext_frame = ext_image_copy_capture_session_v1_create_frame(c->ext_session);
	if (!c->ext_frame)
		return false;
	ext_image_copy_capture_frame_v1_add_listener(c->ext_frame, &frame_listener, c);
	ext_image_copy_capture_frame_v1_attach_buffer(c->ext_frame, buffer);
	if (stale->width > 0)
		ext_image_copy_capture_frame_v1_damage_buffer(
			c->ext_frame, stale->x, stale->y, stale->width, stale->height);
	ext_image_copy_capture_frame_v1_capture(c->ext_frame);
	return true;
}

static void finish(struct pf_copier *c)
{
	drop_frame(c);
	if (c->ext_session)
		ext_image_copy_capture_session_v1_destroy(c->ext_session);
	if (c->ext_source)
		ext_image_capture_source_v1_destroy(c->ext_source);
	c->ext_session = NULL;
	c->ext_source = NULL;
}

const struct pf_copier_impl pf_copier_ext = {
	.name = "ext-image-copy-capture",
	.start = start,
	.request = request,
	.finish = finish,
};
