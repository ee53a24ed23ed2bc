/* The receiver behind the seal: placing shards, repairing, delivering, per datagram, against a copy of the
 * same bytes. Opening is a row of the seal suite; together they are what a client's receive thread does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "client/receiver.h"
#include "media/unit.h"
#include "packet/packetiser.h"

#define SHARD PF_SHARD_DEFAULT_IPV4
#define PLAIN (PF_PACKET_HEADER_BYTES + SHARD)

/* Whole units cut once; each round gives them their next index, so that the receiver takes them for new. */
struct stream {
	unsigned k, m, lost; /* per unit; the lost ones are data */
	uint8_t *packet;     /* (k + m) of PLAIN bytes */
	struct pf_receiver *receiver;
	uint32_t index;
	uint64_t units;
};

static void count_unit(void *user, const struct pf_received_unit *unit)
{
	struct stream *s = user;
	s->units++;
}

static void cut_unit(struct stream *s)
{
	const struct pf_packetiser_params params = {.shard_payload = SHARD,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.fec_percent = s->m * 100 / s->k};
	struct pf_packetiser *p;
	uint8_t *data = calloc(1, (size_t)s->k * SHARD + PF_UNIT_PADDING);
	if (!data || pf_packetiser_create(&p, &params))
		abort();
	for (size_t i = 0; i < (size_t)s->k * SHARD; i++)
		data[i] = (uint8_t)(i * 31);
	const struct pf_cut cut = {
		.data = data, .len = (size_t)s->k * SHARD, .user_flags = PF_UNIT_PIC, .pts_ns = 1};
	if (pf_packetiser_begin(p, &cut))
		abort();
	struct pf_batch b;
	unsigned n = 0;
	while (!pf_packetiser_next(p, PF_BATCH_MAX, &b) && b.count > 0) {
		for (unsigned i = 0; i < b.count; i++)
			memcpy(s->packet + (size_t)n++ * PLAIN, b.datagram[i] + PF_SEAL_SEQ_BYTES, PLAIN);
	}
	if (n != s->k + s->m)
		abort();
	pf_packetiser_destroy(p);
	free(data);
}

static void open_stream(struct stream *s)
{
	const struct pf_receiver_params params = {.fec_scheme = 1,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.shard_payload = SHARD,
		.max_unit_bytes = 64 << 20};
	const struct pf_receiver_events events = {.on_unit = count_unit};
	s->packet = malloc((size_t)(s->k + s->m) * PLAIN);
	if (!s->packet || pf_receiver_create(&s->receiver, &params, &events, s))
		abort();
	cut_unit(s);
}

static void run_receive(void *user, unsigned iterations)
{
	struct stream *s = user;
	for (unsigned round = 0; round < iterations; round++, s->index++) {
		for (unsigned i = s->lost; i < s->k + s->m; i++) {
			uint8_t *packet = s->packet + (size_t)i * PLAIN;
			memcpy(packet + 8, &s->index, sizeof(s->index)); /* frame_index */
			pf_receiver_feed(s->receiver, packet, PLAIN, 0);
		}
	}
	if (s->units < iterations)
		abort();
}

static void run_copy(void *user, unsigned iterations)
{
	struct stream *s = user;
	static uint8_t to[4096 * SHARD];
	for (unsigned round = 0; round < iterations; round++) {
		for (unsigned i = 0; i < s->k; i++)
			memcpy(to + (size_t)i * SHARD, s->packet + (size_t)i * PLAIN, SHARD);
		__asm__ volatile("" ::: "memory");
	}
}

void bench_receive(void)
{
	static struct stream stream[] = {
		{.k = 50, .m = 5},
		{.k = 50, .m = 5, .lost = 1},
		{.k = 50, .m = 5, .lost = 5},
		{.k = 1000, .m = 100},
		{.k = 1000, .m = 100, .lost = 10},
	};
	enum { STREAMS = sizeof(stream) / sizeof(*stream) };
	struct pf_bench_case c[STREAMS + 1];
	char name[STREAMS][48];
	for (size_t i = 0; i < STREAMS; i++) {
		struct stream *s = &stream[i];
		open_stream(s);
		snprintf(name[i], sizeof(name[i]), "receive %u+%u, %u lost", s->k, s->m, s->lost);
		c[i + 1] = (struct pf_bench_case){
			name[i], run_receive, s, (double)s->k * SHARD, (double)s->k + s->m - s->lost};
	}
	c[0] = (struct pf_bench_case){"memcpy of 50 shards", run_copy, &stream[0], 50.0 * SHARD, 50};
	pf_bench_group("receiver behind the seal (per unit; ns per datagram)", c, STREAMS + 1);
	for (size_t i = 0; i < STREAMS; i++) {
		pf_receiver_destroy(stream[i].receiver);
		free(stream[i].packet);
	}
}
