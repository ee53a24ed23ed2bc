/* native-media 6.3. */
#include "proto/native/pcm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint32_t rates[] = {44100, 48000, 88200, 96000, 176400};
static const unsigned channel_counts[] = {2, 6, 8};
/* by channels, then rate, then 16 and 24 bits; a datagram of 1400 bytes */
static const uint16_t rungs_us[3][10] = {
	{5000, 5000, 5000, 4000, 3000, 2500, 3000, 2000, 1500, 1000},
	{2500, 1500, 2000, 1500, 1000, 0, 1000, 0, 0, 0},
	{1500, 1000, 1500, 1000, 0, 0, 0, 0, 0, 0},
};

static void pcm_frames_follow_the_table(void **state)
{
	for (unsigned c = 0; c < 3; c++) {
		for (unsigned i = 0; i < 10; i++) {
			unsigned bits = i % 2 ? 24 : 16;
			assert_int_equal(
				pf_pcm_frame_us(rates[i / 2], bits, channel_counts[c], 1400), rungs_us[c][i]);
		}
	}
	assert_int_equal(pf_pcm_frame_samples(44100, 5000), 220);
	assert_int_equal(pf_pcm_frame_us(48000, 16, 2, 0), 0);
}

static void samples_are_little_endian_and_symmetric(void **state)
{
	const float samples[] = {0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, NAN};
	const uint8_t want16[] = {0, 0, 0xff, 0x7f, 0x01, 0x80, 0xff, 0x7f, 0x01, 0x80, 0x00, 0x40, 0, 0};
	const uint8_t want24[] = {0, 0, 0, 0xff, 0xff, 0x7f, 0x01, 0x00, 0x80, 0xff, 0xff, 0x7f, 0x01, 0x00,
		0x80, 0x00, 0x00, 0x40, 0, 0, 0};
	uint8_t out[sizeof(want24)];
	assert_int_equal(pf_pcm_write(out, samples, 7, 16), sizeof(want16));
	assert_memory_equal(out, want16, sizeof(want16));
	assert_int_equal(pf_pcm_write(out, samples, 7, 24), sizeof(want24));
	assert_memory_equal(out, want24, sizeof(want24));
}

static void every_value_comes_back_the_same(void **state)
{
	for (unsigned bits = 16; bits <= 24; bits += 8) {
		int32_t full = bits == 16 ? 32767 : 8388607;
		for (int32_t v = -full; v <= full; v += bits == 16 ? 1 : 97) {
			uint8_t in[3] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16)}, out[3] = {0};
			float sample;
			pf_pcm_read(&sample, 1, in, bits);
			assert_true(fabsf(sample) <= 1.0f);
			pf_pcm_write(out, &sample, 1, bits);
			assert_memory_equal(out, in, bits / 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcm_frames_follow_the_table),
		cmocka_unit_test(samples_are_little_endian_and_symmetric),
		cmocka_unit_test(every_value_comes_back_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
