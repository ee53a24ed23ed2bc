/* What a client's receive thread does, per datagram: taking it from the socket, opening it, placing shards, repairing,
 * delivering, against a copy of the same bytes. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "client/receiver.h"
#include "media/unit.h"
#include "os/udp.h"
#include "packet/packetiser.h"
#include "sink.h"

#define SHARD       PF_SINK_SHARD
#define PLAIN       (PF_PACKET_HEADER_BYTES + SHARD)
#define DATAGRAM    PF_SINK_DATAGRAM
#define AHEAD_BYTES (1u << 20) /* of sealed datagrams that are made ready at once: not far from the cache */

/* Whole units cut once; each round gives them their next index, so that the receiver takes them for new. */
struct stream {
	unsigned k, m, lost; /* per unit; the lost ones are data */
	uint8_t *packet;     /* (k + m) of PLAIN bytes */
	struct pf_receiver *receiver;
	struct pf_seal *seal; /* NULL: the receiver gets plaintext */
	uint64_t seq;
	uint8_t *sealed; /* `ahead` units of them */
	unsigned ahead;
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

static void open_stream(struct stream *s, bool sealed)
{
	struct pf_receiver_params params = {.sealed = sealed,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = pf_sink_key,
		.fec_scheme = 1,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.shard_payload = SHARD,
		.max_unit_bytes = 64 << 20};
	const struct pf_receiver_events events = {.on_unit = count_unit};
	size_t datagrams = s->k + s->m;
	memcpy(params.salt, pf_sink_salt, sizeof(params.salt));
	s->packet = malloc(datagrams * PLAIN);
	if (!s->packet || pf_receiver_create(&s->receiver, &params, &events, s))
		abort();
	cut_unit(s);
	if (!sealed)
		return;
	s->ahead = AHEAD_BYTES / (unsigned)(datagrams * DATAGRAM);
	s->ahead = s->ahead > 0 ? s->ahead : 1;
	s->sealed = malloc(s->ahead * datagrams * DATAGRAM);
	if (!s->sealed || pf_seal_create(&s->seal, PF_CIPHER_AES128_GCM, pf_sink_key, pf_sink_salt,
				  PF_HOST_TO_CLIENT) < 0)
		abort();
}

static void close_stream(struct stream *s)
{
	pf_receiver_destroy(s->receiver);
	pf_seal_destroy(s->seal);
	free(s->packet);
	free(s->sealed);
}

/* Datagram i of the unit that comes as number `round` of those made ready. */
static uint8_t *sealed_datagram(const struct stream *s, unsigned round, unsigned i)
{
	return s->sealed + ((size_t)round * (s->k + s->m) + i) * DATAGRAM;
}

static uint8_t *numbered_packet(struct stream *s, unsigned i)
{
	uint8_t *packet = s->packet + (size_t)i * PLAIN;
	memcpy(packet + 8, &s->index, sizeof(s->index)); /* frame_index */
	return packet;
}

static void prepare_sealed(void *user, unsigned iterations)
{
	struct stream *s = user;
	for (unsigned round = 0; round < iterations; round++, s->index++) {
		for (unsigned i = s->lost; i < s->k + s->m; i++) {
			uint8_t *datagram = sealed_datagram(s, round, i);
			memcpy(datagram + PF_SEAL_SEQ_BYTES, numbered_packet(s, i), PLAIN);
			pf_seal_datagram(s->seal, s->seq++, datagram, PLAIN);
		}
	}
}

static void run_sealed(void *user, unsigned iterations)
{
	struct stream *s = user;
	uint64_t before = s->units;
	for (unsigned round = 0; round < iterations; round++) {
		for (unsigned i = s->lost; i < s->k + s->m; i++)
			pf_receiver_feed(s->receiver, sealed_datagram(s, round, i), DATAGRAM, 0);
	}
	if (s->units != before + iterations)
		abort();
}

static void run_plain(void *user, unsigned iterations)
{
	struct stream *s = user;
	uint64_t before = s->units;
	for (unsigned round = 0; round < iterations; round++, s->index++) {
		for (unsigned i = s->lost; i < s->k + s->m; i++)
			pf_receiver_feed(s->receiver, numbered_packet(s, i), PLAIN, 0);
	}
	if (s->units != before + iterations)
		abort();
}

static void run_copy(void *user, unsigned iterations)
{
	struct stream *s = user;
	static uint8_t to[PF_BLOCK_DATA_MAX * SHARD];
	for (unsigned round = 0; round < iterations; round++) {
		for (unsigned i = 0; i < s->k; i++)
			memcpy(to + (size_t)i * SHARD, s->packet + (size_t)i * PLAIN, SHARD);
		__asm__ volatile("" ::: "memory");
	}
}

static struct pf_bench_case stream_case(struct stream *s, const char *name)
{
	struct pf_bench_case c = {
		name, run_plain, s, (double)s->k * SHARD, (double)s->k + s->m - s->lost, "behind the seal"};
	if (!s->seal)
		return c;
	c.run = run_sealed;
	c.kernel = "sealed";
	c.prepare = prepare_sealed;
	c.prepare_max = s->ahead;
	return c;
}

/* Units of one shape, plain and sealed, whole and with losses. */
static void bench_units(unsigned k, unsigned m, const unsigned lost[3])
{
	struct stream stream[6] = {0};
	struct pf_bench_case c[7];
	char name[3][32], title[64];
	for (size_t i = 0; i < 6; i++) {
		stream[i] = (struct stream){.k = k, .m = m, .lost = lost[i / 2]};
		open_stream(&stream[i], i % 2);
		snprintf(name[i / 2], sizeof(name[0]), "receive, %u lost", lost[i / 2]);
		c[i + 1] = stream_case(&stream[i], name[i / 2]);
	}
	c[0] = (struct pf_bench_case){
		"memcpy of the data", run_copy, &stream[0], (double)k * SHARD, k, NULL, PF_BENCH_MEMCPY};
	snprintf(title, sizeof(title), "Receiver, units of %u+%u datagrams", k, m);
	pf_bench_group(title, c, 7);
	for (size_t i = 0; i < 6; i++)
		close_stream(&stream[i]);
}

/* ---- the socket ---- */

#define CALL        PF_UDP_SEND_MAX /* datagrams per iteration */
#define CALLS_AHEAD 16              /* what the receive buffer surely holds */

struct inlet {
	struct pf_udp_sender from;
	int fd;
	struct pf_udp_receiver *receiver;
};

static void open_inlet(struct inlet *in, unsigned train)
{
	struct sockaddr_in from, to;
	in->fd = pf_sink_open_socket(&to);
	in->from = (struct pf_udp_sender){.fd = pf_sink_open_socket(&from), .gso = train > 0, .train = train};
	if (train > 0)
		pf_udp_receive_trains(in->fd);
	if (pf_udp_connect(in->from.fd, (const void *)&to) < 0 ||
		pf_udp_receiver_create(&in->receiver, 2048) < 0)
		abort();
}

static void close_inlet(struct inlet *in)
{
	close(in->fd);
	close(in->from.fd);
	pf_udp_receiver_destroy(in->receiver);
}

static void prepare_inlet(void *user, unsigned iterations)
{
	static uint8_t memory[CALL][DATAGRAM];
	struct inlet *in = user;
	uint8_t *datagram[CALL];
	struct pf_udp_sent sent;
	for (unsigned i = 0; i < CALL; i++)
		datagram[i] = memory[i];
	for (unsigned n = 0; n < iterations; n++) {
		pf_udp_send_batch(&in->from, datagram, CALL, DATAGRAM, &sent);
		if (sent.accepted != CALL)
			abort();
	}
}

static void run_inlet(void *user, unsigned iterations)
{
	struct inlet *in = user;
	for (size_t left = (size_t)iterations * CALL * DATAGRAM; left > 0;) {
		int n = pf_udp_receive_batch(in->receiver, in->fd);
		struct pollfd late = {.fd = in->fd, .events = POLLIN};
		if (n == 0 && poll(&late, 1, 1000) != 1)
			abort();
		for (struct pf_udp_datagram d; pf_udp_next(in->receiver, &d);)
			left -= d.len;
	}
}

static void bench_inlet(void)
{
	static const struct {
		const char *kernel;
		unsigned train;
	} row[] = {{"plain recvmmsg", 0}, {"GRO, trains of 16", 16}, {"GRO, trains of 44", 44}};
	enum { ROWS = sizeof(row) / sizeof(row[0]) };
	struct inlet in[ROWS];
	struct pf_bench_case c[ROWS];
	for (size_t i = 0; i < ROWS; i++) {
		open_inlet(&in[i], row[i].train);
		c[i] = (struct pf_bench_case){"from the socket", run_inlet, &in[i], (double)CALL * DATAGRAM,
			CALL, row[i].kernel, row[i].train > 0 ? PF_BENCH_NONE : PF_BENCH_PEER, prepare_inlet,
			CALLS_AHEAD};
	}
	pf_bench_group("Receive calls, 64 datagrams, loopback (peer: recvmmsg without GRO)", c, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		close_inlet(&in[i]);
}

void bench_receive(void)
{
	bench_inlet();
	bench_units(50, 5, (const unsigned[]){0, 1, 5});
	bench_units(1000, 100, (const unsigned[]){0, 10, 100});
}
