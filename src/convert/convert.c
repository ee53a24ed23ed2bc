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
 * BT.709 in 1/256, for B G R byte order. Luma: 219/255 * (0.0722, 0.7152, 0.2126). Chroma: 224/255 times
 * (0.5, -0.3854, -0.1146) and (-0.0459, -0.4541, 0.5), rounded so that each row sums to 0: grey stays grey.
 */
static const struct convert_matrix matrix_bgr = {
	.luma = {16, 157, 47},
	.u = {112, -86, -26},
	.v = {-10, -102, 112},
};
static const struct convert_matrix matrix_rgb = {
	.luma = {47, 157, 16},
	.u = {-26, -86, 112},
	.v = {112, -102, -10},
};

static const struct convert_matrix *matrix_for(uint32_t fourcc)
{
	switch (fourcc) {
	case PF_FOURCC_XRGB8888:
	case PF_FOURCC_ARGB8888:
		return &matrix_bgr;
	case PF_FOURCC_XBGR8888:
	case PF_FOURCC_ABGR8888:
		return &matrix_rgb;
	default:
		return NULL;
	}
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
	return matrix_for(fourcc) != NULL;
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
	const struct convert_matrix *m = matrix_for(src->fourcc);
	for (uint32_t y = top; y < bottom; y += 2)
		k->rows(m, rows_at(dst, src, left, y), right - left);
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
