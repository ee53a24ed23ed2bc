#include "encode/annexb.h"

#include <string.h>

enum nal_class { NAL_SLICE, NAL_PARAMETERS, NAL_JUNK };

/* ITU-T H.264 table 7-1, H.265 table 7-1. */
static enum nal_class classify(enum pf_codec codec, uint8_t header)
{
	if (codec == PF_CODEC_H264) {
		unsigned type = header & 0x1F;
		return type == 6 || type == 9   ? NAL_JUNK
		       : type >= 1 && type <= 5 ? NAL_SLICE
						: NAL_PARAMETERS;
	}
	unsigned type = header >> 1 & 0x3F;
	return type == 35 || type == 39 || type == 40 ? NAL_JUNK : type < 32 ? NAL_SLICE : NAL_PARAMETERS;
}

/* The 1 of the next start code at or after `at` that has a byte behind it; len when there is none. */
static size_t find_one(const uint8_t *data, size_t len, size_t at)
{
	static const uint8_t code[3] = {0, 0, 1};
	const uint8_t *p = at < len ? memmem(data + at, len - at, code, sizeof(code)) : NULL;
	size_t one = p ? (size_t)(p - data) + 2 : len;
	return one + 1 < len ? one : len;
}

/* A zero byte before the two belongs to the start code. */
static size_t code_begin(const uint8_t *data, size_t one, size_t least)
{
	size_t begin = one - 2;
	return begin > least && data[begin - 1] == 0 ? begin - 1 : begin;
}

bool annexb_next(const uint8_t *data, size_t len, struct annexb_nal *nal)
{
	size_t one = find_one(data, len, nal->end);
	if (one == len)
		return false;
	nal->code = code_begin(data, one, nal->end);
	nal->start = one + 1;
	size_t next = find_one(data, len, nal->start);
	nal->end = next == len ? len : code_begin(data, next, nal->start);
	return true;
}

size_t annexb_strip(uint8_t *data, size_t len, enum pf_codec codec)
{
	struct annexb_nal nal = {0};
	size_t out = 0;
	while (annexb_next(data, len, &nal)) {
		enum nal_class what = classify(codec, data[nal.start]);
		if (what == NAL_JUNK)
			continue;
		size_t end = what == NAL_SLICE ? len : nal.end;
		memmove(data + out, data + nal.code, end - nal.code);
		out += end - nal.code;
		if (what == NAL_SLICE)
			return out;
	}
	return nal.end == 0 ? len : out;
}
