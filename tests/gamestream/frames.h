/*
 * Puts frames together from the packets that were not dropped (spec 6.3 to 6.7), as a client does: blocks in
 * order, repair from any k shards, older packets ignored, newer ones end what is under way.
 */
#pragma once

#include "block.h"
#include "shard.h"

#include <stdio.h>

struct gsc_frame_stats {
	uint64_t frames, idr_frames, lost, recovered, discarded, bytes, packets_repaired;
	uint64_t types[256];
	uint16_t *latency; /* tenths of ms, of frames that told */
	size_t latencies;
	double first_frame_ms; /* 0: none yet */
};

struct gsc_frames {
	/* settings */
	struct pf_fec8 *fec;
	int packet_size, codec, slices;
	bool rfi;
	FILE *out;
	const char *ready_file;
	/* Frames that will not come: a request to the host is due. */
	void (*on_lost)(void *ctx, uint32_t first, uint32_t last, bool had_idr);
	/* A block that needed recovery or failed (spec 4.6). */
	void (*on_fec)(void *ctx, const uint8_t status[21]);
	void *ctx;
	/* state */
	uint32_t frame; /* wanted next */
	unsigned block_number;
	bool block_open;
	struct gsc_block block;
	struct gsc_shard head; /* of the block's first packet */
	uint16_t highest_seq;
	uint8_t *media;
	size_t media_len, media_cap;
	bool needed_parity;
	bool waiting; /* for a frame that needs none of those lost */
	bool had_idr;
	uint32_t wait_from;
	unsigned waited;
	struct gsc_frame_stats stats;
};

void gsc_frames_init(struct gsc_frames *f, size_t shard_len);
void gsc_frames_free(struct gsc_frames *f);
void gsc_frames_add(struct gsc_frames *f, const struct gsc_shard *s);
