/* Formats, rows and damage; the arithmetic is in the kernels. */
#include "convert/convert.h"

#include "base/error.h"
#include "convert/kernel.h"

static const struct pf_convert_kernel *const kernels[] = {
#if defined(__x86_64__)
	&convert_avx512,
	&convert_avx2,
#endif
	&convert_scalar,
};

/*
 * In 1/256, for B G R byte order. With the matrix's shares of blue, green and red, limited range has 219/255 of them as
 * luma and 224/255 of (B - Y) and (R - Y), scaled to halves, as chroma; full range has all of it, and 127 in place of
 * 128, which does not fit. Rows are rounded so that chroma sums to 0 and luma to 220 or 256: grey stays grey, and white
 * white.
 */
#define LIMITED 0x1080
#define FULL    0x0080
static const struct convert_matrix bt709[] = {
	{{16, 157, 47}, {112, -86, -26}, {-10, -102, 112}, LIMITED},
	{{19, 183, 54}, {127, -98, -29}, {-11, -116, 127}, FULL},
};
static const struct convert_matrix bt601[] = {
	{{25, 129, 66}, {112, -74, -38}, {-18, -94, 112}, LIMITED},
	{{29, 150, 77}, {127, -84, -43}, {-20, -107, 127}, FULL},
};
static const struct convert_matrix bt2020[] = {
	{{13, 149, 58}, {112, -81, -31}, {-9, -103, 112}, LIMITED},
	{{15, 174, 67}, {127, -92, -35}, {-10, -117, 127}, FULL},
};

static struct convert_matrix in_rgb_order(struct convert_matrix m)
{
	return (struct convert_matrix){
		.luma = {m.luma[2], m.luma[1], m.luma[0]},
		.u = {m.u[2], m.u[1], m.u[0]},
		.v = {m.v[2], m.v[1], m.v[0]},
		.luma_bias = m.luma_bias,
	};
}

static struct convert_matrix matrix_of(struct pf_colour c)
{
	switch (c.matrix) {
	case 5:
	case 6:
		return bt601[c.full_range];
	case 9:
		return bt2020[c.full_range];
	default:
		return bt709[c.full_range];
	}
}

static bool is_rgb(uint32_t fourcc)
{
	return fourcc == PF_FOURCC_XBGR8888 || fourcc == PF_FOURCC_ABGR8888;
}

const struct pf_convert_kernel *const *pf_convert_kernels(size_t *count)
{
	*count = sizeof(kernels) / sizeof(kernels[0]);
	return kernels;
}

const char *pf_convert_kernel_name(const struct pf_convert_kernel *k)
{
	return k->name;
}

bool pf_convert_kernel_runs_here(const struct pf_convert_kernel *k)
{
	return k->runs_here();
}

const struct pf_convert_kernel *pf_convert_best(void)
{
	/* The last one is plain C. */
	size_t last = sizeof(kernels) / sizeof(kernels[0]) - 1;
	for (size_t i = 0; i < last; i++) {
		if (kernels[i]->runs_here())
			return kernels[i];
	}
	return kernels[last];
}

bool pf_convert_takes(uint32_t fourcc)
{
	return is_rgb(fourcc) || fourcc == PF_FOURCC_XRGB8888 || fourcc == PF_FOURCC_ARGB8888;
}

/* Pixel (x, y) of the source as it is seen, whichever way up it lies in memory. */
static const uint8_t *source_at(const struct pf_frame *f, uint32_t x, uint32_t y)
{
	uint32_t row = f->y_inverted ? f->height_px - 1 - y : y;
	return f->plane[0].data + (size_t)row * f->plane[0].stride_bytes + 4 * (size_t)x;
}

static struct convert_rows rows_at(
	const struct pf_picture *dst, const struct pf_frame *src, uint32_t x, uint32_t y)
{
	bool planar = dst->layout == PF_PICTURE_I420;
	uint8_t *luma = dst->plane[0] + (ptrdiff_t)y * dst->stride_bytes[0] + x;
	ptrdiff_t line = y / 2, column = planar ? x / 2 : x;
	return (struct convert_rows){
		.src = {source_at(src, x, y), source_at(src, x, y + 1)},
		.y = {luma, luma + dst->stride_bytes[0]},
		.u = dst->plane[1] + line * dst->stride_bytes[1] + column,
		.v = planar ? dst->plane[2] + line * dst->stride_bytes[2] + column : NULL,
	};
}

/* The even-aligned part of [start, start + length) inside [0, limit); false when nothing is left. */
static bool widen(int64_t start, int64_t length, uint32_t limit, uint32_t *from, uint32_t *to)
{
	int64_t end = start + length;
	if (length <= 0 || end <= 0 || start >= limit)
		return false;
	*from = start < 0 ? 0 : (uint32_t)start & ~1u;
	*to = end >= limit ? limit : ((uint32_t)end + 1) & ~1u;
	return true;
}

static void convert_rect(const struct pf_convert_kernel *k, const struct pf_picture *dst,
	const struct pf_frame *src, struct pf_rect rect)
{
	uint32_t left, right, top, bottom;
	if (!widen(rect.x, rect.width, src->width_px, &left, &right) ||
		!widen(rect.y, rect.height, src->height_px, &top, &bottom))
		return;
	struct convert_matrix m = matrix_of(dst->colour);
	if (is_rgb(src->fourcc))
		m = in_rgb_order(m);
	for (uint32_t y = top; y < bottom; y += 2)
		k->rows(&m, rows_at(dst, src, left, y), right - left);
}

int pf_convert(const struct pf_convert_kernel *k, const struct pf_picture *dst, const struct pf_frame *src,
	bool whole)
{
	if (!pf_convert_takes(src->fourcc))
		return PF_ERR_UNSUPPORTED;
	if (src->width_px != dst->width_px || src->height_px != dst->height_px || src->width_px % 2 != 0 ||
		src->height_px % 2 != 0 || src->width_px > INT32_MAX || src->height_px > INT32_MAX)
		return PF_ERR_INVALID;
	if (!src->plane[0].data || src->plane[0].stride_bytes / 4 < src->width_px)
		return PF_ERR_INVALID;
	if (whole || src->full_damage) {
		struct pf_rect all = {.width = (int32_t)src->width_px, .height = (int32_t)src->height_px};
		convert_rect(k, dst, src, all);
		return PF_OK;
	}
	for (unsigned i = 0; i < src->damage_count && i < PF_FRAME_DAMAGE_MAX; i++)
		convert_rect(k, dst, src, src->damage[i]);
	return PF_OK;
}
