#include "encode/picture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

#define HUGE_PAGE    ((size_t)2 << 20)
#define STRIDE_ALIGN 64

static void memory_free(void *opaque, uint8_t *data)
{
	free(data);
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* The conversion touches 1.5 bytes per pixel and frame; small pages would cost it a tenth or more. */
static AVBufferRef *memory_new(size_t bytes)
{
	bytes = round_up(bytes, HUGE_PAGE);
	uint8_t *data = aligned_alloc(HUGE_PAGE, bytes);
	if (!data)
		return NULL;
	madvise(data, bytes, MADV_HUGEPAGE);
	memset(data, 0, bytes);
	AVBufferRef *ref = av_buffer_create(data, bytes, memory_free, NULL, 0);
	if (!ref)
		free(data);
	return ref;
}

static void lay_out(struct pf_picture *view, uint8_t *data, size_t luma_stride, size_t chroma_stride)
{
	uint8_t *u = data + luma_stride * view->height_px;
	view->plane[0] = data;
	view->plane[1] = u;
	view->stride_bytes[0] = (ptrdiff_t)luma_stride;
	view->stride_bytes[1] = (ptrdiff_t)chroma_stride;
	if (view->layout == PF_PICTURE_I420) {
		view->plane[2] = u + chroma_stride * (view->height_px / 2);
		view->stride_bytes[2] = (ptrdiff_t)chroma_stride;
	}
}

static void follow(struct pf_picture *view, const AVFrame *frame)
{
	for (unsigned i = 0; i < 3; i++) {
		view->plane[i] = frame->data[i];
		view->stride_bytes[i] = frame->linesize[i];
	}
}

int picture_own(AVFrame *frame, struct pf_picture *view)
{
	if (av_frame_is_writable(frame))
		return PF_OK;
	if (av_frame_make_writable(frame) < 0)
		return PF_ERR_NOMEM;
	follow(view, frame);
	return PF_OK;
}

int picture_create(AVFrame **frame, struct pf_picture *view, enum AVPixelFormat format, uint32_t width_px,
	uint32_t height_px)
{
	struct pf_picture p = {
		.layout = format == AV_PIX_FMT_NV12 ? PF_PICTURE_NV12 : PF_PICTURE_I420,
		.width_px = width_px,
		.height_px = height_px,
	};
	size_t luma = round_up(width_px, STRIDE_ALIGN);
	size_t chroma = p.layout == PF_PICTURE_NV12 ? luma : round_up(width_px / 2, STRIDE_ALIGN);
	size_t chroma_rows = p.layout == PF_PICTURE_NV12 ? height_px / 2 : height_px;

	AVFrame *f = av_frame_alloc();
	if (!f)
		return PF_ERR_NOMEM;
	f->buf[0] = memory_new(luma * height_px + chroma * chroma_rows + STRIDE_ALIGN);
	if (!f->buf[0]) {
		av_frame_free(&f);
		return PF_ERR_NOMEM;
	}
	lay_out(&p, f->buf[0]->data, luma, chroma);
	f->format = format;
	f->width = (int)width_px;
	f->height = (int)height_px;
	for (unsigned i = 0; i < 3; i++) {
		f->data[i] = p.plane[i];
		f->linesize[i] = (int)p.stride_bytes[i];
	}
	*frame = f;
	*view = p;
	return PF_OK;
}
