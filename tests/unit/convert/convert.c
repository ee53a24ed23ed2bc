#include "convert/convert.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "support/vectors.h"

#define GUARD 0xA5

struct image {
	struct pf_frame frame;
	uint8_t *bytes;
};

struct target {
	struct pf_picture picture;
	uint8_t *bytes;
	size_t len;
};

static struct image image_new(
	uint32_t fourcc, uint32_t width, uint32_t height, uint32_t stride, uint64_t seed)
{
	/* The last row ends where the heap block ends: a sanitizer sees one byte too far. */
	size_t len = (size_t)stride * (height - 1) + 4 * (size_t)width;
	struct image i = {.bytes = malloc(len)};
	assert_non_null(i.bytes);
	random_fill(&seed, i.bytes, len);
	i.frame = (struct pf_frame){
		.fourcc = fourcc,
		.width_px = width,
		.height_px = height,
		.plane_count = 1,
		.plane = {{.data = i.bytes, .fd = -1, .stride_bytes = stride}},
		.full_damage = true,
	};
	return i;
}

static struct target target_new(
	enum pf_picture_layout layout, uint32_t width, uint32_t height, uint32_t slack)
{
	size_t luma = width + slack, chroma = layout == PF_PICTURE_NV12 ? luma : width / 2 + slack;
	size_t planes = layout == PF_PICTURE_NV12 ? 1 : 2;
	struct target t = {.len = luma * height + planes * chroma * (height / 2)};
	t.bytes = malloc(t.len);
	assert_non_null(t.bytes);
	memset(t.bytes, GUARD, t.len);
	uint8_t *u = t.bytes + luma * height;
	t.picture = (struct pf_picture){
		.layout = layout,
		.width_px = width,
		.height_px = height,
		.plane = {t.bytes, u, planes == 2 ? u + chroma * (height / 2) : NULL},
		.stride_bytes = {(ptrdiff_t)luma, (ptrdiff_t)chroma, (ptrdiff_t)chroma},
	};
	return t;
}

static const struct pf_convert_kernel *kernel_named(const char *name)
{
	size_t count;
	const struct pf_convert_kernel *const *all = pf_convert_kernels(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pf_convert_kernel_name(all[i]), name) == 0)
			return all[i];
	}
	fail_msg("no kernel %s", name);
	return NULL;
}

static const uint8_t *pixel_at(const struct pf_frame *f, uint32_t x, uint32_t y)
{
	uint32_t row = f->y_inverted ? f->height_px - 1 - y : y;
	return f->plane[0].data + (size_t)row * f->plane[0].stride_bytes + 4 * (size_t)x;
}

struct yuv {
	double y, u, v;
};

/* ITU-R BT.709 in real numbers, 8 bits, limited range. */
static struct yuv formula(double r, double g, double b)
{
	double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	return (struct yuv){
		.y = 16 + 219 * y / 255,
		.u = 128 + 224 * (b - y) / 1.8556 / 255,
		.v = 128 + 224 * (r - y) / 1.5748 / 255,
	};
}

static struct yuv formula_at(const struct pf_frame *f, uint32_t x, uint32_t y)
{
	const uint8_t *p = pixel_at(f, x, y);
	bool bgr = f->fourcc == PF_FOURCC_XRGB8888 || f->fourcc == PF_FOURCC_ARGB8888;
	return formula(p[bgr ? 2 : 0], p[1], p[bgr ? 0 : 2]);
}

static uint8_t chroma_at(const struct pf_picture *p, uint32_t x, uint32_t y, unsigned which)
{
	if (p->layout == PF_PICTURE_I420)
		return p->plane[1 + which][p->stride_bytes[1] * y + x];
	return p->plane[1][p->stride_bytes[1] * y + 2 * (size_t)x + which];
}

static void assert_follows_formula(const struct pf_picture *p, const struct pf_frame *f)
{
	for (uint32_t y = 0; y < f->height_px; y++) {
		for (uint32_t x = 0; x < f->width_px; x++) {
			double exact = formula_at(f, x, y).y, got = p->plane[0][p->stride_bytes[0] * y + x];
			assert_true(fabs(exact - got) < 0.9);
		}
	}
	for (uint32_t y = 0; y < f->height_px; y += 2) {
		for (uint32_t x = 0; x < f->width_px; x += 2) {
			struct yuv sum = {0};
			for (unsigned i = 0; i < 4; i++) {
				struct yuv one = formula_at(f, x + i % 2, y + i / 2);
				sum.u += one.u / 4;
				sum.v += one.v / 4;
			}
			assert_true(fabs(sum.u - chroma_at(p, x / 2, y / 2, 0)) < 1.5);
			assert_true(fabs(sum.v - chroma_at(p, x / 2, y / 2, 1)) < 1.5);
		}
	}
}

static void every_format_follows_bt709(void **state)
{
	static const uint32_t formats[] = {
		PF_FOURCC_XRGB8888, PF_FOURCC_ARGB8888, PF_FOURCC_XBGR8888, PF_FOURCC_ABGR8888};
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned layout = PF_PICTURE_NV12; layout <= PF_PICTURE_I420; layout++) {
			struct image src = image_new(formats[i], 322, 38, 322 * 4 + 5, 11 + i);
			src.frame.y_inverted = i % 2 == 1;
			struct target dst = target_new(layout, 322, 38, 3);
			assert_int_equal(
				pf_convert(pf_convert_best(), &dst.picture, &src.frame, false), PF_OK);
			assert_follows_formula(&dst.picture, &src.frame);
			free(src.bytes);
			free(dst.bytes);
		}
	}
}

static void greys_and_primaries_have_their_code_values(void **state)
{
	static const struct {
		uint8_t bgrx[4], y, u, v;
	} known[] = {
		{{0, 0, 0, 0xFF}, 16, 128, 128},
		{{255, 255, 255, 0}, 235, 128, 128},
		{{128, 128, 128, 77}, 126, 128, 128},
		{{0, 0, 255, 0}, 63, 102, 240},
		{{0, 255, 0, 0}, 172, 42, 26},
		{{255, 0, 0, 0}, 32, 240, 118},
	};
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct image src = image_new(PF_FOURCC_XRGB8888, 2, 2, 8, 1);
		for (unsigned p = 0; p < 4; p++)
			memcpy(src.bytes + 4 * p, known[i].bgrx, 4);
		struct target dst = target_new(PF_PICTURE_NV12, 2, 2, 0);
		assert_int_equal(pf_convert(pf_convert_best(), &dst.picture, &src.frame, true), PF_OK);
		assert_int_equal(dst.bytes[0], known[i].y);
		assert_in_range(dst.bytes[4], known[i].u - 1, known[i].u + 1);
		assert_in_range(dst.bytes[5], known[i].v - 1, known[i].v + 1);
		free(src.bytes);
		free(dst.bytes);
	}
}

/* Every kernel, every width up to three steps of the widest, memory outside the picture untouched. */
static void kernels_agree_bit_for_bit(void **state)
{
	size_t count;
	const struct pf_convert_kernel *const *all = pf_convert_kernels(&count);
	for (size_t k = 0; k < count; k++) {
		if (!pf_convert_kernel_runs_here(all[k]))
			continue;
		for (uint32_t width = 2; width <= 194; width += 2) {
			enum pf_picture_layout layout = width / 2 % 2 ? PF_PICTURE_NV12 : PF_PICTURE_I420;
			struct image src =
				image_new(PF_FOURCC_ABGR8888, width, 6, width * 4 + width % 7, width);
			struct target got = target_new(layout, width, 6, 9);
			struct target wanted = target_new(layout, width, 6, 9);
			assert_int_equal(pf_convert(all[k], &got.picture, &src.frame, true), PF_OK);
			assert_int_equal(
				pf_convert(kernel_named("scalar"), &wanted.picture, &src.frame, true), PF_OK);
			assert_memory_equal(got.bytes, wanted.bytes, wanted.len);
			assert_int_equal(got.bytes[width], GUARD);
			free(src.bytes);
			free(got.bytes);
			free(wanted.bytes);
		}
	}
}

/* The extremes drive every accumulator to its limits. */
static void kernels_do_not_overflow(void **state)
{
	size_t count;
	const struct pf_convert_kernel *const *all = pf_convert_kernels(&count);
	for (size_t k = 0; k < count; k++) {
		if (!pf_convert_kernel_runs_here(all[k]))
			continue;
		for (unsigned corner = 0; corner < 16; corner++) {
			struct image src = image_new(PF_FOURCC_XRGB8888, 128, 2, 512, 1);
			for (unsigned i = 0; i < 1024; i++)
				src.bytes[i] = corner >> i % 4 & 1 ? 255 : 0;
			struct target dst = target_new(PF_PICTURE_I420, 128, 2, 0);
			assert_int_equal(pf_convert(all[k], &dst.picture, &src.frame, true), PF_OK);
			assert_follows_formula(&dst.picture, &src.frame);
			free(src.bytes);
			free(dst.bytes);
		}
	}
}

static bool inside(struct pf_rect r, int32_t x, int32_t y)
{
	return x >= (r.x & ~1) && x < ((r.x + r.width + 1) & ~1) && y >= (r.y & ~1) &&
	       y < ((r.y + r.height + 1) & ~1);
}

static void only_damage_is_converted(void **state)
{
	struct image src = image_new(PF_FOURCC_XRGB8888, 64, 40, 256, 5);
	struct target whole = target_new(PF_PICTURE_NV12, 64, 40, 0);
	struct target part = target_new(PF_PICTURE_NV12, 64, 40, 0);
	assert_int_equal(pf_convert(pf_convert_best(), &whole.picture, &src.frame, true), PF_OK);

	src.frame.full_damage = false;
	assert_int_equal(pf_convert(pf_convert_best(), &part.picture, &src.frame, false), PF_OK);
	for (size_t i = 0; i < part.len; i++)
		assert_int_equal(part.bytes[i], GUARD);

	struct pf_rect a = {3, 5, 7, 1}, b = {50, 30, 14, 10};
	src.frame.damage_count = 2;
	src.frame.damage[0] = a;
	src.frame.damage[1] = b;
	assert_int_equal(pf_convert(pf_convert_best(), &part.picture, &src.frame, false), PF_OK);
	for (int32_t y = 0; y < 40; y++) {
		for (int32_t x = 0; x < 64; x++) {
			bool converted = inside(a, x, y) || inside(b, x, y);
			size_t luma = (size_t)y * 64 + (size_t)x,
			       chroma = 40 * 64 + (size_t)(y / 2) * 64 + (size_t)x;
			assert_int_equal(part.bytes[luma], converted ? whole.bytes[luma] : GUARD);
			assert_int_equal(part.bytes[chroma], converted ? whole.bytes[chroma] : GUARD);
		}
	}
	free(src.bytes);
	free(whole.bytes);
	free(part.bytes);
}

static void damage_outside_the_picture_is_clipped(void **state)
{
	struct image src = image_new(PF_FOURCC_XRGB8888, 32, 16, 128, 6);
	struct target whole = target_new(PF_PICTURE_I420, 32, 16, 0);
	struct target part = target_new(PF_PICTURE_I420, 32, 16, 0);
	assert_int_equal(pf_convert(pf_convert_best(), &whole.picture, &src.frame, true), PF_OK);
	src.frame.full_damage = false;
	src.frame.damage_count = 5;
	src.frame.damage[0] = (struct pf_rect){-5, -9, 1000, 13};
	src.frame.damage[1] = (struct pf_rect){-100, 4, 100000, INT32_MAX};
	src.frame.damage[2] = (struct pf_rect){INT32_MAX, 0, INT32_MAX, 4};
	src.frame.damage[3] = (struct pf_rect){INT32_MIN, INT32_MIN, 3, 3};
	src.frame.damage[4] = (struct pf_rect){4, 4, -3, 5};
	assert_int_equal(pf_convert(pf_convert_best(), &part.picture, &src.frame, false), PF_OK);
	assert_memory_equal(part.bytes, whole.bytes, whole.len);
	free(src.bytes);
	free(whole.bytes);
	free(part.bytes);
}

static void bad_pictures_are_refused(void **state)
{
	struct image src = image_new(PF_FOURCC_XRGB8888, 32, 16, 128, 6);
	struct target dst = target_new(PF_PICTURE_NV12, 32, 16, 0);
	const struct pf_convert_kernel *k = pf_convert_best();
	struct pf_frame bad = src.frame;
	bad.fourcc = PF_FOURCC_NV12;
	assert_int_equal(pf_convert(k, &dst.picture, &bad, true), PF_ERR_UNSUPPORTED);
	bad = src.frame;
	bad.width_px = 30;
	assert_int_equal(pf_convert(k, &dst.picture, &bad, true), PF_ERR_INVALID);
	bad = src.frame;
	bad.plane[0].stride_bytes = 127;
	assert_int_equal(pf_convert(k, &dst.picture, &bad, true), PF_ERR_INVALID);
	bad = src.frame;
	bad.plane[0].data = NULL;
	assert_int_equal(pf_convert(k, &dst.picture, &bad, true), PF_ERR_INVALID);
	bad = src.frame;
	bad.height_px = dst.picture.height_px = 15;
	assert_int_equal(pf_convert(k, &dst.picture, &bad, true), PF_ERR_INVALID);
	for (size_t i = 0; i < dst.len; i++)
		assert_int_equal(dst.bytes[i], GUARD);
	free(src.bytes);
	free(dst.bytes);
}

/* Shares of red and blue of each matrix. */
static const struct {
	uint8_t matrix;
	double red, blue;
} matrices[] = {{1, 0.2126, 0.0722}, {6, 0.299, 0.114}, {9, 0.2627, 0.0593}};

static struct yuv formula_of(size_t m, bool full, double r, double g, double b)
{
	double kr = matrices[m].red, kb = matrices[m].blue, y = kr * r + (1 - kr - kb) * g + kb * b;
	double luma = full ? 1 : 219.0 / 255, chroma = full ? 1 : 224.0 / 255;
	return (struct yuv){
		.y = (full ? 0 : 16) + luma * y,
		.u = 128 + chroma * (b - y) / (2 * (1 - kb)),
		.v = 128 + chroma * (r - y) / (2 * (1 - kr)),
	};
}

/* One colour over the whole picture, so that chroma has no means to take. */
static void check_colour(size_t m, bool full, uint8_t r, uint8_t g, uint8_t b)
{
	size_t count;
	const struct pf_convert_kernel *const *all = pf_convert_kernels(&count);
	for (size_t k = 0; k < count; k++) {
		if (!pf_convert_kernel_runs_here(all[k]))
			continue;
		struct image src = image_new(PF_FOURCC_XRGB8888, 70, 2, 280, 1);
		struct target dst = target_new(PF_PICTURE_NV12, 70, 2, 0);
		struct yuv exact = formula_of(m, full, r, g, b);
		for (size_t i = 0; i < 140; i++)
			memcpy(src.bytes + 4 * i, (uint8_t[]){b, g, r, 0}, 4);
		dst.picture.colour = (struct pf_colour){.matrix = matrices[m].matrix, .full_range = full};
		assert_int_equal(pf_convert(all[k], &dst.picture, &src.frame, true), PF_OK);
		for (uint32_t x = 0; x < 70; x++)
			assert_true(fabs(exact.y - dst.picture.plane[0][x]) < 1.1);
		for (uint32_t x = 0; x < 35; x++) {
			assert_true(fabs(exact.u - chroma_at(&dst.picture, x, 0, 0)) < 2.5);
			assert_true(fabs(exact.v - chroma_at(&dst.picture, x, 0, 1)) < 2.5);
		}
		free(src.bytes);
		free(dst.bytes);
	}
}

static void test_matrices_and_ranges(void **state)
{
	static const uint8_t levels[] = {0, 1, 64, 127, 128, 200, 254, 255};
	for (size_t m = 0; m < sizeof(matrices) / sizeof(matrices[0]); m++) {
		for (unsigned i = 0; i < 512; i++) {
			check_colour(m, true, levels[i % 8], levels[i / 8 % 8], levels[i / 64]);
			check_colour(m, false, levels[i % 8], levels[i / 8 % 8], levels[i / 64]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrices_and_ranges),
		cmocka_unit_test(every_format_follows_bt709),
		cmocka_unit_test(greys_and_primaries_have_their_code_values),
		cmocka_unit_test(kernels_agree_bit_for_bit),
		cmocka_unit_test(kernels_do_not_overflow),
		cmocka_unit_test(only_damage_is_converted),
		cmocka_unit_test(damage_outside_the_picture_is_clipped),
		cmocka_unit_test(bad_pictures_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
