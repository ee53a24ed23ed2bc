#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "media/picture_number.h"
#include "os/clock.h"

static const struct pf_mode mode = {320, 200, 100};

static struct pf_capture *open_source(struct pf_mode m, bool paced)
{
	struct pf_capture *c = NULL;
	assert_int_equal(pf_capture_synthetic_create(&c, m, paced), PF_OK);
	return c;
}

static uint32_t number_of(const struct pf_frame *f)
{
	uint32_t number = 0;
	assert_true(pf_picture_number_read(f->plane[0].data, f->plane[0].stride_bytes, 4, &number));
	return number;
}

static size_t bytes_of(const struct pf_frame *f)
{
	return (size_t)f->plane[0].stride_bytes * f->height_px;
}

static void a_picture_depends_on_its_number_alone(void **state)
{
	struct pf_capture *a = open_source(mode, false), *b = open_source(mode, false);
	struct pf_frame *held = NULL;
	for (uint32_t i = 1; i <= 100; i++) {
		struct pf_frame *x, *y;
		assert_int_equal(pf_capture_next(a, 0, &x, NULL), PF_OK);
		assert_int_equal(pf_capture_next(b, 0, &y, NULL), PF_OK);
		assert_int_equal(number_of(x), i);
		assert_int_equal(x->width_px, 320);
		assert_int_equal(x->height_px, 200);
		assert_memory_equal(x->plane[0].data, y->plane[0].data, bytes_of(x));
		pf_frame_unref(x);
		/* The two walk through their buffers differently. */
		if (i % 3 == 0) {
			pf_frame_unref(held);
			held = y;
		} else {
			pf_frame_unref(y);
		}
	}
	pf_frame_unref(held);
	pf_capture_destroy(a);
	pf_capture_destroy(b);
}

static bool inside_damage(const struct pf_frame *f, int x, int y)
{
	for (unsigned i = 0; i < f->damage_count; i++) {
		const struct pf_rect *r = &f->damage[i];
		if (x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height)
			return true;
	}
	return f->full_damage;
}

static void what_changes_is_in_the_damage(void **state)
{
	struct pf_capture *c = open_source(mode, false);
	uint32_t *before = malloc(320 * 200 * 4);
	for (uint32_t i = 1; i <= 50; i++) {
		struct pf_frame *f;
		unsigned changed = 0;
		assert_int_equal(pf_capture_next(c, 0, &f, NULL), PF_OK);
		assert_int_equal(f->full_damage, i == 1);
		const uint32_t *now = (const uint32_t *)f->plane[0].data;
		for (int y = 0; y < 200 && i > 1; y++)
			for (int x = 0; x < 320; x++)
				if (now[y * 320 + x] != before[y * 320 + x]) {
					changed++;
					assert_true(inside_damage(f, x, y));
				}
		assert_true(i == 1 || changed > 0);
		memcpy(before, now, 320 * 200 * 4);
		pf_frame_unref(f);
	}
	free(before);
	pf_capture_destroy(c);
}

static void pacing_never_runs_ahead_of_the_clock(void **state)
{
	int64_t start_ns = pf_now_ns();
	struct pf_capture *c = open_source(mode, true);
	struct pf_frame *f;
	uint32_t last = 0;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(pf_capture_next(c, 10000, &f, NULL), PF_OK);
		uint32_t number = number_of(f);
		assert_true(number > last);
		assert_true(pf_now_ns() - start_ns >= (int64_t)number * 10000000);
		last = number;
		pf_frame_unref(f);
	}
	pf_capture_destroy(c);

	c = open_source((struct pf_mode){320, 200, 1}, true);
	assert_int_equal(pf_capture_next(c, 1, &f, NULL), PF_ERR_TIMEOUT);
	pf_capture_destroy(c);
}

static void *wake_it(void *c)
{
	pf_capture_wake(c);
	return NULL;
}

static void waiting_ends_early_when_woken(void **state)
{
	struct pf_capture *c = open_source((struct pf_mode){320, 200, 1}, true);
	pthread_t thread;
	struct pf_frame *f;
	assert_int_equal(pthread_create(&thread, NULL, wake_it, c), 0);
	assert_int_equal(pf_capture_next(c, 900, &f, NULL), PF_ERR_AGAIN);
	pthread_join(thread, NULL);
	pf_capture_destroy(c);
}

static void without_buffers_it_waits(void **state)
{
	struct pf_capture *c = open_source(mode, false);
	struct pf_frame *held[16];
	unsigned count = 0;
	while (count < 16 && pf_capture_next(c, 0, &held[count], NULL) == PF_OK)
		count++;
	assert_in_range(count, 3, 15);
	uint32_t first = number_of(held[0]);
	assert_int_equal(pf_capture_next(c, 1, &held[count], NULL), PF_ERR_TIMEOUT);
	assert_int_equal(number_of(held[0]), first);
	pf_frame_unref(held[0]);
	assert_int_equal(pf_capture_next(c, 0, &held[0], NULL), PF_OK);
	assert_int_equal(number_of(held[0]), count + 1);
	pf_capture_destroy(c);
	for (unsigned i = 0; i < count; i++)
		pf_frame_unref(held[i]);
}

static void impossible_modes_are_refused(void **state)
{
	struct pf_capture *c = NULL;
	assert_int_equal(
		pf_capture_synthetic_create(&c, (struct pf_mode){321, 200, 60}, true), PF_ERR_INVALID);
	assert_int_equal(
		pf_capture_synthetic_create(&c, (struct pf_mode){320, 200, 0}, true), PF_ERR_INVALID);
	assert_null(c);
}

static void numbers_survive_noise_and_nothing_reads_as_none(void **state)
{
	static uint8_t picture[32 * 256 * 4], luma[32 * 256];
	uint32_t number;
	assert_false(pf_picture_number_read(picture, 1024, 4, &number));
	memset(picture, 255, sizeof(picture));
	assert_false(pf_picture_number_read(picture, 1024, 4, &number));
	for (uint32_t n = 1; n < 0x2000000; n = n * 3 + 1) {
		pf_picture_number_draw(picture, 1024, n);
		for (size_t i = 0; i < sizeof(luma); i++)
			luma[i] = (uint8_t)(16 + picture[i * 4] * 219 / 255 / 2 + (i * 7919 % 90));
		assert_true(pf_picture_number_read(luma, 256, 1, &number));
		assert_int_equal(number, n & PF_PICTURE_NUMBER_MASK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_depends_on_its_number_alone),
		cmocka_unit_test(what_changes_is_in_the_damage),
		cmocka_unit_test(pacing_never_runs_ahead_of_the_clock),
		cmocka_unit_test(waiting_ends_early_when_woken),
		cmocka_unit_test(without_buffers_it_waits),
		cmocka_unit_test(impossible_modes_are_refused),
		cmocka_unit_test(numbers_survive_noise_and_nothing_reads_as_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
