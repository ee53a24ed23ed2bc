/* The encoder's input picture: made once, written by the converter, read by libavcodec without a copy. */
#pragma once

#include <libavutil/frame.h>

#include "convert/convert.h"

/* Memory in huge pages, touched. *frame is av_frame_free()d by the caller; *view points into it and lives as
 * long. format: AV_PIX_FMT_NV12 or AV_PIX_FMT_YUV420P. Errors: PF_ERR_NOMEM. */
int picture_create(AVFrame **frame, struct pf_picture *view, enum AVPixelFormat format, uint32_t width_px,
	uint32_t height_px);

/* Before writing: when the encoder still reads the picture, a copy of it takes its place and *view follows.
 * Errors: PF_ERR_NOMEM. */
int picture_own(AVFrame *frame, struct pf_picture *view);
