#include "proto/native/audio_layout.h"

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
