#include "proto/native/pcm.h"

#include <math.h>

#include "proto/native/datagram.h"

bool pf_pcm_rate_known(uint32_t rate_hz)
{
	switch (rate_hz) {
	case 44100:
	case 48000:
	case 88200:
	case 96000:
	case 176400:
		return true;
	default:
		return false;
	}
}

uint32_t pf_pcm_frame_samples(uint32_t rate_hz, uint32_t frame_us)
{
	return (uint32_t)((uint64_t)rate_hz * frame_us / 1000000);
}

uint16_t pf_pcm_frame_us(uint32_t rate_hz, unsigned bits, unsigned channels, size_t datagram_max)
{
	static const uint16_t lengths_us[] = {5000, 4000, 3000, 2500, 2000, 1500, 1000};
	for (size_t i = 0; i < sizeof(lengths_us) / sizeof(lengths_us[0]); i++) {
		size_t samples = pf_pcm_frame_samples(rate_hz, lengths_us[i]);
		if (samples * channels * (bits / 8) + PF_AUDIO_HEAD_BYTES <= datagram_max)
			return lengths_us[i];
	}
	return 0;
}

static float full_scale(unsigned bits)
{
	return bits == 24 ? 8388607.0f : 32767.0f;
}

size_t pf_pcm_write(uint8_t *out, const float *samples, size_t count, unsigned bits)
{
	const float full = full_scale(bits);
	uint8_t *at = out;
	for (size_t i = 0; i < count; i++) {
		/* In double: a float has no room for the half of a 24-bit step. NaN is silence. */
		double x = (double)samples[i] * full;
		int32_t value = (int32_t)lrint(x > full ? full : x < -full ? -full : isnan(x) ? 0 : x);
		for (unsigned shift = 0; shift < bits; shift += 8)
			*at++ = (uint8_t)((uint32_t)value >> shift);
	}
	return (size_t)(at - out);
}

void pf_pcm_read(float *samples, size_t count, const uint8_t *data, unsigned bits)
{
	const float full = full_scale(bits);
	for (size_t i = 0; i < count; i++) {
		uint32_t value = 0;
		for (unsigned shift = 32 - bits; shift < 32; shift += 8)
			value |= (uint32_t)*data++ << shift;
		samples[i] = (float)((int32_t)value >> (32 - bits)) / full;
	}
}
