#include "shard.h"

#include "bytes.h"

void gsc_shard_read(struct gsc_shard *s, const uint8_t *p)
{
	uint32_t fec = gsc_le32(p + 28);
	*s = (struct gsc_shard){
		.bytes = p,
		.seq = gsc_be16(p + 2),
		.timestamp = gsc_be32(p + 4),
		.index_field = gsc_le32(p + 16),
		.frame = gsc_le32(p + 20),
		.flags = p[24],
		.extra = p[25],
		.multi_flags = p[26],
		.multi_blocks = p[27],
		.block = p[27] >> 4 & 3,
		.blocks = (p[27] >> 6) + 1u,
		.k = fec >> 22,
		.index = fec >> 12 & 0x3ff,
		.percentage = fec >> 4 & 0xff,
	};
	s->m = (s->k * s->percentage + 99) / 100;
}
