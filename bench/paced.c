#include "paced.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/histogram.h"
#include "bench.h"
#include "media/unit.h"
#include "os/clock.h"
#include "plain_path.h"
#include "report.h"
#include "send/pacer.h"
#include "send/sender.h"
#include "sink.h"

#define PERCENT    20
#define CORES_HZ   120
#define ROW_NS     1300000000LL
#define SETTLE_NS  150000000LL /* for what is on its way at the end */
#define SECOND_NS  1000000000LL
#define RATE_MAX_G 10

struct stream {
	double gbit; /* of media per second */
	unsigned hz;
	bool gso;
	const uint8_t *data;
	int64_t plain_spread_ns; /* of a unit on the plain path */
};

/* What came of it. The histograms are the send thread's until it ends. */
struct outcome {
	struct pf_histogram latency, paced,
		rest; /* submit -> last packet; first -> last packet; what is left */
	double send_cpu_s, receive_cpu_s;
	uint64_t submitted, dropped; /* units */
	struct pf_sink_result arrived;
	uint64_t bytes, datagrams, refused, calls;
};

static size_t unit_bytes(const struct stream *s)
{
	return (size_t)(s->gbit * 1e9 / 8 / s->hz);
}

static unsigned units(const struct stream *s)
{
	return (unsigned)(ROW_NS * s->hz / SECOND_NS);
}

static uint32_t wire_kbps(const struct stream *s)
{
	return (uint32_t)(s->gbit * 1e6 * (100 + PERCENT) / 100 * PF_SINK_DATAGRAM / PF_SINK_SHARD);
}

static int64_t due_ns(const struct stream *s, int64_t start_ns, uint32_t index)
{
	return start_ns + index * SECOND_NS / s->hz;
}

/* ---- our sender ---- */

static void on_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct outcome *o = user;
	uint64_t all = (uint64_t)(pf_now_ns() - stamps->capture_ns) / 1000;
	o->send_cpu_s = pf_bench_thread_ns() / 1e9;
	pf_histogram_add(&o->latency, all);
	pf_histogram_add(&o->paced, stamps->pace_us);
	pf_histogram_add(&o->rest, all > stamps->pace_us ? all - stamps->pace_us : 0);
}

static void on_release(struct pf_unit *unit, void *owner)
{
	free(unit);
}

static void submit(struct pf_sender *sender, const struct stream *s, uint32_t index)
{
	struct pf_unit *u = calloc(1, sizeof(*u));
	if (!u)
		abort();
	atomic_init(&u->refs, 1);
	u->data = (uint8_t *)s->data;
	u->len = unit_bytes(s);
	u->frame_index = index;
	u->on_release = on_release;
	u->stamps.capture_ns = pf_now_ns();
	u->pts_ns = (uint64_t)u->stamps.capture_ns;
	pf_sender_submit(sender, u);
}

static struct pf_sender *start_sender(
	const struct stream *s, struct outcome *o, const struct sockaddr *client)
{
	struct pf_sender *sender;
	struct sockaddr_in name;
	struct pf_sender_params params = {
		.fd = pf_sink_open_socket(&name),
		.key = pf_sink_key,
		.shard_payload = PF_SINK_SHARD,
		.fec_percent = PERCENT,
		.bitrate_kbps = wire_kbps(s),
		.refresh_hz = s->hz,
		.gso = s->gso,
		.on_sent = on_sent,
		.user = o,
	};
	memcpy(params.salt, pf_sink_salt, sizeof(params.salt));
	if (pf_sender_create(&sender, &params) < 0 || pf_sender_start(sender, client) < 0)
		abort();
	return sender;
}

static void run_ours(const struct stream *s, struct outcome *o)
{
	const struct pf_sink_params params = {.gro = true, .data_per_block = PF_BLOCK_DATA_MAX};
	struct pf_sink *sink = pf_sink_start(&params);
	struct pf_sender *sender = start_sender(s, o, pf_sink_address(sink));
	struct pf_sender_stats stats;
	int64_t start_ns = pf_now_ns();
	for (; o->submitted < units(s); o->submitted++) {
		pf_sleep_until_ns(due_ns(s, start_ns, (uint32_t)o->submitted));
		submit(sender, s, (uint32_t)o->submitted);
	}
	pf_sleep_until_ns(pf_now_ns() + SETTLE_NS);
	pf_sender_get_stats(sender, &stats);
	pf_sender_destroy(sender);
	o->dropped = stats.units_dropped;
	o->bytes = stats.unit_bytes;
	o->datagrams = stats.datagrams;
	o->refused = stats.datagrams_refused;
	o->calls = stats.send_calls;
	o->receive_cpu_s = pf_sink_cpu_s(sink);
	pf_sink_stop(sink, &o->arrived);
}

/* ---- the reference ---- */

#ifdef PF_HAVE_OPENSSL
/* On this thread. A unit whose successor is due already is dropped. */
static void run_plain(const struct stream *s, struct outcome *o)
{
	const struct pf_sink_params params = {.gro = true, .data_per_block = PF_PLAIN_PATH_DATA};
	struct pf_sink *sink = pf_sink_start(&params);
	struct pf_plain_path *path = pf_plain_path_create(pf_sink_address(sink));
	double cpu_ns = pf_bench_thread_ns();
	int64_t start_ns = pf_now_ns();
	for (; o->submitted < units(s); o->submitted++) {
		struct pf_cut unit = {
			.data = s->data, .len = unit_bytes(s), .frame_index = (uint32_t)o->submitted};
		int64_t from_ns = due_ns(s, start_ns, unit.frame_index);
		if (pf_now_ns() > due_ns(s, start_ns, unit.frame_index + 1)) {
			o->dropped++;
			continue;
		}
		if (pf_now_ns() < from_ns) {
			pf_sleep_until_ns(from_ns);
			from_ns = pf_now_ns(); /* waking up late is not the path's */
		}
		unit.pts_ns = (uint64_t)from_ns;
		pf_plain_path_send(path, &unit, s->plain_spread_ns);
		pf_histogram_add(&o->latency, (uint64_t)(pf_now_ns() - from_ns) / 1000);
	}
	o->send_cpu_s = (pf_bench_thread_ns() - cpu_ns) / 1e9;
	pf_sleep_until_ns(pf_now_ns() + SETTLE_NS);
	struct pf_plain_path_counts counts = pf_plain_path_counts(path);
	pf_plain_path_destroy(path);
	o->bytes = (o->submitted - o->dropped) * unit_bytes(s);
	o->datagrams = counts.datagrams;
	o->refused = counts.refused;
	o->calls = counts.calls;
	o->receive_cpu_s = pf_sink_cpu_s(sink);
	pf_sink_stop(sink, &o->arrived);
}
#endif

/* ---- the tables ---- */

static uint8_t *make_data(void)
{
	size_t bytes = (size_t)(RATE_MAX_G * 1e9 / 8 / CORES_HZ) + PF_UNIT_PADDING;
	uint8_t *data = malloc(bytes);
	if (!data)
		abort();
	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	return data;
}

static void row(const char *name, const char *kernel, const struct outcome *o, double peer_s_per_byte)
{
	double seconds = (double)ROW_NS / SECOND_NS, packets = (double)(o->datagrams + o->refused);
	const double value[] = {
		(double)o->bytes * 8 / 1e9 / seconds,
		o->send_cpu_s / seconds,
		o->receive_cpu_s / seconds,
		o->send_cpu_s * 1e9 / packets,
		pf_histogram_at(&o->latency, 50),
		pf_histogram_at(&o->latency, 99),
		packets / (double)o->calls,
		(double)o->refused,
		(double)o->dropped,
		100 * (double)o->arrived.units / (double)o->submitted,
		peer_s_per_byte / (o->send_cpu_s / (double)o->bytes),
	};
	pf_report_row(name, kernel, value);
}

void pf_bench_paced(void)
{
	static const struct pf_report_column columns[] = {
		{"Gbit/s", "gbit_per_s", false},
		{"send core", "send_cores", false},
		{"recv core", "receive_cores", false},
		{"ns/packet", "ns_per_packet", false},
		{"p50 us", "us_p50", false},
		{"p99 us", "us_p99", false},
		{"per call", "packets_per_call", false},
		{"refused", "packets_refused", false},
		{"dropped", "units_dropped", false},
		{"arrived %", "units_arrived_percent", false},
		{"x peer", "peer", true},
	};
	static const double gbit[] = {1, 2.5, RATE_MAX_G};
	uint8_t *data = make_data();
	pf_report_table("The send thread, paced, parity 20 %, 120 units/s, loopback (peer: the plain path)",
		columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < sizeof(gbit) / sizeof(*gbit); i++) {
		char name[32];
		double peer = NAN;
		struct outcome o = {0};
		struct stream s = {.gbit = gbit[i],
			.hz = CORES_HZ,
			.data = data,
			.plain_spread_ns = SECOND_NS / CORES_HZ / PF_PACE_FACTOR};
		snprintf(name, sizeof(name), "media of %g Gbit/s", gbit[i]);
#ifdef PF_HAVE_OPENSSL
		run_plain(&s, &o);
		peer = o.send_cpu_s / (double)o.bytes;
		row(name, "plain path", &o, peer);
#endif
		for (int gso = 0; gso < 2; gso++) {
			s.gso = gso;
			o = (struct outcome){0};
			run_ours(&s, &o);
			row(name, gso ? "GSO" : "sendmmsg", &o, peer);
		}
	}
	free(data);
}

static void latency_row(const char *name, const char *kernel, const struct outcome *o, double peer_us)
{
	const struct pf_histogram *age = &o->arrived.age_us;
	bool ours = o->paced.count > 0; /* the other path has no stamps */
	const double value[] = {
		pf_histogram_at(&o->latency, 50),
		pf_histogram_at(&o->latency, 99),
		ours ? pf_histogram_at(&o->paced, 50) : NAN,
		ours ? pf_histogram_at(&o->paced, 99) : NAN,
		ours ? pf_histogram_at(&o->rest, 50) : NAN,
		ours ? pf_histogram_at(&o->rest, 99) : NAN,
		pf_histogram_at(age, 50),
		pf_histogram_at(age, 99),
		(double)o->refused,
		(double)o->dropped,
		100 * (double)o->arrived.units / (double)o->submitted,
		peer_us / pf_histogram_at(age, 50),
	};
	pf_report_row(name, kernel, value);
}

void pf_bench_latency(void)
{
	static const struct pf_report_column columns[] = {
		{"sent p50", "sent_us_p50", false},
		{"sent p99", "sent_us_p99", false},
		{"paced p50", "paced_us_p50", false},
		{"paced p99", "paced_us_p99", false},
		{"rest p50", "rest_us_p50", false},
		{"rest p99", "rest_us_p99", false},
		{"whole p50", "whole_us_p50", false},
		{"whole p99", "whole_us_p99", false},
		{"refused", "packets_refused", false},
		{"dropped", "units_dropped", false},
		{"arrived %", "units_arrived_percent", false},
		{"x peer", "peer", true},
	};
	static const unsigned mbit[] = {20, 100, 500}, hz[] = {60, 240};
	uint8_t *data = make_data();
	pf_report_table("Unit submitted to last packet sent, and to whole at the client, us (peer: plain "
			"path, unpaced)",
		columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < 6; i++) {
		const struct stream s = {mbit[i / 2] / 1e3, hz[i % 2], true, data, 0};
		struct outcome o = {0};
		double peer = NAN;
		char name[32];
		snprintf(name, sizeof(name), "%u Mbit/s, %u units/s", mbit[i / 2], s.hz);
#ifdef PF_HAVE_OPENSSL
		run_plain(&s, &o);
		peer = pf_histogram_at(&o.arrived.age_us, 50);
		latency_row(name, "plain path", &o, peer);
		o = (struct outcome){0};
#endif
		run_ours(&s, &o);
		latency_row(name, "GSO", &o, peer);
	}
	free(data);
}
