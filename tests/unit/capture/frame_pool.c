#include "capture/frame_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/ring.h"

static const struct pf_frame_pool_params small = {
	.width_px = 320, .height_px = 200, .stride_bytes = 1280, .fourcc = PF_FOURCC_XRGB8888};

static bool rung(struct pf_frame_pool *p, int timeout_ms)
{
	struct pollfd fd = {.fd = pf_frame_pool_bell(p), .events = POLLIN};
	return poll(&fd, 1, timeout_ms) == 1;
}

static void buffers_are_lent_once(void **state)
{
	struct pf_frame_pool *p;
	assert_int_equal(pf_frame_pool_create(&p, &small), PF_OK);
	unsigned seen = 0;
	struct pf_frame *f[PF_FRAME_POOL_BUFFERS];
	for (int i = 0; i < PF_FRAME_POOL_BUFFERS; i++) {
		int index = pf_frame_pool_take(p);
		assert_in_range(index, 0, PF_FRAME_POOL_BUFFERS - 1);
		assert_int_equal(seen & 1u << index, 0);
		seen |= 1u << index;
		memset(pf_frame_pool_pixels(p, (unsigned)index), index + 1, 1280 * 200);
		f[i] = pf_frame_pool_publish(p, (unsigned)index);
		assert_int_equal(f[i]->plane[0].data[1280 * 200 - 1], index + 1);
	}
	assert_int_equal(pf_frame_pool_take(p), -1);
	assert_false(rung(p, 0));
	/* A second reference keeps it. */
	pf_frame_ref(f[2]);
	pf_frame_unref(f[2]);
	assert_int_equal(pf_frame_pool_take(p), -1);
	pf_frame_unref(f[2]);
	assert_true(rung(p, 0));
	pf_frame_pool_clear(p);
	assert_int_equal(pf_frame_pool_take(p), 2);
	pf_frame_pool_untake(p, 2);
	/* The bell rings for those who found nothing, not for each frame. */
	pf_frame_unref(f[0]);
	assert_false(rung(p, 0));
	pf_frame_unref(f[1]);
	pf_frame_pool_unref(p);
	/* The last frame keeps the memory. */
	assert_int_equal(f[3]->plane[0].data[0], 4);
	pf_frame_unref(f[3]);
}

static void the_file_cannot_shrink(void **state)
{
	struct pf_frame_pool *p;
	assert_int_equal(pf_frame_pool_create(&p, &small), PF_OK);
	assert_true(ftruncate(pf_frame_pool_fd(p), 4096) < 0);
	assert_true(pf_frame_pool_size(p) >= 4 * 1280 * 200);
	pf_frame_pool_unref(p);
	pf_frame_pool_unref(NULL);
}

static void absurd_sizes_are_refused(void **state)
{
	static const struct pf_frame_pool_params absurd[] = {
		{.width_px = 320, .height_px = 200, .stride_bytes = 1279},
		{.width_px = 320, .height_px = 0, .stride_bytes = 1280},
		{.width_px = UINT32_MAX, .height_px = UINT32_MAX, .stride_bytes = UINT32_MAX},
		{.width_px = 40000, .height_px = 40000, .stride_bytes = 160000},
	};
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		struct pf_frame_pool *p = NULL;
		assert_int_equal(pf_frame_pool_create(&p, &absurd[i]), PF_ERR_INVALID);
		assert_null(p);
	}
}

#define PICTURES 20000

struct line {
	struct pf_ring ring;
	_Atomic unsigned wrong;
};

/* Checks that the picture stays what it was when it was published, then drops it. */
static void *consume(void *data)
{
	struct line *line = data;
	for (uint32_t i = 0; i < PICTURES;) {
		struct pf_frame *f = pf_ring_pop(&line->ring);
		if (!f)
			continue;
		const uint32_t *pixels = (const uint32_t *)f->plane[0].data;
		if (pixels[0] != i || pixels[320 * 200 - 1] != i)
			line->wrong++;
		pf_frame_unref(f);
		i++;
	}
	return NULL;
}

static void another_thread_may_drop_frames(void **state)
{
	static struct line line;
	struct pf_frame_pool *p;
	pthread_t thread;
	assert_int_equal(pf_frame_pool_create(&p, &small), PF_OK);
	pf_ring_init(&line.ring, 16);
	assert_int_equal(pthread_create(&thread, NULL, consume, &line), 0);
	for (uint32_t i = 0; i < PICTURES; i++) {
		int index;
		while ((index = pf_frame_pool_take(p)) < 0) {
			assert_true(rung(p, 10000)); /* a lost wake-up would end here */
			pf_frame_pool_clear(p);
		}
		uint32_t *pixels = pf_frame_pool_pixels(p, (unsigned)index);
		pixels[0] = pixels[320 * 200 - 1] = i;
		assert_true(pf_ring_push(&line.ring, pf_frame_pool_publish(p, (unsigned)index)));
	}
	pthread_join(thread, NULL);
	assert_int_equal(line.wrong, 0);
	pf_frame_pool_unref(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_lent_once),
		cmocka_unit_test(the_file_cannot_shrink),
		cmocka_unit_test(absurd_sizes_are_refused),
		cmocka_unit_test(another_thread_may_drop_frames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
