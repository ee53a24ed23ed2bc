#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static const uint8_t KEY[32] = {7, 1, 2, 3, 4, 5, 6, 7, 8};

static void keep_unit(void *user, const struct pf_received_unit *unit)
{
	struct sink *s = user;
	assert_true(s->units < SINK_MAX);
	struct pf_received_unit *u = &s->unit[s->units++];
	*u = *unit;
	uint8_t *copy = malloc(unit->len ? unit->len : 1);
	assert_non_null(copy);
	if (unit->len > 0)
		memcpy(copy, unit->data, unit->len);
	u->data = copy;
}

static void keep_loss(void *user, uint32_t frame_index)
{
	struct sink *s = user;
	assert_true(s->lost < SINK_MAX);
	s->lost_index[s->lost++] = frame_index;
}

void sink_init(struct sink *s, const struct cut *c, int cipher_or_none)
{
	memset(s, 0, sizeof(*s));
	const struct pf_receiver_params params = {
		.sealed = cipher_or_none >= 0,
		.cipher = cipher_or_none >= 0 ? (enum pf_cipher)cipher_or_none : PF_CIPHER_AES128_GCM,
		.key = KEY,
		.salt = {0x83, 1, 4, 1},
		.fec_scheme = c->scheme,
		.fec_percent = c->percent,
		.max_data_per_block = c->data_max,
		.shard_payload = c->shard_bytes,
		.max_unit_bytes = 8 << 20,
	};
	const struct pf_receiver_events events = {.on_unit = keep_unit, .on_lost = keep_loss};
	assert_int_equal(pf_receiver_create(&s->receiver, &params, &events, s), PF_OK);
	if (params.sealed)
		assert_int_equal(
			pf_seal_create(&s->seal, params.cipher, KEY, params.salt, PF_HOST_TO_CLIENT), PF_OK);
}

void sink_finish(struct sink *s)
{
	pf_receiver_destroy(s->receiver);
	pf_seal_destroy(s->seal);
	for (size_t i = 0; i < s->units; i++)
		free((void *)s->unit[i].data);
}

size_t sink_seal(struct sink *s, const struct cut_packet *p, uint8_t *datagram)
{
	size_t len = cut_write(p, datagram + PF_SEAL_SEQ_BYTES);
	pf_seal_datagram(s->seal, s->seq++, datagram, len);
	return len + PF_SEAL_OVERHEAD;
}

void sink_feed(struct sink *s, const struct cut_packet *p)
{
	uint8_t datagram[SINK_DATAGRAM_MAX];
	int64_t now = (int64_t)s->seq;
	if (s->seal) {
		size_t len = sink_seal(s, p, datagram);
		pf_receiver_feed(s->receiver, datagram, len, now);
	} else {
		pf_receiver_feed(s->receiver, datagram, cut_write(p, datagram), now);
		s->seq++;
	}
}

static int listed(const int *numbers, size_t n)
{
	for (; numbers && *numbers >= 0; numbers++) {
		if ((size_t)*numbers == n)
			return 1;
	}
	return 0;
}

void sink_feed_all(struct sink *s, const struct cut *c, const int *missing, int reversed)
{
	for (size_t i = 0; i < c->count; i++) {
		size_t n = reversed ? c->count - 1 - i : i;
		if (!listed(missing, n))
			sink_feed(s, &c->packet[n]);
	}
}

struct pf_receiver_stats sink_stats(const struct sink *s)
{
	struct pf_receiver_stats stats;
	pf_receiver_get_stats(s->receiver, &stats);
	return stats;
}

void sink_assert_unit(const struct sink *s, size_t n, const struct cut_unit *u)
{
	assert_true(n < s->units);
	const struct pf_received_unit *got = &s->unit[n];
	assert_int_equal(got->frame_index, u->frame_index);
	assert_int_equal(got->pts_ns, u->pts_ns);
	assert_int_equal(got->len, u->len);
	if (u->len > 0)
		assert_memory_equal(got->data, u->data, u->len);
}
