#include "encode/annexb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

static void assert_stripped(enum pf_codec codec, const char *in_hex, const char *out_hex)
{
	size_t in_len, out_len;
	uint8_t *in = hex_bytes(in_hex, &in_len), *out = hex_bytes(out_hex, &out_len);
	assert_int_equal(annexb_strip(in, in_len, codec), out_len);
	assert_memory_equal(in, out, out_len);
	free(in);
	free(out);
}

static void junk_before_the_first_slice_goes(void **state)
{
	/* AUD, SPS, PPS, SEI, IDR slice with what looks like an SEI inside. */
	assert_stripped(PF_CODEC_H264,
		"00000001 09F0 00000001 67AABB 00000001 68CC 000001 0605FF 000001 65DDEE 000001 0611",
		"00000001 67AABB 00000001 68CC 000001 65DDEE 000001 0611");
	/* AUD, VPS, SPS, PPS, prefix SEI, IDR. */
	assert_stripped(PF_CODEC_HEVC,
		"00000001 460150 00000001 4001AA 00000001 4201BB 00000001 4401CC 000001 4E01FF 000001 2601DD",
		"00000001 4001AA 00000001 4201BB 00000001 4401CC 000001 2601DD");
}

static void clean_units_stay(void **state)
{
	assert_stripped(PF_CODEC_H264, "00000001 41AABB", "00000001 41AABB");
	assert_stripped(PF_CODEC_H264, "", "");
}

/* What is no start-code stream is left alone, whatever it is. */
static void other_bytes_stay(void **state)
{
	assert_stripped(PF_CODEC_H264, "00", "00");
	assert_stripped(PF_CODEC_H264, "000001", "000001");
	assert_stripped(PF_CODEC_HEVC, "0102030405", "0102030405");
	assert_stripped(PF_CODEC_H264, "00000001 06FF", "");
}

static void random_bytes_do_no_harm(void **state)
{
	uint64_t seed = 9;
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = random_next(&seed) % 40;
		uint8_t *data = malloc(len + !len);
		for (size_t i = 0; i < len; i++) {
			uint64_t r = random_next(&seed);
			data[i] = r % 8 < 5 ? 0 : r % 8 == 5 ? 1 : (uint8_t)(r >> 8);
		}
		assert_in_range(annexb_strip(data, len, round % 2 ? PF_CODEC_H264 : PF_CODEC_HEVC), 0, len);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(junk_before_the_first_slice_goes),
		cmocka_unit_test(clean_units_stay),
		cmocka_unit_test(other_bytes_stay),
		cmocka_unit_test(random_bytes_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
