#include "client/geometry.h"

#include "base/error.h"

#define SLICE_SHARDS_MIN 16 /* a slice's block is cut from this many whole shards on (3.5, mode B) */
#define GF8_TOTAL_MAX    255
#define U16_TOTAL_MAX    65535

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
	return a / b + (a % b != 0);
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

struct pf_geometry_limits pf_geometry_limits_of(
	unsigned fec_scheme, unsigned data_max, unsigned shard_bytes, uint32_t unit_bytes_max)
{
	uint32_t total = data_max + ceil_div(data_max * 9, 10);
	return (struct pf_geometry_limits){
		.data_max = data_max,
		.total_max = min_u32(total, fec_scheme == 0 ? GF8_TOTAL_MAX : U16_TOTAL_MAX),
		.unit_bytes_max = unit_bytes_max,
		.shard_bytes = shard_bytes,
	};
}

static bool block_shape_allowed(const struct pf_geometry_limits *l, const struct pf_packet_header *h)
{
	uint32_t p = h->shard_bytes;
	bool size_known = p == l->shard_bytes || (p >= PF_SHARD_MIN && p <= PF_SHARD_MAX);
	uint32_t total = (uint32_t)h->data_shards + h->recovery_shards;
	return size_known && p % 2 == 0 && h->data_shards >= 1 && h->data_shards <= l->data_max &&
	       total <= l->total_max && h->shard_index < total && h->frame_bytes <= l->unit_bytes_max;
}

static uint32_t unit_shards_max(const struct pf_geometry_limits *l, const struct pf_packet_header *h)
{
	return ceil_div(l->unit_bytes_max, h->shard_bytes);
}

static uint32_t slice_blocks_max(const struct pf_geometry_limits *l, const struct pf_packet_header *h)
{
	return unit_shards_max(l, h) / min_u32(SLICE_SHARDS_MIN, l->data_max) + 2;
}

/* A block of a unit whose length is not known yet. */
static bool place_sentinel(
	struct pf_placement *out, const struct pf_geometry_limits *l, const struct pf_packet_header *h)
{
	uint32_t b = h->block_index, shards_max = unit_shards_max(l, h);
	if (!(h->user_flags & PF_UNIT_SLICE_STREAM)) {
		out->base = b * l->data_max;
		return h->frame_bytes == 0 && h->data_shards == l->data_max &&
		       b + 1 < ceil_div(shards_max, l->data_max);
	}
	uint32_t base = h->frame_bytes / h->shard_bytes;
	out->base = base;
	/* Every block before this one has a shard, and so has the final one after it. */
	return h->frame_bytes % h->shard_bytes == 0 && (b == 0) == (base == 0) && base >= b &&
	       base + h->data_shards < shards_max && b + 1 < slice_blocks_max(l, h);
}

/* A block that carries the unit's totals. */
static bool place_known(
	struct pf_placement *out, const struct pf_geometry_limits *l, const struct pf_packet_header *h)
{
	uint32_t shards = ceil_div(h->frame_bytes, h->shard_bytes);
	uint32_t b = h->block_index, k = h->data_shards;
	shards = shards ? shards : 1;
	out->shards = shards;
	if (h->user_flags & PF_UNIT_SLICE_STREAM) {
		if (b + 1 != h->block_count || k > shards || h->block_count > slice_blocks_max(l, h))
			return false;
		out->base = shards - k;
		return (b == 0) == (out->base == 0) && out->base >= b;
	}
	/* block_count == ceil_div(shards, l->data_max), without another division for each packet */
	uint64_t room = (uint64_t)h->block_count * l->data_max;
	if (shards > room || shards + l->data_max <= room || b >= h->block_count)
		return false;
	out->base = b * l->data_max;
	return k == min_u32(shards - out->base, l->data_max);
}

int pf_geometry_place(
	struct pf_placement *out, const struct pf_geometry_limits *limits, const struct pf_packet_header *h)
{
	struct pf_placement place = {0};
	if (!block_shape_allowed(limits, h))
		return PF_ERR_INVALID;
	bool fits = h->block_count == 0 ? place_sentinel(&place, limits, h) : place_known(&place, limits, h);
	if (!fits)
		return PF_ERR_INVALID;
	*out = place;
	return PF_OK;
}
