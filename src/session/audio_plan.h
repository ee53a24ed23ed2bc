/*
 * How a session's sound is coded (native-control 3.5.5, native-media 6.1, 6.3): channel layouts, the rung of
 * the quality ladder that fits the bit rate, and whether PCM is granted. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/native/caps.h"

#define PF_AUDIO_CHANNELS_MAX 8

enum pf_audio_tier { PF_AUDIO_LOW, PF_AUDIO_MEDIUM, PF_AUDIO_HIGH };

/* An Opus (multistream) arrangement. Wire order of channels: FL FR FC LFE RL RR SL SR. */
struct pf_audio_arrangement {
	uint8_t channels, streams, coupled;
	uint8_t mapping[PF_AUDIO_CHANNELS_MAX];
	uint32_t tier_kbps[3]; /* by enum pf_audio_tier */
	uint32_t base_kbps;    /* fixed table of GameStream-style clients */
};
/* channels other than 2, 6, 8 give stereo; a layout out of range gives the legacy one. Never NULL. */
const struct pf_audio_arrangement *pf_audio_arrange(unsigned channels, enum pf_audio_layout layout);

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
bool pf_pcm_rate_known(uint32_t rate_hz);
/* Samples per channel of one frame. */
uint32_t pf_pcm_frame_samples(uint32_t rate_hz, uint32_t frame_us);
/* The longest frame that fits a datagram, us; 0 = none fits. */
uint16_t pf_pcm_frame_us(uint32_t rate_hz, unsigned bits, unsigned channels, size_t datagram_max);
/* The frame length when PCM is granted, us; 0 = plain Opus. Whether client and operator want it is for the
 * caller to know. */
uint16_t pf_pcm_grant(const struct pf_pcm_request *request);
