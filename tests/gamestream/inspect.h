/*
 * Watches every video packet that came, before losses are made on purpose, and checks the rules of spec 6.3
 * and 6.5 that concern packets. Real losses show as gaps and are no violation.
 */
#pragma once

#include "block.h"
#include "shard.h"

struct gsc_inspector {
	struct pf_fec8 *fec;
	int min_fec;
	bool any;
	uint32_t last_seq; /* not cut to 16 bits */
	uint64_t missing;
	/* the block under way */
	struct gsc_shard head; /* of its first packet seen */
	uint32_t base;         /* sequence number of its shard 0 */
	struct gsc_block block;
	/* the frame under way */
	unsigned k_of[4];
	unsigned seen_blocks;
	bool percentage_varies;
	/* clock */
	uint32_t first_timestamp, last_timestamp;
	double first_ms, last_ms;
	unsigned blocks_max;
};

void gsc_inspector_init(struct gsc_inspector *in, struct pf_fec8 *fec, size_t shard_len, int min_fec);
void gsc_inspector_free(struct gsc_inspector *in);
/* Whether the packet is sane enough to be worked with. */
bool gsc_inspector_see(struct gsc_inspector *in, const struct gsc_shard *s, double now_ms);
/* Checks over the whole stream. */
void gsc_inspector_end(struct gsc_inspector *in);
