/* The start-code format of H.264 and HEVC access units, as far as the host must touch it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "media/codec.h"

/* Removes delimiters and SEI in front of the first slice, in place, and returns the new length. Encoders put
 * their name and settings there; clients only skip it, and the first packet has better use for the room. */
size_t annexb_strip(uint8_t *data, size_t len, enum pf_codec codec);
