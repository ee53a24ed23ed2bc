#include "capture/image_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_compositor.h"
#include "os/clock.h"
#include "support/vectors.h"

static char directory[] = "/tmp/pf-test-capture-XXXXXX";
static char socket_path[sizeof(directory) + 16];

static struct fake_compositor *start(unsigned protocols)
{
	unlink(socket_path);
	return fake_start(socket_path, protocols);
}

static struct pf_capture *open_capture(const char *output)
{
	struct pf_reason reason = {0};
	struct pf_capture *c = NULL;
	int rc = pf_capture_image_copy_create(&c,
		&(struct pf_image_copy_params){.socket_path = socket_path, .output_name = output}, &reason);
	if (rc < 0)
		fail_msg("%s", reason.text);
	return c;
}

static struct pf_frame *next_frame(struct pf_capture *c)
{
	struct pf_reason reason = {0};
	struct pf_frame *f = NULL;
	int rc = pf_capture_next(c, 20000, &f, &reason);
	if (rc != PF_OK)
		fail_msg("%s: %s", pf_strerror(rc), reason.text);
	return f;
}

static void assert_shows(const struct pf_frame *f, const uint32_t *picture)
{
	assert_int_equal(f->width_px, FAKE_WIDTH);
	assert_int_equal(f->height_px, FAKE_HEIGHT);
	assert_int_equal(f->fourcc, PF_FOURCC_XRGB8888);
	for (unsigned y = 0; y < FAKE_HEIGHT; y++)
		assert_memory_equal(f->plane[0].data + (size_t)y * f->plane[0].stride_bytes,
			picture + y * FAKE_WIDTH, FAKE_WIDTH * 4);
}

/* Random changes, random holding back of frames: each picture must be whole, and its damage must be true. */
static void pictures_are_whole(unsigned protocols)
{
	struct fake_compositor *fake = start(protocols);
	uint64_t random = 7;
	fake_paint(fake, 0, 0, FAKE_WIDTH, FAKE_HEIGHT, 0x00112233);
	struct pf_capture *c = open_capture("FAKE-1");
	struct pf_frame *held[3] = {0};
	struct pf_frame *f = next_frame(c);
	assert_true(f->full_damage);
	assert_shows(f, fake_picture(fake));
	pf_frame_unref(f);
	for (uint32_t i = 1; i <= 300; i++) {
		int x = (int)(random_next(&random) % 600), y = (int)(random_next(&random) % 440);
		int w = 1 + (int)(random_next(&random) % 40), h = 1 + (int)(random_next(&random) % 40);
		fake_paint(fake, x, y, w, h, i);
		f = next_frame(c);
		assert_shows(f, fake_picture(fake));
		assert_false(f->full_damage);
		assert_int_equal(f->damage_count, 1);
		assert_int_equal(f->damage[0].x, x);
		assert_int_equal(f->damage[0].height, h);
		struct pf_frame **slot = &held[random_next(&random) % 3];
		pf_frame_unref(*slot);
		*slot = f;
	}
	for (int i = 0; i < 3; i++)
		pf_frame_unref(held[i]);
	assert_int_equal(pf_capture_next(c, 0, &f, NULL), PF_ERR_TIMEOUT);
	pf_capture_destroy(c);
	fake_stop(fake);
}

static void pictures_are_whole_by_ext(void **state)
{
	pictures_are_whole(FAKE_EXT | FAKE_WLR);
}

static void pictures_are_whole_by_wlr(void **state)
{
	pictures_are_whole(FAKE_WLR);
}

static void a_frame_outlives_its_capture(void **state)
{
	struct fake_compositor *fake = start(FAKE_EXT);
	fake_paint(fake, 0, 0, FAKE_WIDTH, FAKE_HEIGHT, 0x00445566);
	struct pf_capture *c = open_capture(NULL);
	struct pf_frame *f = next_frame(c);
	pf_capture_destroy(c);
	assert_shows(f, fake_picture(fake));
	pf_frame_unref(f);
	fake_stop(fake);
}

static void only_a_sane_clock_is_believed(void **state)
{
	struct fake_compositor *fake = start(FAKE_EXT);
	struct pf_capture *c = open_capture(NULL);
	for (enum fake_clock clock = FAKE_CLOCK_GOOD; clock <= FAKE_CLOCK_NONSENSE; clock++) {
		pf_frame_unref(next_frame(c)); /* the request under way may have been answered before */
		fake_set_clock(fake, clock);
		fake_paint(fake, 1, 1, 4, 4, clock + 1);
		struct pf_frame *f = next_frame(c);
		assert_int_equal(
			f->pts_source, clock == FAKE_CLOCK_GOOD ? PF_PTS_COMPOSITOR : PF_PTS_ARRIVAL);
		assert_true(f->pts_ns <= pf_wall_ns());
		assert_true(f->stamps.capture_ns <= pf_now_ns());
		pf_frame_unref(f);
		fake_paint(fake, 1, 1, 4, 4, 100);
	}
	pf_capture_destroy(c);
	fake_stop(fake);
}

static void damage_outside_the_picture_is_cut(void **state)
{
	for (unsigned protocols = FAKE_EXT; protocols <= FAKE_WLR; protocols++) {
		struct fake_compositor *fake = start(protocols);
		struct pf_capture *c = open_capture(NULL);
		pf_frame_unref(next_frame(c));
		for (unsigned count = 1; count < 40; count += 13) {
			fake_set_absurd_damage(fake, count);
			fake_paint(fake, 630, 470, 10, 10, count);
			struct pf_frame *f = next_frame(c);
			assert_shows(f, fake_picture(fake));
			assert_true(f->full_damage || f->damage_count > 0);
			for (unsigned i = 0; i < f->damage_count; i++) {
				assert_in_range(f->damage[i].x, 0, FAKE_WIDTH - 1);
				assert_in_range(f->damage[i].y, 0, FAKE_HEIGHT - 1);
				assert_in_range(f->damage[i].x + f->damage[i].width, 1, FAKE_WIDTH);
				assert_in_range(f->damage[i].y + f->damage[i].height, 1, FAKE_HEIGHT);
			}
			pf_frame_unref(f);
		}
		pf_capture_destroy(c);
		fake_stop(fake);
	}
}

static int until_it_ends(struct pf_capture *c, struct pf_reason *reason)
{
	struct pf_frame *f;
	int rc;
	for (int i = 0; i < 100; i++) {
		rc = pf_capture_next(c, 1000, &f, reason);
		if (rc == PF_OK)
			pf_frame_unref(f);
		else if (rc != PF_ERR_TIMEOUT)
			return rc;
	}
	return PF_ERR_TIMEOUT;
}

static void a_new_size_asks_for_a_rebuild(void **state)
{
	for (unsigned protocols = FAKE_EXT; protocols <= FAKE_WLR; protocols++) {
		struct fake_compositor *fake = start(protocols);
		struct pf_capture *c = open_capture(NULL);
		struct pf_reason reason = {0};
		pf_frame_unref(next_frame(c));
		fake_resize(fake, 800, 600);
		assert_int_equal(until_it_ends(c, &reason), PF_ERR_REBUILD);
		assert_non_null(strstr(reason.text, "640x480"));
		assert_int_equal(until_it_ends(c, &reason), PF_ERR_REBUILD);
		pf_capture_destroy(c);
		fake_stop(fake);
	}
}

static void a_refused_copy_asks_for_a_rebuild(void **state)
{
	for (unsigned protocols = FAKE_EXT; protocols <= FAKE_WLR; protocols++) {
		struct fake_compositor *fake = start(protocols);
		struct pf_capture *c = open_capture(NULL);
		struct pf_reason reason = {0};
		pf_frame_unref(next_frame(c));
		fake_refuse(fake, 2);
		assert_int_equal(until_it_ends(c, &reason), PF_ERR_REBUILD);
		assert_true(reason.text[0]);
		pf_capture_destroy(c);
		fake_stop(fake);
	}
}

static void a_copy_that_fails_once_is_asked_for_again(void **state)
{
	struct fake_compositor *fake = start(FAKE_WLR);
	struct pf_capture *c = open_capture(NULL);
	pf_frame_unref(next_frame(c));
	for (uint32_t i = 1; i <= 20; i++) {
		fake_refuse(fake, 1);
		fake_paint(fake, (int)i, 2, 30, 30, i);
		struct pf_frame *f = next_frame(c);
		assert_shows(f, fake_picture(fake));
		pf_frame_unref(f);
	}
	pf_capture_destroy(c);
	fake_stop(fake);
}

static void a_compositor_that_goes_asks_for_a_rebuild(void **state)
{
	struct fake_compositor *fake = start(FAKE_EXT);
	struct pf_capture *c = open_capture(NULL);
	struct pf_reason reason = {0};
	pf_frame_unref(next_frame(c));
	fake_stop(fake);
	assert_int_equal(until_it_ends(c, &reason), PF_ERR_REBUILD);
	assert_non_null(strstr(reason.text, "gone"));
	pf_capture_destroy(c);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct pf_capture *c = NULL;
	struct pf_reason reason = {0};
	unlink(socket_path);
	struct pf_image_copy_params params = {.socket_path = socket_path};
	assert_int_equal(pf_capture_image_copy_create(&c, &params, &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, socket_path));

	struct fake_compositor *fake = start(0);
	assert_int_equal(pf_capture_image_copy_create(&c, &params, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "screencopy"));
	fake_stop(fake);

	fake = start(FAKE_WLR);
	params.protocol = PF_IMAGE_COPY_EXT;
	assert_int_equal(pf_capture_image_copy_create(&c, &params, &reason), PF_ERR_UNSUPPORTED);
	params.protocol = PF_IMAGE_COPY_WLR;
	params.output_name = "OTHER-1";
	assert_int_equal(pf_capture_image_copy_create(&c, &params, &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "OTHER-1"));
	assert_null(c);
	fake_stop(fake);

	fake = start(FAKE_WLR);
	fake_hang(fake);
	params.output_name = NULL;
	assert_int_equal(pf_capture_image_copy_create(&c, &params, &reason), PF_ERR_TIMEOUT);
	fake_stop(fake);
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/wayland", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(socket_path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_whole_by_ext),
		cmocka_unit_test(pictures_are_whole_by_wlr),
		cmocka_unit_test(a_frame_outlives_its_capture),
		cmocka_unit_test(only_a_sane_clock_is_believed),
		cmocka_unit_test(damage_outside_the_picture_is_cut),
		cmocka_unit_test(a_new_size_asks_for_a_rebuild),
		cmocka_unit_test(a_refused_copy_asks_for_a_rebuild),
		cmocka_unit_test(a_copy_that_fails_once_is_asked_for_again),
		cmocka_unit_test(a_compositor_that_goes_asks_for_a_rebuild),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
