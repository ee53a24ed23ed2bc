/* What spec 6.8 demands of the bitstream of a frame. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* first = bytes of the frame that came in its first packet. */
void gsc_bitstream_check(
	int codec, uint32_t frame, const uint8_t *data, size_t len, size_t first, bool idr, int slices);
