/* The lossless plane (native-media 6.3): its frames, and its samples: interleaved little endian, symmetric full scale.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool pf_pcm_rate_known(uint32_t rate_hz);
/* Samples per channel of one frame. */
uint32_t pf_pcm_frame_samples(uint32_t rate_hz, uint32_t frame_us);
/* The longest frame that fits a datagram, us; 0 = none fits. */
uint16_t pf_pcm_frame_us(uint32_t rate_hz, unsigned bits, unsigned channels, size_t datagram_max);

/* bits: 16 or 24. Writes count * bits / 8 bytes; beyond full scale is clamped. Returns the bytes written. */
size_t pf_pcm_write(uint8_t *out, const float *samples, size_t count, unsigned bits);
/* Reads count * bits / 8 bytes. */
void pf_pcm_read(float *samples, size_t count, const uint8_t *data, unsigned bits);
