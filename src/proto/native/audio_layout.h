/*
 * How the channels of a session's sound are arranged in Opus packets (native-media 6.1): host and client must agree
 * on it. Pure.
 */
#pragma once

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
