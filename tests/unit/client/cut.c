#include "cut.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "fec/fec16.h"
#include "fec/fec8.h"

struct block {
	uint32_t index, base, k, m;
	uint32_t frame_bytes, block_count; /* as the header is to say */
	uint8_t **shard;                   /* k data, m parity */
};

static unsigned parity_of(const struct cut *c, unsigned k)
{
	unsigned m = (k * c->percent + 99) / 100;
	return m < c->total_max - k ? m : c->total_max - k;
}

static void make_parity(const struct cut *c, struct block *b)
{
	const uint8_t *const *data = (const uint8_t *const *)b->shard;
	if (b->m == 0)
		return;
	if (c->scheme == 0) {
		struct pf_fec8 *f = NULL;
		assert_int_equal(pf_fec8_create(&f, PF_FEC8_CAUCHY, NULL), PF_OK);
		assert_int_equal(pf_fec8_encode(f, data, b->k, b->shard + b->k, b->m, c->shard_bytes), PF_OK);
		pf_fec8_destroy(f);
	} else {
		struct pf_fec16 *f = NULL;
		assert_int_equal(pf_fec16_create(&f, NULL), PF_OK);
		assert_int_equal(
			pf_fec16_encode(f, data, b->k, b->shard + b->k, b->m, c->shard_bytes), PF_OK);
		pf_fec16_destroy(f);
	}
}

static struct block make_block(const struct cut *c, const struct cut_unit *u, uint32_t index, uint32_t base,
	uint32_t k, uint32_t frame_bytes, uint32_t block_count)
{
	struct block b = {.index = index, .base = base, .k = k, .m = parity_of(c, k)};
	b.frame_bytes = frame_bytes;
	b.block_count = block_count;
	b.shard = calloc(k + b.m, sizeof(*b.shard));
	assert_non_null(b.shard);
	for (uint32_t i = 0; i < k + b.m; i++) {
		b.shard[i] = calloc(1, c->shard_bytes);
		assert_non_null(b.shard[i]);
		size_t at = (size_t)(base + i) * c->shard_bytes;
		if (i < k && at < u->len)
			memcpy(b.shard[i], u->data + at,
				u->len - at < c->shard_bytes ? u->len - at : c->shard_bytes);
	}
	make_parity(c, &b);
	return b;
}

static void emit(struct cut *c, const struct cut_unit *u, struct block *b, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		if (c->count == c->cap) {
			c->cap = c->cap ? 2 * c->cap : 64;
			c->packet = realloc(c->packet, c->cap * sizeof(*c->packet));
			assert_non_null(c->packet);
		}
		c->packet[c->count++] = (struct cut_packet){
			.h = {.pts_ns = u->pts_ns,
				.frame_index = u->frame_index,
				.stream_seq = c->stream_seq++,
				.frame_bytes = b->frame_bytes,
				.user_flags = u->user_flags,
				.block_index = (uint16_t)b->index,
				.block_count = (uint16_t)b->block_count,
				.data_shards = (uint16_t)b->k,
				.recovery_shards = (uint16_t)b->m,
				.shard_index = (uint16_t)i,
				.shard_bytes = (uint16_t)c->shard_bytes,
				.fec_scheme = (uint8_t)c->scheme,
				.flags = PF_PACKET_PICTURE | (b->index == 0 && i == 0 ? PF_PACKET_FIRST : 0)},
			.shard = b->shard[i],
		};
		b->shard[i] = NULL;
	}
}

static void emit_block(struct cut *c, const struct cut_unit *u, struct block b)
{
	emit(c, u, &b, 0, b.k + b.m);
	free(b.shard);
}

static void mark_last(struct cut *c)
{
	c->packet[c->count - 1].h.flags |= PF_PACKET_LAST;
}

static uint32_t shards_of(const struct cut *c, size_t len)
{
	return len ? (uint32_t)((len + c->shard_bytes - 1) / c->shard_bytes) : 1;
}

void cut_whole(struct cut *c, const struct cut_unit *u)
{
	uint32_t shards = shards_of(c, u->len);
	uint32_t count = (shards + c->data_max - 1) / c->data_max;
	struct block *b = calloc(count, sizeof(*b));
	assert_non_null(b);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t base = i * c->data_max;
		uint32_t k = shards - base < c->data_max ? shards - base : c->data_max;
		b[i] = make_block(c, u, i, base, k, (uint32_t)u->len, count);
		emit(c, u, &b[i], 0, k);
	}
	for (uint32_t i = 0; i < count; i++) {
		emit(c, u, &b[i], b[i].k, b[i].k + b[i].m);
		free(b[i].shard);
	}
	free(b);
	mark_last(c);
}

static void finish_stream(struct cut *c, const struct cut_unit *u, uint32_t index, uint32_t base)
{
	emit_block(c, u,
		make_block(c, u, index, base, shards_of(c, u->len) - base, (uint32_t)u->len, index + 1));
	mark_last(c);
}

void cut_streamed(struct cut *c, const struct cut_unit *u)
{
	size_t block_bytes = (size_t)c->data_max * c->shard_bytes;
	uint32_t index = 0;
	for (size_t sent = 0; u->len - sent > block_bytes; sent += block_bytes, index++)
		emit_block(c, u, make_block(c, u, index, index * c->data_max, c->data_max, 0, 0));
	finish_stream(c, u, index, index * c->data_max);
}

void cut_slices(struct cut *c, const struct cut_unit *unit)
{
	struct cut_unit u = *unit;
	u.user_flags |= PF_UNIT_SLICE_STREAM;
	uint32_t index = 0, base = 0;
	size_t end = 0;
	for (size_t i = 0; i < u.chunk_count; i++) {
		end += u.chunks[i];
		for (;;) {
			size_t pending = end - (size_t)base * c->shard_bytes;
			uint32_t k = (uint32_t)(pending / c->shard_bytes);
			bool forced = pending > (size_t)c->data_max * c->shard_bytes;
			if (k < 16 && !forced)
				break;
			k = k < c->data_max ? k : c->data_max;
			if ((size_t)k * c->shard_bytes == pending && k > 1)
				k--;
			emit_block(c, &u, make_block(c, &u, index++, base, k, base * c->shard_bytes, 0));
			base += k;
		}
	}
	finish_stream(c, &u, index, base);
}

void cut_clear(struct cut *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->packet[i].shard);
	free(c->packet);
	c->packet = NULL;
	c->count = c->cap = 0;
}

size_t cut_write(const struct cut_packet *p, uint8_t *out)
{
	pf_packet_header_write(out, &p->h);
	memcpy(out + PF_PACKET_HEADER_BYTES, p->shard, p->h.shard_bytes);
	return PF_PACKET_HEADER_BYTES + (size_t)p->h.shard_bytes;
}
