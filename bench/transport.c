/*
 * The send side of the media plane over loopback: where a packet's time goes without pacing. The kernel's receive
 * path runs inside the send calls on loopback, so the figures hold most of the receiver's kernel time too.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "os/udp.h"
#include "paced.h"
#include "packet/packetiser.h"
#include "plain_path.h"
#include "sink.h"

#define SHARD      PF_SINK_SHARD
#define PERCENT    20
#define DATA       200
#define PARITY     (DATA * PERCENT / 100)
#define UNIT_BYTES (DATA * SHARD)

/* What every row of the table works on. */
struct ends {
	uint8_t *unit, *copy;
	struct pf_sink *single, *gro;
};

/* ---- the send calls alone ---- */

struct calls {
	struct pf_udp_sender socket;
	uint8_t *datagram[DATA + PARITY]; /* the same ones again and again */
};

static void run_calls(void *user, unsigned iterations)
{
	struct calls *c = user;
	for (unsigned i = 0; i < iterations; i++) {
		for (unsigned at = 0, n; at < DATA + PARITY; at += n) {
			struct pf_udp_sent sent;
			n = DATA + PARITY - at < PF_UDP_SEND_MAX ? DATA + PARITY - at : PF_UDP_SEND_MAX;
			pf_udp_send_batch(&c->socket, c->datagram + at, n, PF_SINK_DATAGRAM, &sent);
		}
	}
}

static struct pf_udp_sender open_sender(unsigned train, const struct pf_sink *sink)
{
	struct sockaddr_in name;
	struct pf_udp_sender s = {.fd = pf_sink_open_socket(&name), .gso = train > 0, .train = train};
	if (pf_udp_connect(s.fd, pf_sink_address(sink)) < 0)
		abort();
	return s;
}

static void send_only(const struct ends *ends)
{
	static const struct {
		const char *name, *kernel;
		unsigned train;
		bool gro;
	} row[] = {
		{"send to plain receiver", "sendmmsg", 0, false},
		{"send to plain receiver", "GSO of 16", 16, false},
		{"send to plain receiver", "GSO of 44", 44, false},
		{"send to GRO receiver", "sendmmsg", 0, true},
		{"send to GRO receiver", "GSO of 16", 16, true},
		{"send to GRO receiver", "GSO of 44", 44, true},
	};
	enum { ROWS = sizeof(row) / sizeof(row[0]) };
	struct calls calls[ROWS];
	struct pf_bench_case c[ROWS];
	uint8_t *memory = calloc(DATA + PARITY, PF_SINK_DATAGRAM);
	if (!memory)
		abort();
	for (size_t i = 0; i < ROWS; i++) {
		calls[i].socket = open_sender(row[i].train, row[i].gro ? ends->gro : ends->single);
		for (size_t n = 0; n < DATA + PARITY; n++)
			calls[i].datagram[n] = memory + n * PF_SINK_DATAGRAM;
		c[i] = (struct pf_bench_case){row[i].name, run_calls, &calls[i], UNIT_BYTES, DATA + PARITY,
			row[i].kernel, row[i].train > 0 ? PF_BENCH_NONE : PF_BENCH_PEER};
	}
	pf_bench_group(
		"Send calls alone, 200 + 40 sealed datagrams, loopback (peer: sendmmsg of 64)", c, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		close(calls[i].socket.fd);
	free(memory);
}

/* ---- stage by stage ---- */

struct stages {
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	bool sealed, sent;
	struct pf_udp_sender socket;
	uint64_t seq;
	const uint8_t *unit;
};

static void run_stages(void *user, unsigned iterations)
{
	struct stages *s = user;
	for (unsigned i = 0; i < iterations; i++) {
		const struct pf_cut cut = {.data = s->unit, .len = UNIT_BYTES, .frame_index = i};
		struct pf_batch b;
		struct pf_udp_sent sent;
		if (pf_packetiser_begin(s->packetiser, &cut) < 0)
			abort();
		while (pf_packetiser_next(s->packetiser, PF_BATCH_MAX, &b) == PF_OK && b.count > 0) {
			if (s->sealed)
				pf_seal_batch(s->seal, s->seq, b.datagram, b.count, pf_batch_plain_bytes(&b));
			s->seq += b.count;
			if (s->sent)
				pf_udp_send_batch(&s->socket, b.datagram, b.count, b.datagram_bytes, &sent);
		}
	}
}

static void run_copy(void *user, unsigned iterations)
{
	const struct ends *e = user;
	for (unsigned i = 0; i < iterations; i++) {
		memcpy(e->copy, e->unit, UNIT_BYTES);
		__asm__ volatile("" : : "r"(e->copy) : "memory");
	}
}

static void stages_create(struct stages *s, const uint8_t *unit, unsigned percent)
{
	const struct pf_packetiser_params params = {
		.shard_payload = SHARD, .max_data_per_block = PF_BLOCK_DATA_MAX, .fec_percent = percent};
	s->unit = unit;
	if (pf_packetiser_create(&s->packetiser, &params) < 0 ||
		pf_seal_create(&s->seal, PF_CIPHER_AES128_GCM, pf_sink_key, pf_sink_salt, PF_HOST_TO_CLIENT) <
			0)
		abort();
}

#ifdef PF_HAVE_OPENSSL
struct plain {
	struct pf_plain_path *path;
	const uint8_t *unit;
};

static void run_plain(void *user, unsigned iterations)
{
	const struct plain *p = user;
	for (unsigned i = 0; i < iterations; i++)
		pf_plain_path_send(p->path,
			&(const struct pf_cut){.data = p->unit, .len = UNIT_BYTES, .frame_index = i}, 0);
}
#endif

static void stage_by_stage(struct ends *ends)
{
	static const struct {
		const char *name, *kernel;
		unsigned percent, train;
		bool sealed, sent, gro;
	} row[] = {
		{"packetise", NULL, 0, 0, false, false, false},
		{"packetise, parity", NULL, PERCENT, 0, false, false, false},
		{"packetise, parity, seal", NULL, PERCENT, 0, true, false, false},
		{"all to plain receiver", "sendmmsg", PERCENT, 0, true, true, false},
		{"all to plain receiver", "GSO of 16", PERCENT, 16, true, true, false},
		{"all to GRO receiver", "sendmmsg", PERCENT, 0, true, true, true},
		{"all to GRO receiver", "GSO of 16", PERCENT, 16, true, true, true},
		{"all to GRO receiver", "GSO of 44", PERCENT, 44, true, true, true},
	};
	enum { ROWS = sizeof(row) / sizeof(row[0]) };
	struct stages stages[ROWS] = {0};
	struct pf_bench_case c[ROWS + 2];
	for (size_t i = 0; i < ROWS; i++) {
		stages[i] = (struct stages){.sealed = row[i].sealed, .sent = row[i].sent};
		stages[i].socket = open_sender(row[i].train, row[i].gro ? ends->gro : ends->single);
		stages_create(&stages[i], ends->unit, row[i].percent);
		double packets = (double)DATA * (100 + row[i].percent) / 100;
		c[i] = (struct pf_bench_case){
			row[i].name, run_stages, &stages[i], UNIT_BYTES, packets, row[i].kernel};
	}
	size_t count = ROWS;
	c[count++] = (struct pf_bench_case){
		"memcpy of the unit", run_copy, ends, UNIT_BYTES, DATA, NULL, PF_BENCH_MEMCPY};
#ifdef PF_HAVE_OPENSSL
	struct plain plain = {pf_plain_path_create(pf_sink_address(ends->gro)), ends->unit};
	c[count++] = (struct pf_bench_case){"all to GRO receiver", run_plain, &plain, UNIT_BYTES,
		DATA + PARITY, "plain path", PF_BENCH_PEER};
#endif
	pf_bench_group("Send side unpaced, units of 200 + 40 datagrams, loopback", c, count);
	for (size_t i = 0; i < ROWS; i++) {
		pf_packetiser_destroy(stages[i].packetiser);
		pf_seal_destroy(stages[i].seal);
		close(stages[i].socket.fd);
	}
#ifdef PF_HAVE_OPENSSL
	pf_plain_path_destroy(plain.path);
#endif
}

void bench_transport(void)
{
	struct ends ends = {
		.unit = malloc(UNIT_BYTES + PF_UNIT_PADDING),
		.copy = malloc(UNIT_BYTES),
		.single = pf_sink_start(&(const struct pf_sink_params){.gro = false}),
		.gro = pf_sink_start(&(const struct pf_sink_params){.gro = true}),
	};
	if (!ends.unit || !ends.copy)
		abort();
	memset(ends.unit, 0x5a, UNIT_BYTES + PF_UNIT_PADDING);
	send_only(&ends);
	stage_by_stage(&ends);
	pf_sink_stop(ends.single, NULL);
	pf_sink_stop(ends.gro, NULL);
	free(ends.unit);
	free(ends.copy);
	pf_bench_paced();
	pf_bench_latency();
}
