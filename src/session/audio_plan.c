#include "session/audio_plan.h"

#include "proto/native/datagram.h"

#define BUDGET_FLOOR_KBPS 96
#define BUDGET_PERCENT    5
#define PCM_PERCENT       25

/* One row per channel count and layout; stereo has only one. */
static const struct pf_audio_arrangement stereo = {
	.channels = 2,
	.streams = 1,
	.coupled = 1,
	.mapping = {0, 1},
	.tier_kbps = {96, 128, 256},
	.base_kbps = 128,
};
static const struct pf_audio_arrangement surround51[] = {
	[PF_AUDIO_LEGACY] = {6, 4, 2, {0, 1, 2, 3, 4, 5}, {192, 256, 448}, 256},
	[PF_AUDIO_STANDARD] = {6, 4, 2, {0, 1, 4, 5, 2, 3}, {192, 256, 448}, 256},
	[PF_AUDIO_UNCOUPLED] = {6, 6, 0, {0, 1, 2, 3, 4, 5}, {1536, 1536, 1536}, 1536},
};
static const struct pf_audio_arrangement surround71[] = {
	[PF_AUDIO_LEGACY] = {8, 5, 3, {0, 1, 2, 3, 4, 5, 6, 7}, {320, 450, 768}, 450},
	[PF_AUDIO_STANDARD] = {8, 5, 3, {0, 1, 6, 7, 2, 3, 4, 5}, {320, 450, 768}, 450},
	[PF_AUDIO_UNCOUPLED] = {8, 8, 0, {0, 1, 2, 3, 4, 5, 6, 7}, {2048, 2048, 2048}, 2048},
};

const struct pf_audio_arrangement *pf_audio_arrange(unsigned channels, enum pf_audio_layout layout)
{
	if (layout > PF_AUDIO_UNCOUPLED)
		layout = PF_AUDIO_LEGACY;
	switch (channels) {
	case 6:
		return &surround51[layout];
	case 8:
		return &surround71[layout];
	default:
		return &stereo;
	}
}

struct pf_audio_rung pf_audio_choose(const struct pf_audio_arrangement *arrangement, enum pf_audio_tier limit,
	bool may_redundant, uint32_t video_kbps)
{
	static const struct {
		enum pf_audio_tier tier;
		bool redundant;
	} ladder[] = {
		{PF_AUDIO_HIGH, true},
		{PF_AUDIO_HIGH, false},
		{PF_AUDIO_MEDIUM, true},
		{PF_AUDIO_MEDIUM, false},
		{PF_AUDIO_LOW, false},
	};
	uint64_t budget = (uint64_t)video_kbps * BUDGET_PERCENT / 100;
	if (budget < BUDGET_FLOOR_KBPS)
		budget = BUDGET_FLOOR_KBPS;
	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		uint32_t kbps = arrangement->tier_kbps[ladder[i].tier];
		uint32_t wire_kbps = ladder[i].redundant ? 2 * kbps : kbps;
		if (ladder[i].tier > limit || (ladder[i].redundant && !may_redundant) || wire_kbps > budget)
			continue;
		return (struct pf_audio_rung){kbps, ladder[i].redundant, wire_kbps};
	}
	uint32_t least = arrangement->tier_kbps[PF_AUDIO_LOW];
	return (struct pf_audio_rung){least, false, least};
}

bool pf_pcm_rate_known(uint32_t rate_hz)
{
	switch (rate_hz) {
	case 44100:
	case 48000:
	case 88200:
	case 96000:
	case 176400:
		return true;
	default:
		return false;
	}
}

uint32_t pf_pcm_frame_samples(uint32_t rate_hz, uint32_t frame_us)
{
	return (uint32_t)((uint64_t)rate_hz * frame_us / 1000000);
}

uint16_t pf_pcm_frame_us(uint32_t rate_hz, unsigned bits, unsigned channels, size_t datagram_max)
{
	static const uint16_t lengths_us[] = {5000, 4000, 3000, 2500, 2000, 1500, 1000};
	for (size_t i = 0; i < sizeof(lengths_us) / sizeof(lengths_us[0]); i++) {
		size_t samples = pf_pcm_frame_samples(rate_hz, lengths_us[i]);
		if (samples * channels * (bits / 8) + PF_AUDIO_HEAD_BYTES <= datagram_max)
			return lengths_us[i];
	}
	return 0;
}

uint16_t pf_pcm_grant(const struct pf_pcm_request *q)
{
	if (!pf_pcm_rate_known(q->rate_hz) || (q->bits != 16 && q->bits != 24))
		return 0;
	if (q->channels != 2 && q->channels != 6 && q->channels != 8)
		return 0;
	if (q->capture_rate_hz != q->rate_hz)
		return 0;
	/* rate x bits x channels in bit/s against a share of the video in kbit/s */
	uint64_t pcm_bps = (uint64_t)q->rate_hz * q->bits * q->channels;
	if (pcm_bps * 100 > (uint64_t)q->video_kbps * 1000 * PCM_PERCENT)
		return 0;
	return pf_pcm_frame_us(q->rate_hz, q->bits, q->channels, q->datagram_max);
}
