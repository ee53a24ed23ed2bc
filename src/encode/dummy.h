/*
 * Row of the registry: an encoder that looks at no pixels. Its units have the sizes of a real stream at the
 * live bit rate and known content, so that a client can check every byte (product 1.2). For tests and the
 * synthetic source.
 */
#pragma once

#include "encode/encoder.h"

#define PF_DUMMY_KEY_PERCENT 1000 /* key unit against other units */
#define PF_DUMMY_BYTES_MIN   16

extern const struct pf_encoder_impl pf_encoder_dummy;

/* Byte `at` of the dummy unit with this index: the index in little endian, then (index + at) mod 256. */
static inline uint8_t pf_dummy_byte(uint32_t frame_index, size_t at)
{
	return (uint8_t)(at < 4 ? frame_index >> (8 * at) : frame_index + at);
}
