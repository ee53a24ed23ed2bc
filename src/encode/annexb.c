#include "encode/annexb.h"

#include <stdbool.h>
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

/* Bytes of the start code at data[at], 0 when there is none. */
static size_t start_code(const uint8_t *data, size_t len, size_t at)
{
	static const uint8_t code[4] = {0, 0, 0, 1};
	if (len - at > 4 && memcmp(data + at, code, 4) == 0)
		return 4;
	return len - at > 3 && memcmp(data + at, code + 1, 3) == 0 ? 3 : 0;
}

static size_t next_start(const uint8_t *data, size_t len, size_t at)
{
	while (at < len && start_code(data, len, at) == 0)
		at++;
	return at;
}

size_t annexb_strip(uint8_t *data, size_t len, enum pf_codec codec)
{
	size_t in = 0, out = 0;
	while (in < len) {
		size_t code = start_code(data, len, in);
		if (code == 0)
			break;
		enum nal_class what = classify(codec, data[in + code]);
		size_t end = what == NAL_SLICE ? len : next_start(data, len, in + code);
		if (what != NAL_JUNK) {
			memmove(data + out, data + in, end - in);
			out += end - in;
		}
		in = end;
	}
	if (in < len) {
		memmove(data + out, data + in, len - in);
		out += len - in;
	}
	return out;
}
