#include "capture/image_copy.h"

#include <stdlib.h>
#include <string.h>

#include "capture/copier.h"
#include "capture/frame_pool.h"
#include "os/clock.h"

#define OPEN_NS        3000000000
#define QUIET_NS       1000000000 /* without an event, before a sign of life is asked for */
#define PTS_AGE_MAX_NS 1000000000 /* an older presentation time is of another clock */
#define MS_NS          INT64_C(1000000)
#define NO_BUFFER      (-1)

struct image_copy {
	struct pf_capture base;
	struct pf_wayland wayland;
	struct pf_copier copier;
	struct pf_frame_pool *pool;
	struct wl_buffer *buffer[PF_FRAME_POOL_BUFFERS];
	/* Bounding box of what changed since the buffer was filled last; width 0 = nothing. */
	struct pf_rect stale[PF_FRAME_POOL_BUFFERS];

	int armed; /* buffer that is with the compositor, or NO_BUFFER */
	int64_t armed_ns;
	bool filled_once; /* a first picture was asked for */
	bool failed_once; /* since the last picture */

	void (*on_picture)(void *user, int64_t ready_ns);
	void *user;
	int64_t untold_ns; /* of the picture that on_picture is still to be told of; 0 = none */

	int64_t alive_ns; /* last event */
	int64_t asked_ns; /* of the outstanding sync */

	bool ended; /* only PF_ERR_REBUILD from now on */
	struct pf_reason ending;
	_Atomic bool woken;
};

static struct image_copy *from_base(struct pf_capture *c)
{
	return (struct image_copy *)c;
}

static struct pf_rect whole_picture(const struct image_copy *ic)
{
	return (struct pf_rect){
		0, 0, (int32_t)ic->copier.shape.width_px, (int32_t)ic->copier.shape.height_px};
}

static struct pf_rect bounding_box(struct pf_rect a, struct pf_rect b)
{
	if (a.width <= 0)
		return b;
	if (b.width <= 0)
		return a;
	int32_t right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
	int32_t bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;
	struct pf_rect r = {.x = a.x < b.x ? a.x : b.x, .y = a.y < b.y ? a.y : b.y};
	r.width = right - r.x;
	r.height = bottom - r.y;
	return r;
}

static void end(struct image_copy *ic, const struct pf_reason *why)
{
	if (ic->ended)
		return;
	ic->ended = true;
	ic->ending = *why;
}

static void look_for_end(struct image_copy *ic)
{
	const struct pf_wayland_output *o = ic->copier.output;
	const struct pf_copier_shape *shape = &ic->copier.shape;
	struct pf_reason why = {0};
	if (!o->proxy)
		pf_reason(&why, 0, "the captured output went away");
	else if (ic->copier.reshaped || o->width_px != shape->width_px || o->height_px != shape->height_px)
		pf_reason(&why, 0, "the picture changed from %ux%u to %ux%u or its format", shape->width_px,
			shape->height_px, o->width_px, o->height_px);
	else if (ic->copier.stopped || (ic->copier.failed && ic->failed_once))
		pf_reason(&why, 0,
			"the compositor could not copy the picture: the output is off or going away");
	else
		return;
	end(ic, &why);
}

/* Hands the compositor a free buffer; without one the pool's bell will ring. */
static void arm(struct image_copy *ic)
{
	if (ic->armed != NO_BUFFER || ic->ended)
		return;
	int index = pf_frame_pool_take(ic->pool);
	if (index < 0)
		return;
	if (!ic->copier.impl->request(&ic->copier, ic->buffer[index], &ic->stale[index], !ic->filled_once)) {
		pf_frame_pool_untake(ic->pool, (unsigned)index);
		end(ic, &(struct pf_reason){"out of memory for a capture request"});
		return;
	}
	ic->armed = index;
	ic->armed_ns = pf_now_ns();
	ic->filled_once = true;
	pf_wayland_flush(&ic->wayland);
}

/* A copy can fail when the compositor changes its output in the middle of it, if only for a moment: asks once
 * more before the source is given up. */
static void ask_again(struct image_copy *ic)
{
	if (!ic->copier.failed || ic->ended || ic->armed == NO_BUFFER)
		return;
	pf_frame_pool_untake(ic->pool, (unsigned)ic->armed);
	ic->armed = NO_BUFFER;
	ic->failed_once = true;
	arm(ic);
}

static uint32_t microseconds(int64_t ns)
{
	if (ns <= 0)
		return 0;
	return ns / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / 1000);
}

static void set_times(const struct image_copy *ic, struct pf_frame *f)
{
	int64_t now = pf_now_ns();
	int64_t age = now - (int64_t)ic->copier.time_ns;
	bool sane = ic->copier.time_known && age >= 0 && age <= PTS_AGE_MAX_NS;
	if (!sane)
		age = 0;
	f->pts_ns = pf_wall_at(now - age);
	f->pts_source = sane ? PF_PTS_COMPOSITOR : PF_PTS_ARRIVAL;
	f->stamps.capture_ns = now - age;
	f->stamps.wait_us = microseconds(f->stamps.capture_ns - ic->armed_ns);
}

/* The frame's damage, and what the other buffers now lack. */
static void set_damage(struct image_copy *ic, struct pf_frame *f, int index)
{
	const struct pf_copier *c = &ic->copier;
	struct pf_rect box = {0};
	f->full_damage = c->full_damage || c->damage_count == 0;
	if (f->full_damage) {
		box = whole_picture(ic);
	} else {
		f->damage_count = c->damage_count;
		memcpy(f->damage, c->damage, c->damage_count * sizeof(c->damage[0]));
		for (unsigned i = 0; i < c->damage_count; i++)
			box = bounding_box(box, c->damage[i]);
	}
	for (int i = 0; i < PF_FRAME_POOL_BUFFERS; i++)
		ic->stale[i] = bounding_box(ic->stale[i], box);
	ic->stale[index] = (struct pf_rect){0};
}

static struct pf_frame *take_picture(struct image_copy *ic)
{
	int index = ic->armed;
	struct pf_frame *f = pf_frame_pool_publish(ic->pool, (unsigned)index);
	f->y_inverted = ic->copier.y_inverted;
	set_times(ic, f);
	set_damage(ic, f, index);
	ic->failed_once = false;
	ic->untold_ns = f->stamps.capture_ns;
	ic->armed = NO_BUFFER;
	arm(ic);
	return f;
}

/* When the compositor has been silent for too long: for us to ask, or to give up on the answer. */
static int64_t silence_ends_ns(const struct image_copy *ic)
{
	if (!ic->wayland.sync)
		return ic->alive_ns + QUIET_NS;
	int64_t since = ic->asked_ns > ic->alive_ns ? ic->asked_ns : ic->alive_ns;
	return since + PF_IMAGE_COPY_HUNG_MS * MS_NS;
}

/* Tells a hung compositor from an idle one. */
static void judge_silence(struct image_copy *ic)
{
	int64_t now = pf_now_ns();
	if (now < silence_ends_ns(ic))
		return;
	if (ic->wayland.sync) {
		struct pf_reason why = {0};
		pf_reason(&why, 0, "the compositor has not answered for %d s: it hangs",
			PF_IMAGE_COPY_HUNG_MS / 1000);
		end(ic, &why);
	} else {
		pf_wayland_ask_sync(&ic->wayland);
		ic->asked_ns = now;
	}
}

static void tell_of_picture(struct image_copy *ic)
{
	if (ic->untold_ns && ic->on_picture)
		ic->on_picture(ic->user, ic->untold_ns);
	ic->untold_ns = 0;
}

/* Waits for anything. The socket is read before silence is judged, so an answer that lay there counts. */
static void wait_for_news(struct image_copy *ic, int64_t deadline_ns)
{
	int64_t look_ns = silence_ends_ns(ic);
	int rc = pf_wayland_wait(
		&ic->wayland, pf_frame_pool_bell(ic->pool), look_ns < deadline_ns ? look_ns : deadline_ns);
	if (rc == PF_OK) {
		ic->alive_ns = pf_now_ns();
		look_for_end(ic);
		ask_again(ic);
	} else if (rc == PF_ERR_AGAIN) {
		pf_frame_pool_clear(ic->pool);
	} else if (rc == PF_ERR_CLOSED) {
		struct pf_reason why = {0};
		pf_wayland_describe_end(&ic->wayland, &why);
		look_for_end(ic);
		end(ic, &why);
	}
	judge_silence(ic);
}

static int next(struct pf_capture *base, int timeout_ms, struct pf_frame **out, struct pf_reason *reason)
{
	struct image_copy *ic = from_base(base);
	int64_t deadline_ns = pf_now_ns() + timeout_ms * MS_NS;
	tell_of_picture(ic);
	for (bool waited = false;; waited = true) {
		if (atomic_exchange(&ic->woken, false))
			return PF_ERR_AGAIN;
		if (ic->armed != NO_BUFFER && ic->copier.ready) {
			*out = take_picture(ic);
			return PF_OK;
		}
		if (ic->ended) {
			if (reason)
				*reason = ic->ending;
			return PF_ERR_REBUILD;
		}
		if (waited && pf_now_ns() >= deadline_ns)
			return PF_ERR_TIMEOUT;
		arm(ic);
		wait_for_news(ic, deadline_ns);
	}
}

static void wake(struct pf_capture *base)
{
	struct image_copy *ic = from_base(base);
	atomic_store(&ic->woken, true);
	pf_frame_pool_ring(ic->pool);
}

static void destroy(struct pf_capture *base)
{
	struct image_copy *ic = from_base(base);
	if (ic->copier.impl)
		ic->copier.impl->finish(&ic->copier);
	for (int i = 0; i < PF_FRAME_POOL_BUFFERS; i++)
		if (ic->buffer[i])
			wl_buffer_destroy(ic->buffer[i]);
	pf_wayland_finish(&ic->wayland);
	pf_frame_pool_unref(ic->pool);
	free(ic);
}

static const struct pf_capture_impl impl = {
	.name = "image_copy",
	.next = next,
	.wake = wake,
	.destroy = destroy,
};

static const struct pf_copier_impl *choose(const struct pf_wayland *w, enum pf_image_copy_protocol wish)
{
	if (wish != PF_IMAGE_COPY_WLR && w->image_copy && w->output_source)
		return &pf_copier_ext;
	if (wish != PF_IMAGE_COPY_EXT && w->screencopy && w->screencopy_version >= 2)
		return &pf_copier_wlr;
	return NULL;
}

static uint32_t shm_format(uint32_t fourcc)
{
	return fourcc == PF_FOURCC_ARGB8888   ? WL_SHM_FORMAT_ARGB8888
	       : fourcc == PF_FOURCC_XRGB8888 ? WL_SHM_FORMAT_XRGB8888
					      : fourcc;
}

static int make_buffers(struct image_copy *ic, struct pf_reason *reason)
{
	const struct pf_copier_shape *s = &ic->copier.shape;
	int rc = pf_frame_pool_create(&ic->pool, &(struct pf_frame_pool_params){
							 .width_px = s->width_px,
							 .height_px = s->height_px,
							 .stride_bytes = s->stride_bytes,
							 .fourcc = s->fourcc,
						 });
	if (rc < 0)
		return pf_reason(reason, rc, "no picture buffers of %ux%u: %s", s->width_px, s->height_px,
			pf_strerror(rc));
	struct wl_shm_pool *shm = wl_shm_create_pool(
		ic->wayland.shm, pf_frame_pool_fd(ic->pool), (int32_t)pf_frame_pool_size(ic->pool));
	if (!shm)
		return PF_ERR_NOMEM;
	for (unsigned i = 0; i < PF_FRAME_POOL_BUFFERS; i++) {
		ic->buffer[i] = wl_shm_pool_create_buffer(shm, (int32_t)pf_frame_pool_offset(ic->pool, i),
			(int32_t)s->width_px, (int32_t)s->height_px, (int32_t)s->stride_bytes,
			shm_format(s->fourcc));
		ic->stale[i] = whole_picture(ic);
		if (!ic->buffer[i])
			rc = PF_ERR_NOMEM;
	}
	wl_shm_pool_destroy(shm);
	return rc;
}

static int learn_shape(struct image_copy *ic, int64_t deadline_ns, struct pf_reason *reason)
{
	if (!ic->copier.impl->start(&ic->copier))
		return PF_ERR_NOMEM;
	while (!ic->copier.described && !ic->copier.failed && !ic->copier.stopped) {
		int rc = pf_wayland_wait(&ic->wayland, -1, deadline_ns);
		if (rc == PF_ERR_TIMEOUT)
			return pf_reason(reason, rc, "the compositor does not describe its picture");
		if (rc < 0) {
			pf_wayland_describe_end(&ic->wayland, reason);
			return rc;
		}
	}
	if (ic->copier.failed || ic->copier.stopped)
		return pf_reason(reason, PF_ERR_CLOSED, "the compositor refuses to copy this output");
	if (!ic->copier.shape.fourcc)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the compositor offers no picture format of 8 bits per colour in shared memory");
	return PF_OK;
}

static int open_source(
	struct image_copy *ic, const struct pf_image_copy_params *params, struct pf_reason *reason)
{
	int64_t deadline_ns = pf_now_ns() + OPEN_NS;
	int rc = pf_wayland_connect(&ic->wayland, params->socket_path, deadline_ns, reason);
	if (rc < 0)
		return rc;
	const struct pf_copier_impl *protocol = choose(&ic->wayland, params->protocol);
	if (!protocol || !ic->wayland.shm)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the compositor offers neither ext-image-copy-capture nor wlr-screencopy v2: "
			"its picture cannot be taken this way");
	struct pf_wayland_output *output = pf_wayland_find_output(&ic->wayland, params->output_name);
	if (!output)
		return pf_reason(reason, PF_ERR_NOT_FOUND, "the compositor has no output %s",
			params->output_name ? params->output_name : "at all");
	ic->copier = (struct pf_copier){.impl = protocol, .wayland = &ic->wayland, .output = output};
	rc = learn_shape(ic, deadline_ns, reason);
	return rc < 0 ? rc : make_buffers(ic, reason);
}

int pf_capture_image_copy_create(
	struct pf_capture **out, const struct pf_image_copy_params *params, struct pf_reason *reason)
{
	struct image_copy *ic = calloc(1, sizeof(*ic));
	if (!ic)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	ic->base.impl = &impl;
	ic->armed = NO_BUFFER;
	ic->on_picture = params->on_picture;
	ic->user = params->user;
	int rc = open_source(ic, params, reason);
	if (rc < 0) {
		destroy(&ic->base);
		return rc;
	}
	ic->alive_ns = pf_now_ns();
	arm(ic);
	*out = &ic->base;
	return PF_OK;
}
