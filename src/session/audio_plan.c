#include "session/audio_plan.h"

#include "proto/native/pcm.h"

#define BUDGET_FLOOR_KBPS 96
#define BUDGET_PERCENT    5
#define PCM_PERCENT       25

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
