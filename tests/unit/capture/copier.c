#include "capture/copier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint32_t best_of(const uint32_t *offers, size_t count)
{
	struct pf_copier_shape shape = {0};
	for (size_t i = 0; i < count; i++)
		pf_copier_offer_format(&shape, offers[i]);
	return shape.fourcc;
}

static void formats_are_ranked_and_unknown_ones_ignored(void **state)
{
	const uint32_t deep = PF_FOURCC('X', 'R', '3', '0');
	const uint32_t all[] = {
		deep, PF_FOURCC_ABGR8888, WL_SHM_FORMAT_XRGB8888, PF_FOURCC_XBGR8888, WL_SHM_FORMAT_ARGB8888};
	assert_int_equal(best_of(all, 5), PF_FOURCC_XRGB8888);
	assert_int_equal(best_of(all, 2), PF_FOURCC_ABGR8888);
	assert_int_equal(best_of(all, 1), 0);
	assert_int_equal(best_of(all + 4, 1), PF_FOURCC_ARGB8888);
}

static void damage_is_cut_to_the_picture_and_bounded(void **state)
{
	struct pf_copier c = {.shape = {.width_px = 100, .height_px = 50}};
	pf_copier_begin(&c);
	pf_copier_add_damage(&c, -10, -10, 20, 20);
	pf_copier_add_damage(&c, 90, 40, INT32_MAX, INT32_MAX);
	pf_copier_add_damage(&c, 100, 0, 10, 10);
	pf_copier_add_damage(&c, 5, 5, 0, 7);
	pf_copier_add_damage(&c, 5, 5, -3, 7);
	assert_int_equal(c.damage_count, 2);
	assert_int_equal(c.damage[0].x, 0);
	assert_int_equal(c.damage[0].width, 10);
	assert_int_equal(c.damage[1].x, 90);
	assert_int_equal(c.damage[1].height, 10);
	assert_false(c.full_damage);
	for (int i = 0; i < PF_FRAME_DAMAGE_MAX; i++)
		pf_copier_add_damage(&c, i, i, 1, 1);
	assert_int_equal(c.damage_count, PF_FRAME_DAMAGE_MAX);
	assert_true(c.full_damage);
	pf_copier_begin(&c);
	assert_int_equal(c.damage_count, 0);
	assert_false(c.full_damage);
	pf_copier_add_damage(&c, -1, 0, 102, 50);
	assert_true(c.full_damage);
}

static void impossible_times_are_not_known(void **state)
{
	struct pf_copier c = {0};
	pf_copier_set_time(&c, 0, 12, 34);
	assert_true(c.time_known);
	assert_true(c.time_ns == 12000000034);
	pf_copier_set_time(&c, 0, 12, 1000000000);
	assert_false(c.time_known);
	pf_copier_set_time(&c, UINT32_MAX, UINT32_MAX, 0);
	assert_false(c.time_known);
}

static void a_second_description_must_be_the_same(void **state)
{
	struct pf_copier c = {0};
	struct pf_copier_shape shape = {
		.width_px = 640, .height_px = 480, .stride_bytes = 2560, .fourcc = PF_FOURCC_XRGB8888};
	pf_copier_describe(&c, &shape);
	pf_copier_describe(&c, &shape);
	assert_true(c.described);
	assert_false(c.reshaped);
	shape.stride_bytes = 2624;
	pf_copier_describe(&c, &shape);
	assert_true(c.reshaped);
	assert_int_equal(c.shape.stride_bytes, 2560);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_ranked_and_unknown_ones_ignored),
		cmocka_unit_test(damage_is_cut_to_the_picture_and_bounded),
		cmocka_unit_test(impossible_times_are_not_known),
		cmocka_unit_test(a_second_description_must_be_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
