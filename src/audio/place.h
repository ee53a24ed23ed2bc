/*
 * Where the programs of a display play and listen. A private display brings a graph of its own, so that nobody else hears
 * them and they hear nobody else; the programs of every other display use the user's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_AUDIO_NODE_MAX 64

struct pf_audio_place {
	bool own;                       /* the display's graph; the rest is empty otherwise */
	char remote[108];               /* path of the daemon's socket */
	char sink[PF_AUDIO_NODE_MAX];   /* which is there as long as the graph is */
	char source[PF_AUDIO_NODE_MAX]; /* what a microphone must be called there */
};

/* What a display's graph is made for; zeros are stereo at 48 kHz. */
struct pf_audio_shape {
	unsigned channels; /* 2, 6, 8 */
	uint32_t rate_hz;
};
