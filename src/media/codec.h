/* Codecs as the wire numbers them (native-control 3.4.4). */
#pragma once

#include <stdint.h>

enum pf_codec {
	PF_CODEC_NONE = 0,
	PF_CODEC_H264 = 0x01,
	PF_CODEC_HEVC = 0x02,
	PF_CODEC_AV1 = 0x04,
	PF_CODEC_PYROWAVE = 0x08,
};

static inline const char *pf_codec_name(enum pf_codec c)
{
	switch (c) {
	case PF_CODEC_H264:
		return "h264";
	case PF_CODEC_HEVC:
		return "hevc";
	case PF_CODEC_AV1:
		return "av1";
	case PF_CODEC_PYROWAVE:
		return "pyrowave";
	case PF_CODEC_NONE:
		break;
	}
	return "none";
}
