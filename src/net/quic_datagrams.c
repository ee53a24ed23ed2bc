#include "net/quic_datagrams.h"

#include <string.h>

static size_t slot_at(const struct pf_quic_datagrams *q, unsigned n)
{
	return (q->first + n) % PF_QUIC_DATAGRAM_SLOTS;
}

bool pf_quic_datagrams_peek(const struct pf_quic_datagrams *q, const uint8_t **data, size_t *len)
{
	if (q->count == 0)
		return false;
	*data = q->data + q->slot[q->first].start;
	*len = q->slot[q->first].len;
	return true;
}

void pf_quic_datagrams_pop(struct pf_quic_datagrams *q)
{
	q->bytes -= q->slot[q->first].len;
	q->first = (unsigned)slot_at(q, 1);
	q->count--;
}

static size_t end_of_newest(const struct pf_quic_datagrams *q)
{
	size_t newest = slot_at(q, q->count - 1);
	return (size_t)q->slot[newest].start + q->slot[newest].len;
}

/* Where len bytes fit: behind the newest, or at the beginning before the oldest. -1: nowhere. */
static long place(const struct pf_quic_datagrams *q, size_t len)
{
	if (q->count == 0)
		return 0;
	size_t begin = q->slot[q->first].start;
	size_t end = end_of_newest(q);
	if (q->slot[slot_at(q, q->count - 1)].start < begin) /* the newest has wrapped around */
		return begin - end >= len ? (long)end : -1;
	if (sizeof(q->data) - end >= len)
		return (long)end;
	return begin >= len ? 0 : -1;
}

bool pf_quic_datagrams_push(struct pf_quic_datagrams *q, const void *data, size_t len)
{
	if (len == 0 || len > sizeof(q->data))
		return false;
	long start = place(q, len);
	while (start < 0 || q->count == PF_QUIC_DATAGRAM_SLOTS) {
		pf_quic_datagrams_pop(q);
		q->dropped++;
		start = place(q, len);
	}
	size_t s = slot_at(q, q->count);
	memcpy(q->data + start, data, len);
	q->slot[s].start = (uint16_t)start;
	q->slot[s].len = (uint16_t)len;
	q->count++;
	q->bytes += len;
	return true;
}
