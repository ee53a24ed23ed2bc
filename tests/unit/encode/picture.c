#include "encode/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"

static void planes_are_aligned_apart_and_inside(void **state)
{
	static const enum AVPixelFormat formats[] = {AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P};
	for (unsigned i = 0; i < 2; i++) {
		AVFrame *f;
		struct pf_picture p;
		assert_int_equal(picture_create(&f, &p, formats[i], 1366, 202), PF_OK);
		unsigned planes = i == 0 ? 2 : 3;
		const uint8_t *end = f->buf[0]->data;
		for (unsigned n = 0; n < planes; n++) {
			ptrdiff_t width = n > 0 && i == 1 ? 683 : 1366;
			assert_ptr_equal(p.plane[n], f->data[n]);
			assert_int_equal(p.stride_bytes[n], f->linesize[n]);
			assert_int_equal((uintptr_t)p.plane[n] % 64, 0);
			assert_true(p.stride_bytes[n] >= width && p.plane[n] >= end);
			end = p.plane[n] + p.stride_bytes[n] * (n > 0 ? 101 : 202);
		}
		assert_true(end <= f->buf[0]->data + f->buf[0]->size);
		av_frame_free(&f);
	}
}

/* An encoder that keeps the picture keeps what it was given. */
static void a_picture_in_use_is_not_written(void **state)
{
	AVFrame *f;
	struct pf_picture p;
	assert_int_equal(picture_create(&f, &p, AV_PIX_FMT_NV12, 320, 200), PF_OK);
	p.plane[0][0] = 7;
	uint8_t *before = p.plane[0];
	assert_int_equal(picture_own(f, &p), PF_OK);
	assert_ptr_equal(p.plane[0], before);

	AVFrame *kept = av_frame_clone(f);
	assert_non_null(kept);
	assert_int_equal(picture_own(f, &p), PF_OK);
	assert_ptr_not_equal(p.plane[0], before);
	assert_ptr_equal(p.plane[0], f->data[0]);
	assert_int_equal(p.plane[0][0], 7);
	p.plane[0][0] = 8;
	assert_int_equal(kept->data[0][0], 7);
	av_frame_free(&kept);
	p.plane[0][199 * p.stride_bytes[0] + 319] = 1;
	av_frame_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planes_are_aligned_apart_and_inside),
		cmocka_unit_test(a_picture_in_use_is_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
