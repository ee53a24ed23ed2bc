/*
 * The send side of the media plane over loopback: where a packet's time goes without pacing, and how much of
 * a core the sender's thread needs at real rates. The kernel's receive path runs inside the send calls on
 * loopback, so the figures hold most of the receiver's kernel time too.
 */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/histogram.h"
#include "bench.h"
#include "media/unit.h"
#include "os/clock.h"
#include "os/udp.h"
#include "packet/packetiser.h"
#include "send/sender.h"

#define SHARD      PF_SHARD_DEFAULT_IPV4
#define PERCENT    20
#define UNIT_BYTES (200 * SHARD) /* 200 + 40 datagrams */
#define PACED_HZ   120
#define PACED_S    2

static const uint8_t key[16] = {1, 2, 3};
static const uint8_t salt[4] = {4, 5, 6, 7};

/* A socket that swallows what comes, on a thread of its own. With GRO it takes whole trains, so that on loopback
 * the sender's calls hold the least of the receiver's work: the nearest to a network card. */
struct sink {
	int fd;
	struct sockaddr_in address;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t datagrams;
};

static int open_loopback(struct sockaddr_in *name)
{
	int fd = -1;
	socklen_t len = sizeof(*name);
	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (pf_udp_open(&fd, (void *)name, NULL) < 0 || getsockname(fd, (void *)name, &len) < 0)
		abort();
	return fd;
}

static void *swallow(void *arg)
{
	struct sink *s = arg;
	struct pf_udp_receiver *r;
	if (pf_udp_receiver_create(&r, 65536) < 0)
		abort();
	while (!atomic_load(&s->stop)) {
		struct pollfd p = {.fd = s->fd, .events = POLLIN};
		poll(&p, 1, 20);
		int n = pf_udp_receive_batch(r, s->fd);
		atomic_fetch_add(&s->datagrams, (uint64_t)(n > 0 ? n : 0));
	}
	pf_udp_receiver_destroy(r);
	return NULL;
}

static void sink_start(struct sink *s, bool gro)
{
	int on = gro;
	*s = (struct sink){0};
	s->fd = open_loopback(&s->address);
	if (setsockopt(s->fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) < 0)
		abort();
	if (pthread_create(&s->thread, NULL, swallow, s) != 0)
		abort();
}

static void sink_stop(struct sink *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* ---- unpaced: stage by stage ---- */

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
			for (unsigned p = 0; s->sealed && p < b.count; p++)
				pf_seal_datagram(s->seal, s->seq++, b.datagram[p], pf_batch_plain_bytes(&b));
			if (s->sent)
				pf_udp_send_batch(&s->socket, b.datagram, b.count, b.datagram_bytes, &sent);
		}
	}
}

static void stages_create(struct stages *s, const uint8_t *unit, unsigned percent, const struct sink *sink)
{
	const struct pf_packetiser_params params = {
		.shard_payload = SHARD, .max_data_per_block = PF_BLOCK_DATA_MAX, .fec_percent = percent};
	struct sockaddr_in name;
	s->unit = unit;
	s->socket.fd = open_loopback(&name);
	if (pf_packetiser_create(&s->packetiser, &params) < 0 ||
		pf_seal_create(&s->seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT) < 0 ||
		pf_udp_connect(s->socket.fd, (const void *)&sink->address) < 0)
		abort();
}

static void unpaced(const uint8_t *unit, const struct sink *plain, const struct sink *gro)
{
	static const struct {
		const char *name;
		unsigned percent, train;
		bool sealed, sent, gro;
	} row[] = {
		{"packetise", 0, 0, false, false, false},
		{"packetise, parity 20 %", PERCENT, 0, false, false, false},
		{"packetise, parity, seal", PERCENT, 0, true, false, false},
		{"all and sendmmsg", PERCENT, 0, true, true, false},
		{"all and GSO trains of 16", PERCENT, 16, true, true, false},
		{"all and sendmmsg, GRO receiver", PERCENT, 0, true, true, true},
		{"all and GSO of 16, GRO receiver", PERCENT, 16, true, true, true},
		{"all and GSO of 44, GRO receiver", PERCENT, 44, true, true, true},
	};
	enum { ROWS = sizeof(row) / sizeof(row[0]) };
	struct stages stages[ROWS] = {0};
	struct pf_bench_case c[ROWS];
	for (size_t i = 0; i < ROWS; i++) {
		stages[i] = (struct stages){.sealed = row[i].sealed, .sent = row[i].sent};
		stages[i].socket = (struct pf_udp_sender){.gso = row[i].train > 0, .train = row[i].train};
		stages_create(&stages[i], unit, row[i].percent, row[i].gro ? gro : plain);
		double packets = (double)UNIT_BYTES / SHARD * (100 + row[i].percent) / 100;
		c[i] = (struct pf_bench_case){row[i].name, run_stages, &stages[i], UNIT_BYTES, packets};
	}
	pf_bench_group("Send side unpaced, units of 200 + 40 datagrams, loopback", c, ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		pf_packetiser_destroy(stages[i].packetiser);
		pf_seal_destroy(stages[i].seal);
		close(stages[i].socket.fd);
	}
}

/* ---- paced: the sender's thread at real rates ---- */

struct paced {
	struct pf_histogram latency; /* submit -> last packet handed over; the send thread's until it ends */
	double cpu_s;                /* of the send thread */
	_Atomic unsigned done;
};

static void on_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct paced *p = user;
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	p->cpu_s = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	pf_histogram_add(&p->latency, (uint64_t)(pf_now_ns() - stamps->capture_ns) / 1000);
	atomic_fetch_add(&p->done, 1);
}

static void on_release(struct pf_unit *unit, void *owner)
{
	free(unit);
}

static void submit(struct pf_sender *sender, const uint8_t *data, size_t len, uint32_t index)
{
	struct pf_unit *u = calloc(1, sizeof(*u));
	if (!u)
		abort();
	atomic_init(&u->refs, 1);
	u->data = (uint8_t *)data;
	u->len = len;
	u->frame_index = index;
	u->on_release = on_release;
	u->stamps.capture_ns = pf_now_ns();
	pf_sender_submit(sender, u);
}

/* Media bits per second; the pacer gets the wire rate that they need. */
static void paced_row(double gbit, bool gso, const uint8_t *data, const struct sink *sink)
{
	struct paced *p = calloc(1, sizeof(*p));
	struct pf_sender *sender;
	struct pf_sender_stats stats;
	struct sockaddr_in name;
	size_t len = (size_t)(gbit * 1e9 / 8 / PACED_HZ);
	struct pf_sender_params params = {
		.fd = open_loopback(&name),
		.key = key,
		.shard_payload = SHARD,
		.fec_percent = PERCENT,
		.bitrate_kbps = (uint32_t)(gbit * 1e6 * (100 + PERCENT) / 100 * (SHARD + 64) / SHARD),
		.refresh_hz = PACED_HZ,
		.gso = gso,
		.on_sent = on_sent,
		.user = p,
	};
	memcpy(params.salt, salt, sizeof(salt));
	if (!p || pf_sender_create(&sender, &params) < 0 ||
		pf_sender_start(sender, (const void *)&sink->address) < 0)
		abort();
	int64_t start = pf_now_ns();
	for (uint32_t i = 0; i < PACED_S * PACED_HZ; i++) {
		pf_sleep_until_ns(start + (int64_t)i * 1000000000 / PACED_HZ);
		submit(sender, data, len, i);
	}
	pf_sleep_until_ns(pf_now_ns() + 200000000);
	pf_sender_get_stats(sender, &stats);
	pf_sender_destroy(sender);
	double bits = (double)stats.unit_bytes * 8;
	printf("  %4.2f Gbit/s %-9s %8.3f %10.3f %10.0f %8u %8u %10.1f %9llu %8llu\n", gbit,
		gso ? "GSO" : "sendmmsg", p->cpu_s / PACED_S, p->cpu_s / bits * 1e9,
		p->cpu_s * 1e9 / (double)(stats.datagrams + stats.datagrams_refused),
		pf_histogram_at(&p->latency, 50), pf_histogram_at(&p->latency, 99),
		(double)stats.datagrams / (double)stats.send_calls,
		(unsigned long long)stats.datagrams_refused, (unsigned long long)stats.units_dropped);
	free(p);
}

void bench_transport(void)
{
	static const double rate[] = {0.05, 0.5, 1, 2.5};
	uint8_t *data = malloc((size_t)(2.5e9 / 8 / PACED_HZ) + PF_UNIT_PADDING);
	struct sink plain, gro;
	if (!data)
		abort();
	memset(data, 0x5a, (size_t)(2.5e9 / 8 / PACED_HZ) + PF_UNIT_PADDING);
	sink_start(&plain, false);
	sink_start(&gro, true);
	unpaced(data, &plain, &gro);
	printf("\nThe sender's thread, paced, parity 20 %%, %d units/s, loopback, GRO receiver\n"
	       "  %-21s %8s %10s %10s %8s %8s %10s %9s %8s\n",
		PACED_HZ, "media rate", "cores", "s/Gbit", "ns/packet", "p50 us", "p99 us", "per call",
		"refused", "dropped");
	for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
		paced_row(rate[i], false, data, &gro);
		paced_row(rate[i], true, data, &gro);
	}
	sink_stop(&plain);
	sink_stop(&gro);
	free(data);
}
