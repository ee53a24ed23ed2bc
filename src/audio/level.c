#include "audio/level.h"

#include <math.h>

#define KNEE 0.75f

static unsigned fade_frames(unsigned frames, uint32_t rate_hz)
{
	unsigned millisecond = rate_hz / 1000;
	return frames < millisecond ? frames : millisecond;
}

void pf_level_fade_in(float *samples, unsigned frames, unsigned channels, uint32_t rate_hz)
{
	unsigned n = fade_frames(frames, rate_hz);
	for (unsigned f = 0; f < n; f++) {
		for (unsigned c = 0; c < channels; c++)
			samples[f * channels + c] *= (float)f / (float)n;
	}
}

void pf_level_fade_out(float *samples, unsigned frames, unsigned channels, uint32_t rate_hz)
{
	unsigned n = fade_frames(frames, rate_hz);
	float *last = samples + (size_t)frames * channels;
	for (unsigned f = 0; f < n; f++) {
		last -= channels;
		for (unsigned c = 0; c < channels; c++)
			last[c] *= (float)f / (float)n;
	}
}

bool pf_level_is_silent(const float *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (samples[i] != 0)
			return false;
	}
	return true;
}

void pf_level_amplify(float *samples, size_t count, float gain)
{
	for (size_t i = 0; i < count; i++) {
		float x = samples[i] * gain, size = fabsf(x);
		if (size > KNEE)
			x = copysignf(KNEE + (1 - KNEE) * tanhf((size - KNEE) / (1 - KNEE)), x);
		samples[i] = x;
	}
}
