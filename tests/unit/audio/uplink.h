/*
 * A client that speaks a steady tone, a network that is as bad as asked, and a program that records, all by one made-up
 * clock: hours of sound in seconds, the same each time.
 */
#pragma once

#include <opus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/drift.h"
#include "audio/mic_buffer.h"

#define UPLINK_LEVEL   0.4
#define UPLINK_TONE_HZ 440.0
#define UPLINK_FLIGHTS 256

struct uplink_network {
	unsigned frame_ms, channels; /* of the packets; defaults 10 and 1 */
	unsigned burst;              /* packets that are sent at once; default 1 */
	double jitter_ms;            /* 0..jitter, evenly */
	double loss, reorder, twice; /* probabilities of each packet */
	double sender_ppm;           /* how much faster the client's clock is */
	unsigned quantum_frames;     /* of the recorder; default 240 */
};

struct uplink {
	struct uplink_network net;
	struct pf_mic_buffer *buffer;
	struct pf_drift drift;
	OpusEncoder *encoder;
	uint64_t seed;
	int64_t now_ns, spoken_ns; /* when the next packet's sound is complete */
	double phase, owed_frames;
	double level; /* now spoken */
	uint32_t seq;
	unsigned sent;
	bool stopped, dtx; /* sends nothing; sends empty packets */
	struct flight {
		int64_t arrives_ns;
		uint32_t seq;
		uint64_t pts_ns;
		size_t len;
		uint8_t data[1400];
	} flight[UPLINK_FLIGHTS];
	unsigned flights;

	float *heard; /* stereo, of the last run */
	size_t heard_frames, heard_room;
	double most_excess_ms;
	uint32_t most_delay_us; /* of the last run */
	uint64_t lost;          /* by the network, in all */
};

void uplink_init(struct uplink *u, const struct uplink_network *net);
void uplink_finish(struct uplink *u);
/* As much time passes; what is heard replaces what was heard before. */
void uplink_run(struct uplink *u, double seconds);

struct pf_microphone_stats uplink_stats(const struct uplink *u);
/* The largest step from one sample to the next, of the left channel. */
double uplink_step(const struct uplink *u);
/* Peak, and times a second that it rises through zero. */
double uplink_peak(const struct uplink *u);
double uplink_hz(const struct uplink *u);
/* How much of it is as loud as the tone. */
double uplink_sounding(const struct uplink *u);
