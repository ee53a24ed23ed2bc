#include "inspect.h"

#include "bytes.h"
#include "violations.h"

#include <string.h>

void gsc_inspector_init(struct gsc_inspector *in, struct pf_fec8 *fec, size_t shard_len, int min_fec)
{
	memset(in, 0, sizeof(*in));
	in->fec = fec;
	in->min_fec = min_fec;
	gsc_block_init(&in->block, shard_len);
}

void gsc_inspector_free(struct gsc_inspector *in)
{
	gsc_block_free(&in->block);
}

static void check_constants(const struct gsc_shard *s)
{
	const uint8_t *p = s->bytes;
	if (p[0] != 0x90)
		gsc_violation("6.3: RTP header byte 0x%02x", p[0]);
	if (p[1])
		gsc_violation("6.3: payload type %u", p[1]);
	if (!gsc_is_zero(p + 8, 8))
		gsc_violation("6.3: SSRC or reserved bytes not 0 at sequence %u", s->seq);
	if (gsc_le32(p + 28) & 15 || s->multi_blocks & 15)
		gsc_violation("6.3: low bits of fecInfo or multiFecBlocks set at sequence %u", s->seq);
}

/* The checks without which the numbers below make no sense. */
static bool is_sane(const struct gsc_shard *s)
{
	if (!s->frame)
		gsc_violation("6.3: frameIndex 0 at sequence %u", s->seq);
	else if (!s->k)
		gsc_violation("6.3: frame %u: no data shards", s->frame);
	else if (s->m && s->k + s->m > 255)
		gsc_violation("6.5: frame %u block %u: %u data and %u parity shards", s->frame, s->block,
			s->k, s->m);
	else if (s->index >= s->k + s->m)
		gsc_violation("6.3: frame %u: shard %u of %u and %u", s->frame, s->index, s->k, s->m);
	else if (s->block >= s->blocks)
		gsc_violation("6.3: frame %u: block %u of %u", s->frame, s->block, s->blocks);
	else
		return true;
	return false;
}

/* The sequence number, unwrapped. False for packets that went back. */
static bool check_sequence(struct gsc_inspector *in, const struct gsc_shard *s, uint32_t *seq)
{
	if (!in->any) {
		if (s->seq >= 32768)
			gsc_violation("6.3: the first sequence number is %u", s->seq);
		*seq = s->seq;
		in->last_seq = s->seq - 1u;
		return true;
	}
	int step = (int16_t)(uint16_t)(s->seq - in->last_seq);
	*seq = in->last_seq + (uint32_t)step;
	if (step <= 0) {
		gsc_violation(
			"6.5: sequence %u after %u: out of order or doubled", s->seq, in->last_seq & 0xffff);
		return false;
	}
	return true;
}

static void check_data_packet(const struct gsc_shard *s, uint32_t seq)
{
	unsigned flags =
		GSC_PICTURE | (s->index == 0 ? GSC_FIRST : 0) | (s->index == s->k - 1 ? GSC_LAST : 0);
	if (s->flags != flags)
		gsc_violation("6.3: frame %u block %u shard %u of %u: flags %u", s->frame, s->block, s->index,
			s->k, s->flags);
	if (s->index_field != (seq & 0xffffff) << 8)
		gsc_violation("6.3: sequence %u: streamPacketIndex field 0x%08x", seq, s->index_field);
	if (s->extra > 1)
		gsc_violation("6.3: frame %u: extraFlags %u", s->frame, s->extra);
	if (s->multi_flags != 0x10)
		gsc_violation("6.3: frame %u: multiFecFlags 0x%02x", s->frame, s->multi_flags);
}

static void check_parity(struct gsc_inspector *in)
{
	struct gsc_block *b = &in->block;
	if (!b->k || b->data_count != b->k || !b->parity_count)
		return;
	if (!gsc_block_parity_fits(b, in->fec))
		gsc_violation("6.6: frame %u block %u (%u+%u): parity does not fit the data", in->head.frame,
			in->head.block, b->k, b->m);
}

/* Distribution over the blocks of a frame that was seen whole. */
static void check_frame(struct gsc_inspector *in)
{
	unsigned blocks = in->head.blocks, total = 0;
	if (!in->any || in->seen_blocks != (1u << blocks) - 1)
		return;
	for (unsigned i = 0; i < blocks; i++)
		total += in->k_of[i];
	unsigned each = (total + blocks - 1) / blocks;
	for (unsigned i = 0; i < blocks; i++)
		if (in->k_of[i] != (i + 1 < blocks ? each : total - each * (blocks - 1)))
			gsc_violation("6.5: frame %u: block %u of %u has %u of %u packets", in->head.frame, i,
				blocks, in->k_of[i], total);
	unsigned p = in->head.percentage;
	unsigned most = p ? 25500 / (100 + p) : 1023;
	if (in->percentage_varies && (int)in->head.m > in->min_fec)
		gsc_violation("6.5: frame %u: the percentage varies within it", in->head.frame);
	if (p && blocks > 1 && (int)in->head.m > in->min_fec && blocks != (total + most - 1) / most &&
		blocks < 4)
		gsc_violation(
			"6.5: frame %u: %u packets at %u %% in %u blocks", in->head.frame, total, p, blocks);
}

static void check_min_fec(const struct gsc_inspector *in, const struct gsc_shard *s)
{
	unsigned wanted = (unsigned)in->min_fec;
	if (s->percentage && s->m < wanted && s->k < 100 && wanted <= 2 * s->k)
		gsc_violation("6.5: frame %u block %u: %u parity packets for %u, at least %u wanted",
			s->frame, s->block, s->m, s->k, wanted);
}

/* Where the new block has to begin and which one it has to be, by the block before it. */
static void check_succession(struct gsc_inspector *in, const struct gsc_shard *s, uint32_t base, bool gap)
{
	const struct gsc_shard *h = &in->head;
	if (!in->any) {
		if (base || s->frame != 1 || s->block)
			gsc_violation("6.3: the first packet is sequence %u, frame %u, block %u, shard %u",
				s->seq, s->frame, s->block, s->index);
		return;
	}
	bool next_block = s->frame == h->frame && s->block == h->block + 1;
	bool next_frame = s->frame == h->frame + 1 && s->block == 0 && h->block + 1 == h->blocks;
	uint32_t expected = in->base + h->k + h->m;
	if (next_block || next_frame) {
		if (base != expected)
			gsc_violation("6.3: frame %u block %u begins at sequence %u, not %u", s->frame,
				s->block, base, expected);
	} else if (s->frame < h->frame || (s->frame == h->frame && s->block < h->block)) {
		gsc_violation("6.3: frame %u block %u after frame %u block %u", s->frame, s->block, h->frame,
			h->block);
	} else if (!gap) {
		gsc_violation("6.3: frame %u block %u follows frame %u block %u of %u", s->frame, s->block,
			h->frame, h->block, h->blocks);
	}
}

static void begin_block(
	struct gsc_inspector *in, const struct gsc_shard *s, uint32_t base, bool gap, double now)
{
	bool new_frame = !in->any || s->frame != in->head.frame;
	check_succession(in, s, base, gap);
	check_parity(in);
	check_min_fec(in, s);
	if (new_frame) {
		check_frame(in);
		if (in->any && (int32_t)(s->timestamp - in->head.timestamp) <= 0)
			gsc_violation("6.3: frame %u: timestamp %u after %u", s->frame, s->timestamp,
				in->head.timestamp);
		if (!in->any) {
			in->first_timestamp = s->timestamp;
			in->first_ms = now;
		}
		in->last_timestamp = s->timestamp;
		in->last_ms = now;
		in->seen_blocks = 0;
		in->percentage_varies = false;
	} else if (s->blocks != in->head.blocks) {
		gsc_violation("6.3: frame %u: %u and %u blocks", s->frame, in->head.blocks, s->blocks);
	} else if (s->percentage != in->head.percentage) {
		in->percentage_varies = true;
	}
	if (s->blocks > in->blocks_max)
		in->blocks_max = s->blocks;
	in->seen_blocks |= 1u << s->block;
	in->k_of[s->block] = s->k;
	gsc_block_begin(&in->block, s->k, s->m);
}

static bool check_same_block(const struct gsc_inspector *in, const struct gsc_shard *s, uint32_t base)
{
	const struct gsc_shard *h = &in->head;
	if (s->k != h->k || s->percentage != h->percentage || s->blocks != h->blocks)
		gsc_violation("6.3: frame %u block %u: fecInfo varies within the block", s->frame, s->block);
	else if (base != in->base)
		gsc_violation("6.3: frame %u block %u shard %u: sequence %u does not fit", s->frame, s->block,
			s->index, s->seq);
	else
		return true;
	return false;
}

bool gsc_inspector_see(struct gsc_inspector *in, const struct gsc_shard *s, double now_ms)
{
	uint32_t seq;
	check_constants(s);
	if (!is_sane(s))
		return false;
	if (!check_sequence(in, s, &seq))
		return true;
	bool gap = in->any && seq != in->last_seq + 1;
	uint32_t base = seq - s->index;
	in->missing += in->any ? seq - in->last_seq - 1 : 0;
	bool fresh = !in->any || s->frame != in->head.frame || s->block != in->head.block;
	if (fresh)
		begin_block(in, s, base, gap, now_ms);
	else if (!check_same_block(in, s, base))
		return false;
	if (in->any && s->frame == in->head.frame && s->timestamp != in->head.timestamp)
		gsc_violation(
			"6.3: frame %u: timestamps %u and %u", s->frame, in->head.timestamp, s->timestamp);
	if (fresh) {
		in->head = *s;
		in->base = base;
	}
	if (s->index < s->k)
		check_data_packet(s, seq);
	gsc_block_add(&in->block, s->index, s->bytes);
	in->last_seq = seq;
	in->any = true;
	return true;
}

void gsc_inspector_end(struct gsc_inspector *in)
{
	double real = in->last_ms - in->first_ms;
	double told = (double)(in->last_timestamp - in->first_timestamp) / 90;
	/* The machine may be slow, but never so slow: the clock is another one than 90 kHz then. */
	if (real > 1000 && (told < real / 3 || told > real * 3))
		gsc_violation("6.3: timestamps advance %.0f ms (90 kHz) in %.0f ms", told, real);
	check_parity(in);
}
