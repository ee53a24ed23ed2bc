#include "packet/packetiser.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec16.h"

#define SLOT_ALIGN   64
#define SLOT_LEAD    (SLOT_ALIGN - PF_DATAGRAM_SHARD_OFFSET) /* puts the first shard on a 64-byte border */
#define BLOCKS_MAX   65535
#define SHARDS_MAX   65535 /* k + m, a u16 on the wire */
#define SLICE_SHARDS 16    /* mode B cuts no smaller block at a slice end */
#define FEC_SCHEME   1     /* GF(2^16) */

static_assert(SLOT_ALIGN >= PF_DATAGRAM_SHARD_OFFSET, "the lead cannot be negative");
static_assert(PF_UNIT_PADDING >= PF_SHARD_MAX, "the last shard is read past the unit's end");

/* Memory for datagrams; grows, never shrinks. They lie one after the other, for a train of them is then one piece
 * of memory to the kernel; with the default shard size all shards still are on 64-byte borders. */
struct slots {
	uint8_t *memory;
	size_t bytes;
};

struct block {
	size_t first; /* number of its first data shard in the unit */
	uint32_t frame_bytes;
	uint16_t index, count; /* count 0: sentinel */
	uint16_t k, m;
};

enum shape { SHAPE_NONE, SHAPE_WHOLE, SHAPE_STREAMED };

struct pf_packetiser {
	struct pf_fec16 *fec;
	unsigned max_data;  /* K */
	unsigned max_total; /* T */
	bool two_parity_shards;
	unsigned next_percent, next_shard_bytes;
	uint32_t stream_seq, filler_index;

	struct slots data_slots, parity_slots;
	const uint8_t **shards; /* max_data pointers into the unit */
	uint8_t **parity;       /* parity_capacity pointers into parity_slots */
	size_t parity_capacity;

	/* The unit under way. */
	enum shape shape;
	const uint8_t *data;
	size_t len;
	unsigned percent;
	size_t shard_bytes; /* P */
	struct pf_packet_header header;
	bool data_phase_over; /* whole units: parity of all blocks follows the data of all blocks */
	enum pf_stream_mode mode;
	bool slice_end, end;
	bool finished; /* the block with the true totals was cut */

	/* The run of shards being emitted: one block's data or one block's parity. */
	struct block block;
	unsigned shard, run_end;
	size_t left;
};

static size_t ceil_div(size_t a, size_t b)
{
	return (a + b - 1) / b;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t slot_bytes(size_t shard_bytes)
{
	return shard_bytes + PF_DATAGRAM_OVERHEAD;
}

static uint8_t *slot_at(const struct slots *s, size_t index, size_t stride)
{
	return s->memory + SLOT_LEAD + index * stride;
}

static int slots_reserve(struct slots *s, size_t count, size_t stride)
{
	size_t bytes = SLOT_LEAD + count * stride;
	if (bytes <= s->bytes)
		return PF_OK;
	if (bytes < 2 * s->bytes)
		bytes = 2 * s->bytes; /* units that grow little by little do not each make it move */
	bytes = ceil_div(bytes, SLOT_ALIGN) * SLOT_ALIGN;
	uint8_t *memory = aligned_alloc(SLOT_ALIGN, bytes);
	if (!memory)
		return PF_ERR_NOMEM;
	memset(memory, 0, bytes); /* all page faults at once: at the start, or with the first large unit */
	free(s->memory);
	s->memory = memory;
	s->bytes = bytes;
	return PF_OK;
}

static int parity_reserve(struct pf_packetiser *p, size_t count, size_t shard_bytes)
{
	int rc = slots_reserve(&p->parity_slots, count, slot_bytes(shard_bytes));
	if (rc < 0 || count <= p->parity_capacity)
		return rc;
	uint8_t **parity = realloc(p->parity, count * sizeof(*parity));
	if (!parity)
		return PF_ERR_NOMEM;
	p->parity = parity;
	p->parity_capacity = count;
	return PF_OK;
}

static bool shard_bytes_valid(unsigned bytes)
{
	return bytes >= 2 && bytes <= PF_SHARD_MAX && bytes % 2 == 0;
}

struct pf_cut pf_cut_of(const struct pf_unit *unit)
{
	struct pf_cut cut = {
		.data = unit->data,
		.len = unit->len,
		.frame_index = unit->frame_index,
		.user_flags = PF_UNIT_PIC,
		.pts_ns = unit->pts_ns,
	};
	if (unit->key)
		cut.user_flags |= PF_UNIT_KEY;
	if (unit->recovery_anchor)
		cut.user_flags |= PF_UNIT_RECOVERY_ANCHOR;
	if (unit->repeat)
		cut.user_flags |= PF_UNIT_REPEAT;
	return cut;
}

int pf_packetiser_create(struct pf_packetiser **out, const struct pf_packetiser_params *params)
{
	if (!shard_bytes_valid(params->shard_payload) || params->fec_percent > PF_FEC_PERCENT_MAX ||
		params->max_data_per_block < 1 || params->max_data_per_block > PF_BLOCK_DATA_MAX)
		return PF_ERR_INVALID;
	struct pf_packetiser *p = calloc(1, sizeof(*p));
	if (!p)
		return PF_ERR_NOMEM;
	p->max_data = params->max_data_per_block;
	size_t parity = ceil_div((size_t)p->max_data * params->fec_percent, 100);
	p->max_total = (unsigned)smaller(p->max_data + parity, SHARDS_MAX);
	p->two_parity_shards = params->two_parity_shards;
	p->next_percent = params->fec_percent;
	p->next_shard_bytes = params->shard_payload;
	p->shards = calloc(p->max_data, sizeof(*p->shards));
	int rc = p->shards ? pf_fec16_create(&p->fec, NULL) : PF_ERR_NOMEM;
	if (rc == PF_OK)
		rc = slots_reserve(&p->data_slots, PF_BATCH_MAX, slot_bytes(params->shard_payload));
	if (rc == PF_OK)
		rc = parity_reserve(p, PF_BATCH_MAX, params->shard_payload);
	if (rc < 0) {
		pf_packetiser_destroy(p);
		return rc;
	}
	*out = p;
	return PF_OK;
}

void pf_packetiser_destroy(struct pf_packetiser *p)
{
	if (!p)
		return;
	pf_fec16_destroy(p->fec);
	free(p->data_slots.memory);
	free(p->parity_slots.memory);
	free(p->shards);
	free(p->parity);
	free(p);
}

int pf_packetiser_set_fec_percent(struct pf_packetiser *p, unsigned percent)
{
	if (percent > PF_FEC_PERCENT_MAX)
		return PF_ERR_INVALID;
	p->next_percent = percent;
	return PF_OK;
}

int pf_packetiser_set_shard_payload(struct pf_packetiser *p, unsigned shard_payload)
{
	if (!shard_bytes_valid(shard_payload))
		return PF_ERR_INVALID;
	int rc = slots_reserve(&p->data_slots, PF_BATCH_MAX, slot_bytes(shard_payload));
	if (rc == PF_OK)
		p->next_shard_bytes = shard_payload;
	return rc;
}

/* m(k) of 3.2. */
static unsigned parity_count(const struct pf_packetiser *p, size_t k)
{
	if (p->percent == 0)
		return 0;
	size_t m = ceil_div(k * p->percent, 100);
	if (p->two_parity_shards && m < 2)
		m = 2;
	return (unsigned)smaller(m, p->max_total - k);
}

static void start_block(struct pf_packetiser *p, const struct block *b)
{
	p->block = *b;
	p->header.block_index = b->index;
	p->header.block_count = b->count;
	p->header.frame_bytes = b->frame_bytes;
	p->header.data_shards = b->k;
	p->header.recovery_shards = b->m;
}

static void start_data(struct pf_packetiser *p, const struct block *b)
{
	start_block(p, b);
	p->shard = 0;
	p->run_end = b->k;
}

static void start_parity(struct pf_packetiser *p, const struct block *b)
{
	start_block(p, b);
	p->shard = b->k;
	p->run_end = b->k + b->m;
}

static struct block whole_block(const struct pf_packetiser *p, size_t index)
{
	size_t all = ceil_div(p->len, p->shard_bytes), first = index * p->max_data;
	if (all == 0)
		all = 1; /* an empty unit is one shard of zeros */
	size_t k = smaller(all - first, p->max_data);
	return (struct block){
		.first = first,
		.frame_bytes = (uint32_t)p->len,
		.index = (uint16_t)index,
		.count = (uint16_t)ceil_div(all, p->max_data),
		.k = (uint16_t)k,
		.m = (uint16_t)parity_count(p, k),
	};
}

static void advance_whole(struct pf_packetiser *p)
{
	size_t index = p->block.index + 1u;
	if (!p->data_phase_over && index == p->block.count) {
		p->data_phase_over = true;
		index = 0;
	}
	if (index == p->block.count)
		return;
	struct block b = whole_block(p, index);
	if (p->data_phase_over)
		start_parity(p, &b);
	else
		start_data(p, &b);
}

/* Data shards that may leave as a sentinel block now (3.5); 0 = wait for more. */
static size_t sentinel_shards(const struct pf_packetiser *p, size_t pending)
{
	if (pending > p->max_data * p->shard_bytes)
		return p->max_data;
	size_t whole = pending / p->shard_bytes;
	if (p->mode != PF_STREAM_SLICES || !p->slice_end || whole < SLICE_SHARDS)
		return 0;
	/* The final block must have something to carry. */
	return whole * p->shard_bytes == pending ? whole - 1 : whole;
}

/* Cuts the next block of a streamed unit; false when it must wait for bytes. */
static bool cut_block(struct pf_packetiser *p, struct block *out)
{
	if (p->finished)
		return false;
	struct block b = {0};
	if (p->block.k > 0) {
		b.first = p->block.first + p->block.k;
		b.index = (uint16_t)(p->block.index + 1);
	}
	size_t pending = p->len - b.first * p->shard_bytes;
	size_t k = sentinel_shards(p, pending);
	if (k == 0 && !p->end)
		return false;
	if (k == 0) {
		k = pending > 0 ? ceil_div(pending, p->shard_bytes) : 1; /* none: the unit has no byte */
		b.count = (uint16_t)(b.index + 1);
		b.frame_bytes = (uint32_t)p->len;
		p->finished = true;
	} else if (p->mode == PF_STREAM_SLICES) {
		b.frame_bytes = (uint32_t)(b.first * p->shard_bytes);
	}
	b.k = (uint16_t)k;
	b.m = (uint16_t)parity_count(p, k);
	*out = b;
	return true;
}

static void advance_streamed(struct pf_packetiser *p)
{
	if (p->block.m > 0 && p->shard == p->block.k) {
		start_parity(p, &p->block);
		return;
	}
	struct block b;
	if (cut_block(p, &b)) {
		start_data(p, &b);
		p->left = (size_t)b.k + b.m;
	}
}

/* Moves to the next run of shards when the current one is through; runs may be empty. */
static void advance(struct pf_packetiser *p)
{
	if (p->shape == SHAPE_STREAMED && p->shard == p->run_end)
		advance_streamed(p);
	while (p->shape == SHAPE_WHOLE && p->left > 0 && p->shard == p->run_end)
		advance_whole(p);
}

static void start_unit(struct pf_packetiser *p, const struct pf_cut *cut, enum shape shape)
{
	p->shape = shape;
	p->percent = p->next_percent;
	p->shard_bytes = p->next_shard_bytes;
	p->data = cut->data;
	p->len = cut->len;
	p->data_phase_over = p->slice_end = p->end = p->finished = false;
	p->block = (struct block){0};
	p->shard = p->run_end = 0;
	p->left = 0;
	p->header = (struct pf_packet_header){
		.pts_ns = cut->pts_ns,
		.frame_index = cut->frame_index,
		.user_flags = cut->user_flags,
		.shard_bytes = (uint16_t)p->shard_bytes,
		.fec_scheme = FEC_SCHEME,
	};
}

int pf_packetiser_begin(struct pf_packetiser *p, const struct pf_cut *cut)
{
	p->shape = SHAPE_NONE;
	p->left = 0;
	if (!cut->data)
		return PF_ERR_INVALID;
	if (cut->len > PF_UNIT_BYTES_MAX ||
		ceil_div(cut->len, p->next_shard_bytes) > (size_t)p->max_data * BLOCKS_MAX)
		return PF_ERR_LIMIT;
	start_unit(p, cut, SHAPE_WHOLE);

	struct block first = whole_block(p, 0);
	int rc = parity_reserve(p, first.m, p->shard_bytes);
	for (size_t i = 0; rc == PF_OK && i < first.count; i++) {
		struct block b = whole_block(p, i);
		p->left += (size_t)b.k + b.m;
		/* Where T leaves a full block no room, the last one may have more parity than the first. */
		if (b.m > first.m)
			rc = parity_reserve(p, b.m, p->shard_bytes);
	}
	if (rc < 0) {
		p->shape = SHAPE_NONE;
		p->left = 0;
		return rc;
	}
	start_data(p, &first);
	return PF_OK;
}

int pf_packetiser_begin_filler(struct pf_packetiser *p, size_t len, uint64_t pts_ns)
{
	static const uint8_t zeros[PF_FILLER_BYTES_MAX + PF_UNIT_PADDING];
	if (len < 1 || len > PF_FILLER_BYTES_MAX)
		return PF_ERR_INVALID;
	const struct pf_cut cut = {
		.data = zeros,
		.len = len,
		.frame_index = p->filler_index,
		.user_flags = PF_UNIT_PROBE,
		.pts_ns = pts_ns,
	};
	int rc = pf_packetiser_begin(p, &cut);
	if (rc == PF_OK)
		p->filler_index++;
	return rc;
}

int pf_packetiser_stream(struct pf_packetiser *p, const struct pf_cut *cut, enum pf_stream_mode mode)
{
	start_unit(p, cut, SHAPE_STREAMED);
	p->len = 0;
	p->mode = mode;
	if (mode == PF_STREAM_SLICES)
		p->header.user_flags |= PF_UNIT_SLICE_STREAM;
	/* Block sizes are not known yet; T leaves a smaller block more parity than a full one. */
	size_t most = ceil_div((size_t)p->max_data * p->percent, 100) + 1;
	int rc = parity_reserve(p, most, p->shard_bytes);
	if (rc < 0)
		p->shape = SHAPE_NONE;
	return rc;
}

int pf_packetiser_extend(struct pf_packetiser *p, const uint8_t *data, size_t len, bool slice_end, bool end)
{
	if (p->shape != SHAPE_STREAMED || !data || len < p->len || p->end)
		return PF_ERR_INVALID;
	if (len > PF_UNIT_BYTES_MAX ||
		ceil_div(len, p->shard_bytes) > smaller(p->max_data, SLICE_SHARDS) * (size_t)BLOCKS_MAX)
		return PF_ERR_LIMIT;
	p->data = data;
	p->len = len;
	p->slice_end = slice_end;
	p->end = end;
	advance(p);
	return PF_OK;
}

size_t pf_packetiser_left(const struct pf_packetiser *p)
{
	return p->left;
}

size_t pf_packetiser_datagram_bytes(const struct pf_packetiser *p)
{
	return p->shard_bytes + PF_DATAGRAM_OVERHEAD;
}

static int encode_parity(struct pf_packetiser *p)
{
	size_t stride = slot_bytes(p->shard_bytes);
	const uint8_t *data = p->data + p->block.first * p->shard_bytes;
	for (unsigned i = 0; i < p->block.k; i++)
		p->shards[i] = data + i * p->shard_bytes;
	for (unsigned i = 0; i < p->block.m; i++)
		p->parity[i] = slot_at(&p->parity_slots, i, stride) + PF_DATAGRAM_SHARD_OFFSET;
	return pf_fec16_encode(p->fec, p->shards, p->block.k, p->parity, p->block.m, p->shard_bytes);
}

static void write_header(struct pf_packetiser *p, uint8_t *datagram)
{
	p->header.stream_seq = p->stream_seq++;
	p->header.shard_index = (uint16_t)p->shard;
	p->header.flags = PF_PACKET_PICTURE;
	if (p->block.index == 0 && p->shard == 0)
		p->header.flags |= PF_PACKET_FIRST;
	if (p->left == 1 && p->block.count > 0)
		p->header.flags |= PF_PACKET_LAST;
	pf_packet_header_write(datagram + PF_SEAL_SEQ_BYTES, &p->header);
}

/* Data shards are copied into the batch's own slots; parity was made in place, in its slots. */
static uint8_t *emit(struct pf_packetiser *p, unsigned position)
{
	size_t stride = slot_bytes(p->shard_bytes);
	uint8_t *datagram;
	if (p->shard < p->block.k) {
		const uint8_t *shard = p->data + (p->block.first + p->shard) * p->shard_bytes;
		datagram = slot_at(&p->data_slots, position, stride);
		memcpy(datagram + PF_DATAGRAM_SHARD_OFFSET, shard, p->shard_bytes);
	} else {
		datagram = slot_at(&p->parity_slots, p->shard - p->block.k, stride);
	}
	write_header(p, datagram);
	p->shard++;
	p->left--;
	return datagram;
}

int pf_packetiser_next(struct pf_packetiser *p, unsigned max, struct pf_batch *out)
{
	assert(max >= 1 && max <= PF_BATCH_MAX);
	out->count = 0;
	out->datagram_bytes = pf_packetiser_datagram_bytes(p);
	while (out->count < max && p->left > 0) {
		if (p->shard == p->block.k) {
			/* The slots of one block's parity are used again for the next block's. */
			if (out->count > 0 && p->block.index > 0)
				break;
			int rc = encode_parity(p);
			if (rc < 0) {
				p->shape = SHAPE_NONE;
				p->left = 0;
				return rc;
			}
		}
		out->datagram[out->count] = emit(p, out->count);
		out->count++;
		advance(p);
	}
	return PF_OK;
}
