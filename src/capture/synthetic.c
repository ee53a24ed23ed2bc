#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/frame_pool.h"
#include "media/picture_number.h"
#include "os/clock.h"

#define BAR_PX       64 /* width of the moving bar */
#define BAR_STEP_PX  8  /* per picture */
#define BAR_COLOUR   0xffe0a030u
#define BACKGROUND   0xff203040u
#define NUMBER_FIRST 1

/* A picture is a function of its number alone. Each buffer remembers what it holds, so that only the bar's
 * old and new places are drawn. */
struct synthetic {
	struct pf_capture base;
	struct pf_mode mode;
	bool paced;
	struct pf_frame_pool *pool;
	uint32_t holds[PF_FRAME_POOL_BUFFERS]; /* picture number in the buffer, 0 = none */
	uint32_t number;                       /* of the next picture */
	uint32_t last;                         /* handed out before, 0 = none */
	int64_t start_ns;                      /* picture n is due n periods later */
	_Atomic bool woken;
};

static const struct pf_capture_impl impl;

static struct synthetic *from_base(struct pf_capture *c)
{
	return (struct synthetic *)c;
}

static struct pf_rect bar_of(const struct synthetic *s, uint32_t number)
{
	uint32_t places = (s->mode.width_px - BAR_PX) / BAR_STEP_PX + 1;
	return (struct pf_rect){
		.x = (int32_t)(number % places * BAR_STEP_PX),
		.y = PF_PICTURE_NUMBER_HEIGHT_PX,
		.width = BAR_PX,
		.height = (int32_t)s->mode.height_px - PF_PICTURE_NUMBER_HEIGHT_PX,
	};
}

static void fill(const struct synthetic *s, uint8_t *pixels, struct pf_rect r, uint32_t colour)
{
	size_t stride = (size_t)s->mode.width_px * 4;
	for (int32_t y = r.y; y < r.y + r.height; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int32_t x = r.x; x < r.x + r.width; x++)
			row[x] = colour;
	}
}

static void draw(struct synthetic *s, unsigned index)
{
	uint8_t *pixels = pf_frame_pool_pixels(s->pool, index);
	struct pf_rect old = {0, 0, (int32_t)s->mode.width_px, (int32_t)s->mode.height_px};
	if (s->holds[index])
		old = bar_of(s, s->holds[index]);
	fill(s, pixels, old, BACKGROUND);
	fill(s, pixels, bar_of(s, s->number), BAR_COLOUR);
	pf_picture_number_draw(pixels, (size_t)s->mode.width_px * 4, s->number);
	s->holds[index] = s->number;
}

static void describe_damage(const struct synthetic *s, struct pf_frame *f)
{
	if (!s->last)
		return;
	f->full_damage = false;
	f->damage[f->damage_count++] =
		(struct pf_rect){0, 0, PF_PICTURE_NUMBER_WIDTH_PX, PF_PICTURE_NUMBER_HEIGHT_PX};
	f->damage[f->damage_count++] = bar_of(s, s->last);
	f->damage[f->damage_count++] = bar_of(s, s->number);
}

static int64_t due_ns(const struct synthetic *s, uint32_t number)
{
	return s->start_ns + (int64_t)number * 1000000000 / s->mode.refresh_hz;
}

static struct pf_frame *make_frame(struct synthetic *s, unsigned index, int64_t asked_ns)
{
	draw(s, index);
	struct pf_frame *f = pf_frame_pool_publish(s->pool, index);
	int64_t now = pf_now_ns();
	f->stamps.capture_ns = now;
	f->stamps.wait_us = (uint32_t)((now - asked_ns) / 1000);
	f->pts_ns = pf_wall_ns();
	f->pts_source = PF_PTS_COMPOSITOR;
	describe_damage(s, f);
	s->last = s->number++;
	return f;
}

/* Until the bell rings or the time has come; false when the bell rang. */
static bool sleep_until(struct synthetic *s, int64_t deadline_ns)
{
	struct pollfd p = {.fd = pf_frame_pool_bell(s->pool), .events = POLLIN};
	int64_t left_ns = deadline_ns - pf_now_ns();
	struct timespec t = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
	if (left_ns <= 0 || ppoll(&p, 1, &t, NULL) <= 0)
		return true;
	pf_frame_pool_clear(s->pool);
	return false;
}

/* When the next picture may be made. Pictures whose successor is due already are left out: latest wins. */
static int64_t next_due_ns(struct synthetic *s)
{
	if (!s->paced)
		return 0;
	while (due_ns(s, s->number + 1) <= pf_now_ns())
		s->number++;
	return due_ns(s, s->number);
}

static int next(struct pf_capture *c, int timeout_ms, struct pf_frame **out, struct pf_reason *reason)
{
	struct synthetic *s = from_base(c);
	int64_t asked_ns = pf_now_ns();
	int64_t deadline_ns = asked_ns + (int64_t)timeout_ms * 1000000;
	for (;;) {
		if (atomic_exchange(&s->woken, false))
			return PF_ERR_AGAIN;
		int64_t until_ns = next_due_ns(s);
		if (until_ns <= pf_now_ns()) {
			int index = pf_frame_pool_take(s->pool);
			if (index >= 0) {
				*out = make_frame(s, (unsigned)index, asked_ns);
				return PF_OK;
			}
			until_ns = INT64_MAX; /* the bell rings when a buffer is free */
		}
		if (sleep_until(s, until_ns < deadline_ns ? until_ns : deadline_ns) &&
			deadline_ns <= until_ns)
			return PF_ERR_TIMEOUT;
	}
}

static void wake(struct pf_capture *c)
{
	struct synthetic *s = from_base(c);
	atomic_store(&s->woken, true);
	pf_frame_pool_ring(s->pool);
}

static void destroy(struct pf_capture *c)
{
	struct synthetic *s = from_base(c);
	pf_frame_pool_unref(s->pool);
	free(s);
}

static const struct pf_capture_impl impl = {
	.name = "synthetic",
	.next = next,
	.wake = wake,
	.destroy = destroy,
};

int pf_capture_synthetic_create(struct pf_capture **out, struct pf_mode mode, bool paced)
{
	if (!pf_mode_valid(mode))
		return PF_ERR_INVALID;
	struct synthetic *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->base.impl = &impl;
	s->mode = mode;
	s->paced = paced;
	s->number = NUMBER_FIRST;
	int rc = pf_frame_pool_create(&s->pool, &(struct pf_frame_pool_params){
							.width_px = mode.width_px,
							.height_px = mode.height_px,
							.stride_bytes = mode.width_px * 4,
							.fourcc = PF_FOURCC_XRGB8888,
						});
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->start_ns = pf_now_ns();
	*out = &s->base;
	return PF_OK;
}
