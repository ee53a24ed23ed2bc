/* The header of a video packet (spec 6.3). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { GSC_SHARD_HEAD = 32, GSC_PICTURE = 1, GSC_LAST = 2, GSC_FIRST = 4 };

struct gsc_shard {
	const uint8_t *bytes;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t index_field; /* streamPacketIndex as sent */
	uint32_t frame;
	uint8_t flags, extra, multi_flags, multi_blocks;
	unsigned block, blocks; /* number and count */
	unsigned k, m, index, percentage;
};

void gsc_shard_read(struct gsc_shard *s, const uint8_t *bytes);
