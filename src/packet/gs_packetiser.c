#include "packet/gs_packetiser.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fec/fec8.h"

#define PACKET_HEAD   32 /* RTP header and packet header */
#define FRAME_HEAD    8
#define BLOCK_SHARDS  255  /* data and parity */
#define BARE_DATA_MAX 1023 /* packets of a block without parity */
#define PERCENT_MAX   255

enum { FLAG_PICTURE = 1, FLAG_FIRST = 4, FLAG_LAST = 2 };
enum { TYPE_P = 1, TYPE_IDR = 2, TYPE_AFTER_INVALIDATION = 5 };

struct pf_gs_packetiser {
	struct pf_gs_packetiser_params params;
	struct pf_fec8 *fec;
	size_t shard_bytes;
	uint8_t *shards; /* of the block under way: BLOCK_SHARDS of them; then a batch with headroom */
	uint8_t *slots;
	unsigned percent;

	/* Of the stream. */
	uint32_t index; /* streamPacketIndex, and the sequence number in its low bits */
	uint32_t frame;

	/* Of the unit under way. */
	const struct pf_unit *unit;
	uint32_t timestamp;
	uint8_t frame_head[FRAME_HEAD];
	size_t total;       /* frame header and bitstream */
	size_t left;        /* datagrams */
	unsigned data_left; /* packets of data in blocks to come */
	unsigned per_block; /* data packets of each block but the last */
	unsigned blocks, unit_percent;
	size_t offset; /* of the next packet's media */

	struct {
		unsigned number, data, parity, percent, next;
	} block;
};

int pf_gs_packetiser_create(struct pf_gs_packetiser **out, const struct pf_gs_packetiser_params *params)
{
	if (params->packet_size < 64 || params->packet_size > 2048 || params->packet_size % 16)
		return PF_ERR_INVALID;
	struct pf_gs_packetiser *p = calloc(1, sizeof(*p));
	if (!p)
		return PF_ERR_NOMEM;
	p->params = *params;
	p->shard_bytes = params->packet_size + PF_GS_SHARD_EXTRA;
	p->shards = calloc(BLOCK_SHARDS, p->shard_bytes);
	p->slots = calloc(PF_BATCH_MAX, params->headroom + p->shard_bytes);
	int rc = p->shards && p->slots ? pf_fec8_create(&p->fec, PF_FEC8_CAUCHY, NULL) : PF_ERR_NOMEM;
	if (rc < 0) {
		pf_gs_packetiser_destroy(p);
		return rc;
	}
	pf_gs_packetiser_set_fec_percent(p, params->fec_percent);
	*out = p;
	return PF_OK;
}

void pf_gs_packetiser_destroy(struct pf_gs_packetiser *p)
{
	if (!p)
		return;
	pf_fec8_destroy(p->fec);
	free(p->shards);
	free(p->slots);
	free(p);
}

void pf_gs_packetiser_set_fec_percent(struct pf_gs_packetiser *p, unsigned percent)
{
	p->percent = percent < PERCENT_MAX ? percent : PERCENT_MAX;
}

size_t pf_gs_packetiser_datagram_bytes(const struct pf_gs_packetiser *p)
{
	return p->params.headroom + p->shard_bytes;
}

size_t pf_gs_packetiser_left(const struct pf_gs_packetiser *p)
{
	return p->left;
}

uint32_t pf_gs_packetiser_frame(const struct pf_gs_packetiser *p)
{
	return p->frame;
}

/* --- arithmetic of blocks (6.5) --- */

static unsigned ceil_div(unsigned a, unsigned b)
{
	return (a + b - 1) / b;
}

/* The parity of a block as clients work it out. */
static unsigned parity_of(unsigned data, unsigned percent)
{
	return ceil_div(data * percent, 100);
}

/* More parity than the share says, so that the least a client wants is reached; when its formula can tell it. */
static void raise_to_minimum(struct pf_gs_packetiser *p)
{
	unsigned minimum = p->params.min_parity, data = p->block.data;
	if (data == 0 || p->unit_percent == 0 || p->block.parity >= minimum || data + minimum > BLOCK_SHARDS)
		return;
	unsigned percent = 100 * minimum / data;
	if (percent > PERCENT_MAX || parity_of(data, percent) != minimum)
		return;
	p->block.percent = percent;
	p->block.parity = minimum;
}

static void shape_block(struct pf_gs_packetiser *p, unsigned number, unsigned data_left)
{
	p->block.number = number;
	p->block.data = data_left < p->per_block ? data_left : p->per_block;
	p->block.percent = p->unit_percent;
	p->block.parity = parity_of(p->block.data, p->unit_percent);
	p->block.next = 0;
	raise_to_minimum(p);
}

/* Over four blocks the share of parity shrinks until four do, and goes when even that is too little. */
static int shape_unit(struct pf_gs_packetiser *p, unsigned packets)
{
	unsigned percent = p->percent;
	unsigned largest = ceil_div(packets, PF_GS_BLOCKS_MAX);
	if (percent > 0 && largest > 25500 / (100 + percent))
		percent = largest <= 25500 / 101 ? 25500 / largest - 100 : 0;
	unsigned most = percent > 0 ? 25500 / (100 + percent) : BARE_DATA_MAX;
	p->blocks = ceil_div(packets, most);
	if (p->blocks > PF_GS_BLOCKS_MAX)
		return PF_ERR_LIMIT;
	p->unit_percent = percent;
	p->per_block = ceil_div(packets, p->blocks);
	p->blocks = ceil_div(packets, p->per_block); /* rounding up may have left nothing for the last */
	p->left = 0;
	for (unsigned b = 0, rest = packets; b < p->blocks; b++) {
		shape_block(p, b, rest);
		rest -= p->block.data;
		p->left += p->block.data + p->block.parity;
	}
	return PF_OK;
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v & 0xffff);
	put16(at + 2, v >> 16);
}

static void put16be(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32be(uint8_t *at, uint32_t v)
{
	put16be(at, v >> 16);
	put16be(at + 2, v & 0xffff);
}

int pf_gs_packetiser_begin(struct pf_gs_packetiser *p, const struct pf_unit *unit, unsigned latency_tenths_ms)
{
	unsigned media = p->params.packet_size - PF_GS_SHARD_EXTRA;
	size_t total = FRAME_HEAD + unit->len;
	p->left = 0;
	if (unit->len == 0)
		return PF_ERR_INVALID;
	if (total > (size_t)media * BARE_DATA_MAX * PF_GS_BLOCKS_MAX)
		return PF_ERR_LIMIT;
	unsigned packets = (unsigned)((total + media - 1) / media);
	int rc = shape_unit(p, packets);
	if (rc < 0)
		return rc;
	p->unit = unit;
	p->total = total;
	p->offset = 0;
	p->frame++;
	/* Times must rise; a repeat is dated when it is made, which may be after the next picture was captured. */
	uint32_t timestamp = (uint32_t)(unit->pts_ns * 9 / 100000);
	bool rises = p->frame == 1 || (int32_t)(timestamp - p->timestamp) > 0;
	p->timestamp = rises ? timestamp : p->timestamp + 1;
	memset(p->frame_head, 0, sizeof(p->frame_head));
	p->frame_head[0] = 1;
	put16(p->frame_head + 1, latency_tenths_ms < UINT16_MAX ? latency_tenths_ms : UINT16_MAX);
	p->frame_head[3] = unit->key ? TYPE_IDR : unit->recovery_anchor ? TYPE_AFTER_INVALIDATION : TYPE_P;
	put16(p->frame_head + 4, (unsigned)(total - (size_t)(packets - 1) * media));
	shape_block(p, 0, packets);
	p->data_left = packets - p->block.data;
	return PF_OK;
}

/* --- packets (6.3) --- */

/* What is the same in a shard's coded and its sent form, and what is not: of this block's shard `i`. */
static void write_head(struct pf_gs_packetiser *p, uint8_t *shard, unsigned i)
{
	memset(shard, 0, 16);
	shard[0] = 0x90;
	put16be(shard + 2, p->index & 0xffff);
	put32be(shard + 4, p->timestamp);
	put32(shard + 20, p->frame);
	shard[27] = (uint8_t)(p->block.number << 4 | (p->blocks - 1) << 6);
	put32(shard + 28, p->block.data << 22 | i << 12 | p->block.percent << 4);
}

static void write_data(struct pf_gs_packetiser *p, uint8_t *shard, unsigned i)
{
	unsigned flags = FLAG_PICTURE;
	if (i == 0)
		flags |= FLAG_FIRST;
	if (i + 1 == p->block.data)
		flags |= FLAG_LAST;
	put32(shard + 16, (p->index & 0xffffff) << 8);
	shard[24] = (uint8_t)flags;
	shard[25] = 0;
	shard[26] = 0x10;
	write_head(p, shard, i);

	uint8_t *media = shard + PACKET_HEAD;
	size_t room = p->shard_bytes - PACKET_HEAD;
	if (p->offset == 0) {
		memcpy(media, p->frame_head, FRAME_HEAD);
		memcpy(media + FRAME_HEAD, p->unit->data, room - FRAME_HEAD); /* its padding is readable */
	} else {
		memcpy(media, p->unit->data + p->offset - FRAME_HEAD, room);
	}
	p->offset += room;
}

static uint8_t *shard_at(const struct pf_gs_packetiser *p, unsigned i)
{
	return p->shards + i * p->shard_bytes;
}

static int make_parity(struct pf_gs_packetiser *p)
{
	const uint8_t *data[BLOCK_SHARDS];
	uint8_t *parity[BLOCK_SHARDS];
	for (unsigned i = 0; i < p->block.data; i++)
		data[i] = shard_at(p, i);
	for (unsigned i = 0; i < p->block.parity; i++)
		parity[i] = shard_at(p, p->block.data + i);
	return pf_fec8_encode(p->fec, data, p->block.data, parity, p->block.parity, p->shard_bytes);
}

/* The next packet; without parity its place is free again with the next batch. */
static uint8_t *emit(struct pf_gs_packetiser *p, unsigned place)
{
	unsigned i = p->block.next++;
	bool kept = p->block.parity > 0;
	uint8_t *shard = shard_at(p, kept ? i : place);
	if (i < p->block.data)
		write_data(p, shard, i);
	else
		write_head(p, shard, i);
	p->index++;
	p->left--;
	if (p->params.headroom == 0)
		return shard;
	uint8_t *slot = p->slots + place * pf_gs_packetiser_datagram_bytes(p);
	memcpy(slot + p->params.headroom, shard, p->shard_bytes);
	return slot;
}

int pf_gs_packetiser_next(struct pf_gs_packetiser *p, unsigned max, struct pf_batch *out)
{
	assert(max >= 1 && max <= PF_BATCH_MAX);
	out->count = 0;
	out->datagram_bytes = pf_gs_packetiser_datagram_bytes(p);
	while (out->count < max && p->left > 0) {
		if (p->block.next == p->block.data + p->block.parity) {
			if (out->count > 0)
				break; /* the next block uses the same memory */
			shape_block(p, p->block.number + 1, p->data_left);
			p->data_left -= p->block.data;
		}
		if (p->block.next == p->block.data && make_parity(p) < 0) {
			p->left = 0;
			return PF_ERR_NOMEM;
		}
		out->datagram[out->count] = emit(p, out->count);
		out->count++;
	}
	return PF_OK;
}
