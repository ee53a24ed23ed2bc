#include "frames.h"

#include "bitstream.h"
#include "bytes.h"
#include "violations.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_HEAD = 8, IDR = 2, RECOVERY = 4, AFTER_INVALIDATION = 5, ASK_AGAIN_AFTER = 120 };

void gsc_frames_init(struct gsc_frames *f, size_t shard_len)
{
	gsc_block_init(&f->block, shard_len);
	f->frame = 1;
	f->waiting = true;
	f->wait_from = 1;
}

void gsc_frames_free(struct gsc_frames *f)
{
	gsc_block_free(&f->block);
	free(f->media);
	free(f->stats.latency);
}

static void count_below_highest(const struct gsc_frames *f, uint8_t out[21])
{
	const struct gsc_block *b = &f->block;
	unsigned highest = (uint16_t)(f->highest_seq - f->head.seq + f->head.index);
	uint16_t base = (uint16_t)(f->head.seq - f->head.index);
	unsigned missing = 0, contiguous = 0;
	while (contiguous < b->k + b->m && b->have[contiguous])
		contiguous++;
	for (unsigned i = 0; i < highest; i++)
		missing += !b->have[i];
	gsc_put_be16(out + 4, f->highest_seq);
	gsc_put_be16(out + 6, base + contiguous);
	gsc_put_be16(out + 8, missing);
}

static void report_block(struct gsc_frames *f)
{
	const struct gsc_block *b = &f->block;
	uint8_t out[21];
	gsc_put_be32(out, f->head.frame);
	count_below_highest(f, out);
	gsc_put_be16(out + 10, b->k);
	gsc_put_be16(out + 12, b->m);
	gsc_put_be16(out + 14, b->data_count);
	gsc_put_be16(out + 16, b->parity_count);
	out[18] = (uint8_t)f->head.percentage;
	out[19] = (uint8_t)f->head.block;
	out[20] = (uint8_t)f->head.blocks;
	f->on_fec(f->ctx, out);
}

static void lose(struct gsc_frames *f, uint32_t last)
{
	if (!f->waiting)
		f->wait_from = f->frame;
	f->waiting = true;
	f->waited = 0;
	f->on_lost(f->ctx, f->wait_from, last, f->had_idr);
}

/* Goes on with another frame; what lies between is lost. */
static void skip_to(struct gsc_frames *f, uint32_t frame)
{
	f->stats.lost += frame - f->frame;
	lose(f, frame - 1);
	f->frame = frame;
	f->block_number = 0;
	f->media_len = 0;
	f->needed_parity = false;
}

static void abandon_block(struct gsc_frames *f)
{
	if (f->block_open)
		report_block(f);
	f->block_open = false;
}

static void note_latency(struct gsc_frame_stats *s, uint16_t latency)
{
	if (!latency)
		return;
	if ((s->latencies & (s->latencies + 1)) == 0 || !s->latency)
		s->latency = realloc(s->latency, (2 * s->latencies + 2) * sizeof(*s->latency));
	s->latency[s->latencies++] = latency;
}

/* Length of the bitstream, 0 when the header makes no sense. */
static size_t check_frame_header(struct gsc_frames *f)
{
	const uint8_t *p = f->media;
	size_t media = (size_t)f->packet_size - 16;
	size_t last = gsc_le16(p + 4);
	if (p[0] != 1)
		gsc_violation("6.4: frame %u: header byte 0x%02x", f->frame, p[0]);
	if (p[3] != 1 && p[3] != IDR && p[3] != RECOVERY && p[3] != AFTER_INVALIDATION)
		gsc_violation("6.4: frame %u: type %u", f->frame, p[3]);
	if (p[6] || p[7])
		gsc_violation("6.4: frame %u: the last header bytes are not 0", f->frame);
	if (f->frame == 1 && p[3] != IDR)
		gsc_violation("6.7: the first frame has type %u", p[3]);
	if (!last || last > media || (f->media_len == media && last <= FRAME_HEAD)) {
		gsc_violation("6.4: frame %u: last length %zu", f->frame, last);
		return 0;
	}
	size_t len = f->media_len - media + last;
	if (!gsc_is_zero(p + len, f->media_len - len))
		gsc_violation("6.2: frame %u: padding is not zero", f->frame);
	return len - FRAME_HEAD;
}

static bool ends_waiting(const struct gsc_frames *f, unsigned type)
{
	if (type == IDR)
		return true;
	return f->rfi && f->had_idr && (type == RECOVERY || type == AFTER_INVALIDATION);
}

/* A complete frame that refers to lost ones is thrown away. */
static bool is_usable(struct gsc_frames *f, unsigned type)
{
	if (f->waiting && !ends_waiting(f, type)) {
		f->stats.discarded++;
		if (++f->waited % ASK_AGAIN_AFTER == 0)
			f->on_lost(f->ctx, f->wait_from, f->frame, f->had_idr);
		return false;
	}
	f->waiting = false;
	f->had_idr |= type == IDR;
	return true;
}

static void deliver(struct gsc_frames *f, unsigned type, size_t len)
{
	struct gsc_frame_stats *s = &f->stats;
	s->frames++;
	s->idr_frames += type == IDR;
	s->bytes += len;
	if (f->out)
		fwrite(f->media + FRAME_HEAD, 1, len, f->out);
	if (s->first_frame_ms > 0)
		return;
	s->first_frame_ms = gsc_now_ms();
	if (f->ready_file)
		gsc_write_file(f->ready_file, "", 0644);
}

static void finish_frame(struct gsc_frames *f)
{
	unsigned type = f->media[3];
	size_t media = (size_t)f->packet_size - 16;
	size_t len = check_frame_header(f);
	f->stats.types[type]++;
	f->stats.recovered += f->needed_parity;
	note_latency(&f->stats, gsc_le16(f->media + 1));
	gsc_bitstream_check(
		f->codec, f->frame, f->media + FRAME_HEAD, len, media - FRAME_HEAD, type == IDR, f->slices);
	if (len && is_usable(f, type))
		deliver(f, type, len);
	f->frame++;
	f->block_number = 0;
	f->media_len = 0;
	f->needed_parity = false;
}

static void check_repaired(const struct gsc_frames *f)
{
	const struct gsc_block *b = &f->block;
	for (unsigned i = 0; i < b->k; i++) {
		unsigned flags = GSC_PICTURE | (i == 0 ? GSC_FIRST : 0) | (i == b->k - 1 ? GSC_LAST : 0);
		if (!b->have[i] && gsc_block_shard(b, i)[24] != flags)
			gsc_violation(
				"6.5: frame %u block %u: shard %u comes out of the parity with flags %u",
				f->frame, f->head.block, i, gsc_block_shard(b, i)[24]);
	}
}

static bool make_whole(struct gsc_frames *f)
{
	if (f->block.data_count == f->block.k)
		return true;
	int repaired = gsc_block_repair(&f->block, f->fec);
	if (repaired < 0)
		return false;
	f->stats.packets_repaired += (unsigned)repaired;
	f->needed_parity = true;
	report_block(f);
	check_repaired(f);
	return true;
}

static void finish_block(struct gsc_frames *f)
{
	size_t media = (size_t)f->packet_size - 16;
	if (!make_whole(f))
		return;
	f->block_open = false;
	if (f->media_len + f->block.k * media > f->media_cap) {
		f->media_cap = 2 * (f->media_len + f->block.k * media);
		f->media = realloc(f->media, f->media_cap);
	}
	for (unsigned i = 0; i < f->block.k; i++) {
		memcpy(f->media + f->media_len, gsc_block_shard(&f->block, i) + GSC_SHARD_HEAD, media);
		f->media_len += media;
	}
	if (++f->block_number == f->head.blocks)
		finish_frame(f);
}

void gsc_frames_add(struct gsc_frames *f, const struct gsc_shard *s)
{
	if (s->frame < f->frame || (s->frame == f->frame && s->block < f->block_number))
		return;
	if (s->frame > f->frame || s->block > f->block_number)
		abandon_block(f);
	if (s->frame > f->frame)
		skip_to(f, s->frame);
	if (s->block > f->block_number) {
		skip_to(f, f->frame + 1);
		return;
	}
	if (!f->block_open) {
		gsc_block_begin(&f->block, s->k, s->m);
		f->head = *s;
		f->highest_seq = s->seq;
		f->block_open = true;
	}
	if ((int16_t)(uint16_t)(s->seq - f->highest_seq) > 0)
		f->highest_seq = s->seq;
	gsc_block_add(&f->block, s->index, s->bytes);
	if (f->block.data_count + f->block.parity_count >= f->block.k)
		finish_block(f);
}
