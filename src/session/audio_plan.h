/*
 * How much a session's sound may cost (native-control 3.5.5, native-media 6.1, 6.3): the rung of the quality
 * ladder that fits the bit rate, and whether PCM is granted. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/native/audio_layout.h"

struct pf_audio_rung {
	uint32_t kbps;      /* of the Opus encoder */
	bool redundant;     /* each packet travels twice */
	uint32_t wire_kbps; /* what it costs of the wire budget */
};
/* The best rung that fits max(96, 5 % of the video rate), never above the operator's tier; when none fits
 * the lowest without redundancy. */
struct pf_audio_rung pf_audio_choose(const struct pf_audio_arrangement *arrangement, enum pf_audio_tier limit,
	bool may_redundant, uint32_t video_kbps);

struct pf_pcm_request {
	uint32_t rate_hz;
	unsigned bits, channels;
	uint32_t capture_rate_hz; /* what the capture really runs at */
	uint32_t video_kbps;
	size_t datagram_max; /* largest QUIC datagram now, bytes */
};
/* The frame length when PCM is granted, us; 0 = plain Opus. Whether client and operator want it is for the
 * caller to know. */
uint16_t pf_pcm_grant(const struct pf_pcm_request *request);
