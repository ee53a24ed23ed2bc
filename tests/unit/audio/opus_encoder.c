#include "audio/opus_encoder.h"

#include <math.h>
#include <opus_multistream.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/native/audio_layout.h"

#define FRAME 240

static void tones(float *out, unsigned channels, unsigned *at)
{
	for (unsigned f = 0; f < FRAME; f++, (*at)++) {
		for (unsigned c = 0; c < channels; c++)
			out[f * channels + c] =
				0.25f * (float)sin(2 * M_PI * (440 + 110 * c) * *at / 48000.0);
	}
}

/* Strength of a frequency in one channel. */
static double strength(const float *x, unsigned channels, unsigned channel, unsigned frames, double hz)
{
	double re = 0, im = 0;
	for (unsigned f = 0; f < frames; f++) {
		re += x[f * channels + channel] * cos(2 * M_PI * hz * f / 48000);
		im += x[f * channels + channel] * sin(2 * M_PI * hz * f / 48000);
	}
	return 2 * hypot(re, im) / frames;
}

/* Each channel comes out of the decoder with its own tone, at its level. */
static void check(unsigned channels, enum pf_audio_layout layout)
{
	static float in[FRAME * 8], out[FRAME * 40 * 8];
	const struct pf_audio_arrangement *a = pf_audio_arrange(channels, layout);
	struct pf_opus_encoder *e;
	int error;
	unsigned at = 0;
	assert_int_equal(
		pf_opus_encoder_create(&e, &(struct pf_opus_params){channels, a->streams, a->coupled,
						   a->mapping, a->tier_kbps[PF_AUDIO_HIGH], 5, true}),
		PF_OK);
	assert_int_equal(pf_opus_encoder_frames(e), FRAME);
	OpusMSDecoder *d = opus_multistream_decoder_create(
		48000, (int)channels, a->streams, a->coupled, a->mapping, &error);
	assert_non_null(d);
	for (unsigned i = 0; i < 60; i++) {
		uint8_t packet[PF_OPUS_PACKET_MAX];
		size_t len;
		tones(in, channels, &at);
		assert_int_equal(pf_opus_encoder_encode(e, in, packet, sizeof(packet), &len), PF_OK);
		float *to = out + (i < 20 ? 0 : i - 20) * FRAME * channels;
		assert_int_equal(opus_multistream_decode_float(d, packet, (int)len, to, FRAME, 0), FRAME);
	}
	for (unsigned c = 0; c < channels; c++)
		assert_true(fabs(strength(out, channels, c, FRAME * 40, 440 + 110 * c) - 0.25) < 0.02);
	opus_multistream_decoder_destroy(d);
	pf_opus_encoder_destroy(e);
}

static void every_layout_keeps_its_channels(void **state)
{
	for (unsigned layout = PF_AUDIO_LEGACY; layout <= PF_AUDIO_UNCOUPLED; layout++) {
		check(2, (enum pf_audio_layout)layout);
		check(6, (enum pf_audio_layout)layout);
		check(8, (enum pf_audio_layout)layout);
	}
}

static void a_variable_rate_stays_within_the_room(void **state)
{
	float in[FRAME * 8];
	uint8_t packet[PF_OPUS_PACKET_MAX];
	const struct pf_audio_arrangement *a = pf_audio_arrange(8, PF_AUDIO_UNCOUPLED);
	struct pf_opus_encoder *e;
	size_t len;
	unsigned at = 0;
	pf_opus_encoder_create(&e, &(struct pf_opus_params){8, 8, 0, a->mapping, 2048, 5, true});
	tones(in, 8, &at);
	assert_int_equal(pf_opus_encoder_encode(e, in, packet, sizeof(packet), &len), PF_OK);
	assert_true(len > 1100);
	assert_int_equal(pf_opus_encoder_encode(e, in, packet, 1100, &len), PF_OK);
	assert_true(len <= 1100);
	pf_opus_encoder_destroy(e);
}

static void a_constant_rate_is_constant(void **state)
{
	float in[FRAME * 2] = {0};
	uint8_t packet[PF_OPUS_PACKET_MAX];
	const uint8_t mapping[] = {0, 1};
	struct pf_opus_encoder *e;
	unsigned at = 0;
	size_t len;
	pf_opus_encoder_create(&e, &(struct pf_opus_params){2, 1, 1, mapping, 96, 5, false});
	for (unsigned i = 0; i < 50; i++) {
		if (i % 7)
			tones(in, 2, &at);
		assert_int_equal(pf_opus_encoder_encode(e, in, packet, sizeof(packet), &len), PF_OK);
		assert_int_equal(len, 96000 / 8 / 200);
	}
	pf_opus_encoder_destroy(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_keeps_its_channels),
		cmocka_unit_test(a_variable_rate_stays_within_the_room),
		cmocka_unit_test(a_constant_rate_is_constant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
