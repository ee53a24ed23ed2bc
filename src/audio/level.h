/* What is done to the loudness of samples before they are coded. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_GAIN_MAX 8.0f

/* Fades over 1 ms: the first of the frames from nothing, the last of them to nothing. */
void pf_level_fade_in(float *samples, unsigned frames, unsigned channels, uint32_t rate_hz);
void pf_level_fade_out(float *samples, unsigned frames, unsigned channels, uint32_t rate_hz);
bool pf_level_is_silent(const float *samples, size_t count);
/* Times gain; what gets above three quarters of full scale is rounded off towards it. */
void pf_level_amplify(float *samples, size_t count, float gain);
