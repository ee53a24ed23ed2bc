/* The start-code format of H.264 and HEVC access units, as far as the host must touch it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/codec.h"

/* One NAL unit: its start code, its first byte (the header), its end. Offsets; zero-initialised to begin. */
struct annexb_nal {
	size_t code, start, end;
};

/* Steps to the next unit; false when there is none. Never looks outside of data. */
bool annexb_next(const uint8_t *data, size_t len, struct annexb_nal *nal);

/* Removes delimiters and SEI in front of the first slice, in place, and returns the new length. Encoders put
 * their name and settings there; clients only skip it, and the first packet has better use for the room. */
size_t annexb_strip(uint8_t *data, size_t len, enum pf_codec codec);
