#include "session/sound_plan.h"

#include "proto/native/pcm.h"

#define OPUS_FRAME_US 5000

static uint16_t pcm_frame_us(const struct pf_hello *hello, const struct pf_sound_settings *settings,
	uint32_t video_kbps, size_t datagram_max, uint32_t capture_rate_hz)
{
	if (!settings->hires || !(hello->client_caps & PF_CLIENT_AUDIO_HIRES))
		return 0;
	return pf_pcm_grant(&(struct pf_pcm_request){
		.rate_hz = hello->audio_rate_hz,
		.bits = hello->audio_bits,
		.channels = hello->audio_channels,
		.capture_rate_hz = capture_rate_hz,
		.video_kbps = video_kbps,
		.datagram_max = datagram_max,
	});
}

bool pf_sound_may_be_pcm(const struct pf_hello *hello, const struct pf_sound_settings *settings,
	uint32_t video_kbps, size_t datagram_max)
{
	return pcm_frame_us(hello, settings, video_kbps, datagram_max, hello->audio_rate_hz) != 0;
}

struct pf_sound_plan pf_sound_plan(const struct pf_hello *hello, const struct pf_sound_settings *settings,
	uint32_t video_kbps, size_t datagram_max, uint32_t capture_rate_hz)
{
	const struct pf_audio_arrangement *a =
		pf_audio_arrange(hello->audio_channels, (enum pf_audio_layout)hello->audio_layout);
	struct pf_sound_plan plan = {
		.channels = a->channels,
		.layout = (enum pf_audio_layout)hello->audio_layout,
		.codec = PF_AUDIO_OPUS,
		.rate_hz = PF_AUDIO_RATE_HZ,
		.bits = 16,
	};
	uint16_t frame_us = pcm_frame_us(hello, settings, video_kbps, datagram_max, capture_rate_hz);
	if (frame_us) {
		plan.codec = PF_AUDIO_PCM;
		plan.rate_hz = hello->audio_rate_hz;
		plan.bits = hello->audio_bits;
		plan.frame_us = frame_us;
		plan.wire_kbps = (uint32_t)((uint64_t)plan.rate_hz * plan.bits * plan.channels / 1000);
		return plan;
	}
	bool may = (hello->client_caps & PF_CLIENT_AUDIO_RED) && settings->redundancy != PF_CHOICE_OFF;
	struct pf_audio_rung rung = pf_audio_choose(a, settings->quality, may, video_kbps);
	plan.kbps = rung.kbps;
	plan.may_redundant = rung.redundant;
	plan.wire_kbps = rung.wire_kbps;
	return plan;
}

unsigned pf_sound_frame_frames(const struct pf_sound_plan *plan)
{
	return pf_pcm_frame_samples(plan->rate_hz, plan->frame_us ? plan->frame_us : OPUS_FRAME_US);
}
