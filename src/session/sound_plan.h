/* What a native session's sound will be (native-control 3.5.5): the client's wishes against the host's limits. Pure. */
#pragma once

#include "proto/native/hello.h"
#include "session/audio_plan.h"
#include "session/host.h"

struct pf_sound_plan {
	unsigned channels; /* 2, 6, 8 */
	enum pf_audio_layout layout;
	enum pf_audio_codec codec;
	uint32_t rate_hz;
	unsigned bits;      /* of PCM */
	uint16_t frame_us;  /* of PCM; 0 with Opus */
	uint32_t kbps;      /* of Opus */
	bool may_redundant; /* the budget and the client allow it */
	uint32_t wire_kbps; /* kept free of video */
};

/* The client asks for PCM, and rate, depth and bit rate would let it have it if the capture runs at that rate: worth
 * finding out. */
bool pf_sound_may_be_pcm(const struct pf_hello *hello, const struct pf_sound_settings *settings,
	uint32_t video_kbps, size_t datagram_max);
/* capture_rate_hz: what the capture really runs at; 0 = not known, then never PCM. */
struct pf_sound_plan pf_sound_plan(const struct pf_hello *hello, const struct pf_sound_settings *settings,
	uint32_t video_kbps, size_t datagram_max, uint32_t capture_rate_hz);
/* Samples per channel of one packet. */
unsigned pf_sound_frame_frames(const struct pf_sound_plan *plan);
