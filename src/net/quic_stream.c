#include "net/quic_stream.h"

#include <stdlib.h>
#include <string.h>

static const size_t capacity = PF_QUIC_STREAM_QUEUE_BYTES;

void pf_quic_stream_remove(struct pf_quic_stream *st)
{
	free(st->ring);
	*st = (struct pf_quic_stream){0};
}

void pf_quic_streams_finish(struct pf_quic_streams *s)
{
	for (unsigned i = 0; i < PF_QUIC_STREAMS; i++)
		pf_quic_stream_remove(&s->stream[i]);
}

struct pf_quic_stream *pf_quic_streams_find(struct pf_quic_streams *s, int64_t id)
{
	for (unsigned i = 0; i < PF_QUIC_STREAMS; i++) {
		if (s->stream[i].used && s->stream[i].id == id)
			return &s->stream[i];
	}
	return NULL;
}

struct pf_quic_stream *pf_quic_streams_add(struct pf_quic_streams *s, int64_t id)
{
	struct pf_quic_stream *st = pf_quic_streams_find(s, id);
	for (unsigned i = 0; !st && i < PF_QUIC_STREAMS; i++) {
		if (!s->stream[i].used) {
			st = &s->stream[i];
			*st = (struct pf_quic_stream){.used = true, .id = id};
		}
	}
	return st;
}

static bool has_work(const struct pf_quic_stream *st)
{
	if (!st->used || st->shut || st->blocked || st->fin_sent)
		return false;
	return st->queued > st->sent || st->fin_wanted;
}

struct pf_quic_stream *pf_quic_streams_next(struct pf_quic_streams *s)
{
	for (unsigned i = 0; i < PF_QUIC_STREAMS; i++) {
		unsigned n = (s->turn + i) % PF_QUIC_STREAMS;
		if (has_work(&s->stream[n])) {
			s->turn = n + 1;
			return &s->stream[n];
		}
	}
	return NULL;
}

void pf_quic_streams_unblock(struct pf_quic_streams *s)
{
	for (unsigned i = 0; i < PF_QUIC_STREAMS; i++)
		s->stream[i].blocked = false;
}

unsigned pf_quic_streams_count_local(const struct pf_quic_streams *s, bool server)
{
	unsigned count = 0;
	for (unsigned i = 0; i < PF_QUIC_STREAMS; i++) {
		/* The lowest bit of an id tells who opened it (RFC 9000 2.1). */
		if (s->stream[i].used && (s->stream[i].id & 1) == (server ? 1 : 0))
			count++;
	}
	return count;
}

int pf_quic_stream_push(struct pf_quic_stream *st, const void *data, size_t len, bool fin)
{
	if (st->shut || st->fin_wanted)
		return PF_ERR_CLOSED;
	if (len > capacity - st->queued)
		return PF_ERR_LIMIT;
	if (!st->ring && len > 0) {
		st->ring = malloc(capacity);
		if (!st->ring)
			return PF_ERR_NOMEM;
	}
	if (st->queued == 0)
		st->start = 0; /* short messages keep to the first pages of the ring */
	size_t at = (st->start + st->queued) % capacity;
	size_t first = len < capacity - at ? len : capacity - at;
	if (len > 0) {
		memcpy(st->ring + at, data, first);
		memcpy(st->ring, (const uint8_t *)data + first, len - first);
	}
	st->queued += len;
	st->fin_wanted = fin;
	return PF_OK;
}

size_t pf_quic_stream_pending(const struct pf_quic_stream *st, ngtcp2_vec vec[2])
{
	size_t left = st->queued - st->sent;
	if (left == 0)
		return 0;
	size_t at = (st->start + st->sent) % capacity;
	size_t first = left < capacity - at ? left : capacity - at;
	vec[0] = (ngtcp2_vec){st->ring + at, first};
	vec[1] = (ngtcp2_vec){st->ring, left - first};
	return left > first ? 2 : 1;
}

void pf_quic_stream_took(struct pf_quic_stream *st, size_t n, bool fin)
{
	st->sent += n;
	st->fin_sent = fin;
}

void pf_quic_stream_acked(struct pf_quic_stream *st, size_t n)
{
	st->start = (st->start + n) % capacity;
	st->queued -= n;
	st->sent -= n;
}
