/*
 * When the datagrams of one access unit leave (native-media 7.1): a first burst at once, the rest in chunks
 * at three times the stream's bitrate, so that neither the socket nor a switch on the way overflows. A pure
 * law: sizes and rates in, times out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_PACE_FACTOR    3  /* times the wire bitrate */
#define PF_PACE_TRAIN_MIN 16 /* packets */

struct pf_pace_input {
	size_t packets; /* datagrams of the unit */
	size_t packet_bytes;
	uint64_t bytes_per_s;  /* see pf_pace_rate(); 0 = not paced by a rate */
	uint32_t refresh_hz;   /* 1.. */
	size_t burst_used;     /* bytes of the unit's burst that earlier blocks of it took */
	unsigned waiting;      /* units that wait behind this one */
	bool timed;            /* no sleep is needed between chunks: each is a train */
	int64_t until_next_ns; /* until the next unit is due; only looked at when bytes_per_s is 0 */
};

struct pf_pace_plan {
	size_t burst_packets; /* leave at once */
	/* Packets that may leave as one piece, PF_PACE_TRAIN_MIN..64: what the rate carries in 0.1 ms. */
	unsigned train;
	unsigned chunk; /* packets of each later chunk: 16..64 */
	size_t chunks;
	int64_t spread_ns; /* over which the chunks are spread */
};

/* Bytes per second of the pacer for a wire budget; 0 for 0. */
uint64_t pf_pace_rate(uint32_t wire_kbps);

/*
 * A unit is never cut short at the frame's deadline: a late tail is better than a burst that overflows.
 * Yet nothing queues up: each unit that waits behind this one shortens the longest spread, so that even
 * units that are always too large for the rate leave as fast as they come.
 */
struct pf_pace_plan pf_pace_plan(const struct pf_pace_input *in);

/* When chunk `index` (0..chunks-1) is to leave, on the clock of start_ns. Waits below PF_PACE_SKIP_NS are not
 * worth a sleep. */
int64_t pf_pace_target_ns(const struct pf_pace_plan *plan, int64_t start_ns, size_t index);

/*
 * By how much the rest of a unit is put off when a chunk is late_ns late (less than 0: early). What a late wake-up missed is
 * made good at once as far as it is no more than a burst: the queues behind us have had as long to empty.
 */
int64_t pf_pace_put_off_ns(const struct pf_pace_plan *plan, int64_t late_ns);

#define PF_PACE_SKIP_NS 500000
