#include "send/sender.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ring.h"
#include "os/clock.h"
#include "os/thread.h"
#include "os/wake.h"
#include "packet/packetiser.h"
#include "send/filler.h"
#include "send/transmit.h"

#define RING_UNITS_MIN 4 /* a picture spread over two frame times has two behind it */
#define RING_UNITS_MAX 16
#define RING_PER_S     20 /* the ring holds what comes in a twentieth of a second */
#define DROP_SEED      0x9E3779B97F4A7C15ULL
#define DROP_MAX       90
#define KEY_PARITY_MAX 50 /* percent */
#define SECOND_NS      1000000000
#define AWAKE_MAX_NS   80000000 /* with real-time priority */
#define NAP_NS         50000
#define US(ns)         ((uint32_t)((ns) / 1000))

enum probe_state {
	PROBE_IDLE,
	PROBE_CLAIMED, /* by a caller of pf_sender_probe, which is writing the request */
	PROBE_REQUESTED,
	PROBE_RUNNING,
};

struct pf_sender {
	struct pf_sender_params params; /* without the key */
	struct pf_transmit transmit;    /* the thread's */
	struct pf_ring ring;            /* encode thread -> send thread */
	struct pf_wake wake;
	pthread_t thread;
	bool started;
	_Atomic bool stop;

	/* Written from any thread, read at the next unit. */
	_Atomic unsigned fec_percent, shard_payload;
	_Atomic uint32_t bitrate_kbps, refresh_hz, max_unit_bytes;
	_Atomic bool kernel_paces;

	/* The request is the claimer's until the state says REQUESTED (release), then the thread's (acquire). */
	_Atomic int probe_state;
	uint32_t probe_kbps, probe_ms;
	struct pf_filler filler; /* the thread's, as is what the kernel said to it */
	uint64_t filler_accepted, filler_refused;

	/* Counted by the thread (units_dropped by the encode thread too), read by anyone. */
	_Atomic uint64_t units, unit_bytes, datagrams, refused, test_dropped, units_dropped, calls;
	bool failed, calm; /* the thread's; calm: without real-time priority for now */
};

static int create_native(struct pf_wire **out, const struct pf_sender_params *params)
{
	struct pf_wire_native_params native = {
		.cipher = params->cipher,
		.key = params->key,
		.shard_payload = params->shard_payload,
		.fec_percent = params->fec_percent,
		.two_parity_shards = params->two_parity_shards,
	};
	memcpy(native.salt, params->salt, sizeof(native.salt));
	return pf_wire_native_create(out, &native);
}

int pf_sender_create(struct pf_sender **out, const struct pf_sender_params *params)
{
	if (params->drop_percent > DROP_MAX || params->refresh_hz == 0)
		return PF_ERR_INVALID;
	struct pf_sender *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	struct pf_transmit *t = &s->transmit;
	t->wire = params->wire;
	int rc = t->wire ? PF_OK : create_native(&t->wire, params);
	if (rc < 0) {
		free(s);
		return rc;
	}
	t->socket = (struct pf_udp_sender){.fd = params->fd, .gso = params->gso, .train = PF_PACE_TRAIN_MIN};
	t->drop_percent = params->drop_percent;
	t->random = DROP_SEED;
	t->stop = &s->stop;
	s->params = *params;
	s->params.key = NULL;
	pf_ring_init(&s->ring, RING_UNITS_MAX);
	atomic_init(&s->fec_percent, params->fec_percent);
	atomic_init(&s->shard_payload, params->shard_payload);
	atomic_init(&s->bitrate_kbps, params->bitrate_kbps);
	atomic_init(&s->refresh_hz, params->refresh_hz);
	atomic_init(&s->max_unit_bytes, PF_UNIT_BYTES_MAX);
	*out = s;
	return PF_OK;
}

static void drop_unit(struct pf_sender *s, struct pf_unit *unit)
{
	atomic_fetch_add_explicit(&s->units_dropped, 1, memory_order_relaxed);
	if (s->params.on_dropped)
		s->params.on_dropped(s->params.user, unit);
}

/* errno is still the socket's. */
static void fail(struct pf_sender *s)
{
	s->failed = true;
	if (s->params.on_failed)
		s->params.on_failed(s->params.user, errno);
}

static void publish_counts(struct pf_sender *s)
{
	const struct pf_transmit_counts *c = &s->transmit.counts;
	atomic_store_explicit(&s->datagrams, c->datagrams, memory_order_relaxed);
	atomic_store_explicit(&s->refused, c->refused, memory_order_relaxed);
	atomic_store_explicit(&s->test_dropped, c->test_dropped, memory_order_relaxed);
	atomic_store_explicit(&s->calls, c->calls, memory_order_relaxed);
}

/* Everything after an IDR hangs on it, and another one must not be long in coming: twice the parity. */
static unsigned parity_for(const struct pf_sender *s, bool key)
{
	unsigned percent = atomic_load_explicit(&s->fec_percent, memory_order_relaxed);
	unsigned doubled = 2 * percent < KEY_PARITY_MAX ? 2 * percent : KEY_PARITY_MAX;
	return key && doubled > percent ? doubled : percent;
}

/* Values out of range or without memory leave what was: the setters check what they can. */
static void apply_settings(struct pf_sender *s, bool key)
{
	struct pf_wire *w = s->transmit.wire;
	w->impl->set_fec_percent(w, parity_for(s, key));
	if (w->impl->set_shard_payload)
		w->impl->set_shard_payload(w, atomic_load_explicit(&s->shard_payload, memory_order_relaxed));
}

static struct pf_pace_plan plan_unit(struct pf_sender *s)
{
	uint32_t refresh_hz = atomic_load_explicit(&s->refresh_hz, memory_order_relaxed);
	const struct pf_wire *w = s->transmit.wire;
	/* What the kernel keeps is as good as waiting here. */
	int64_t kept_ns = pf_transmit_backlog_ns(&s->transmit, pf_now_ns());
	const struct pf_pace_input in = {
		.packets = w->impl->left(w),
		.packet_bytes = w->impl->datagram_bytes(w),
		.bytes_per_s = pf_pace_rate(atomic_load_explicit(&s->bitrate_kbps, memory_order_relaxed)),
		.refresh_hz = refresh_hz,
		.waiting = (unsigned)(pf_ring_count(&s->ring) + (uint64_t)kept_ns * refresh_hz / SECOND_NS),
		.timed = s->transmit.socket.timed,
		.until_next_ns = SECOND_NS / refresh_hz,
	};
	return pf_pace_plan(&in);
}

static int send_unit(struct pf_sender *s, const struct pf_unit *unit, struct pf_transmit_times *times)
{
	if (unit->len > atomic_load_explicit(&s->max_unit_bytes, memory_order_relaxed))
		return PF_ERR_LIMIT;
	struct pf_wire *w = s->transmit.wire;
	apply_settings(s, unit->key);
	s->transmit.socket.timed = atomic_load_explicit(&s->kernel_paces, memory_order_relaxed);
	int rc = w->impl->begin(w, unit);
	if (rc < 0)
		return rc;
	struct pf_pace_plan plan = plan_unit(s);
	s->transmit.socket.train = plan.train;
	return pf_transmit_paced(&s->transmit, &plan, times);
}

static void report_sent(
	struct pf_sender *s, const struct pf_unit *unit, const struct pf_transmit_times *times)
{
	struct pf_stamps stamps = unit->stamps;
	stamps.packetise_us = US(times->packetise_ns);
	stamps.pace_us = US(times->last_ns - times->first_ns);
	stamps.send_us = US(times->send_ns);
	atomic_fetch_add_explicit(&s->units, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->unit_bytes, unit->len, memory_order_relaxed);
	if (s->params.on_sent)
		s->params.on_sent(s->params.user, unit, &stamps);
}

static void handle_unit(struct pf_sender *s, struct pf_unit *unit)
{
	if (s->failed) {
		atomic_fetch_add_explicit(&s->units_dropped, 1, memory_order_relaxed);
	} else {
		struct pf_transmit_times times = {0};
		int rc = send_unit(s, unit, &times);
		publish_counts(s);
		if (rc == PF_OK)
			report_sent(s, unit, &times);
		else if (rc == PF_ERR_IO)
			fail(s);
		else if (rc != PF_ERR_CLOSED)
			drop_unit(s, unit);
	}
	pf_unit_unref(unit);
}

/* ---- probe bursts ---- */

static void start_probe(struct pf_sender *s, int64_t now_ns)
{
	pf_filler_init(&s->filler, s->probe_kbps, s->probe_ms, now_ns);
	s->filler_accepted = s->filler_refused = 0;
	atomic_store_explicit(&s->probe_state, PROBE_RUNNING, memory_order_relaxed);
}

static void finish_probe(struct pf_sender *s, int64_t now_ns)
{
	const struct pf_probe_result result = {
		.bytes_sent = s->filler.bytes,
		.packets_sent = s->filler.units,
		.duration_ms = (uint32_t)((now_ns - s->filler.start_ns) / 1000000),
		.wire_packets_sent = (uint32_t)s->filler_accepted,
		.send_dropped = (uint32_t)s->filler_refused,
	};
	atomic_store_explicit(&s->probe_state, PROBE_IDLE, memory_order_release);
	if (s->params.on_probe_done)
		s->params.on_probe_done(s->params.user, &result);
}

static int send_filler(struct pf_sender *s)
{
	struct pf_transmit *t = &s->transmit;
	const struct pf_transmit_counts before = t->counts;
	struct pf_transmit_times times = {0};
	apply_settings(s, false);
	int rc = t->wire->impl->begin_filler(t->wire, s->filler.unit_bytes);
	if (rc == PF_OK)
		rc = pf_transmit_burst(t, SIZE_MAX, &times);
	s->filler_accepted += t->counts.datagrams - before.datagrams;
	s->filler_refused += t->counts.refused - before.refused;
	if (rc == PF_OK)
		pf_filler_sent(&s->filler);
	return rc;
}

/* One turn of a burst; when it wants the next one. */
static int64_t probe_turn(struct pf_sender *s)
{
	int state = atomic_load_explicit(&s->probe_state, memory_order_acquire);
	if (state != PROBE_REQUESTED && state != PROBE_RUNNING)
		return PF_WAKE_FOREVER;
	int64_t now_ns = pf_now_ns();
	if (state == PROBE_REQUESTED)
		start_probe(s, now_ns);
	unsigned due = s->failed ? 0 : pf_filler_due(&s->filler, now_ns);
	int rc = PF_OK;
	for (; rc == PF_OK && due > 0; due--)
		rc = send_filler(s);
	publish_counts(s);
	if (rc == PF_ERR_CLOSED)
		return now_ns; /* the thread ends, and nobody waits for the result */
	if (rc == PF_ERR_IO)
		fail(s);
	now_ns = pf_now_ns();
	if (rc < 0 || s->failed || pf_filler_over(&s->filler, now_ns)) {
		finish_probe(s, now_ns);
		return PF_WAKE_FOREVER;
	}
	return pf_filler_next_ns(&s->filler);
}

/* ---- the thread ---- */

/* Real-time priority is for threads that mostly sleep (os/thread.h), which this one does not while there is more to
 * send than it can: large pictures at high rates, or a probe burst. */
static void look_after_priority(struct pf_sender *s)
{
	if (s->calm || pf_now_ns() - s->transmit.woke_ns < AWAKE_MAX_NS)
		return;
	pf_thread_calm_down();
	s->calm = true;
}

static void wait_for_work(struct pf_sender *s, int64_t next_ns)
{
	if (next_ns <= pf_now_ns())
		return;
	if (s->calm) {
		/* The kernel's account of time awake ends with a sleep that begins with the priority. */
		pf_thread_hurry();
		pf_sleep_until_ns(pf_now_ns() + NAP_NS);
		s->calm = false;
	}
	pf_wake_wait(&s->wake, next_ns);
	s->transmit.woke_ns = pf_now_ns();
}

static void *run(void *arg)
{
	struct pf_sender *s = arg;
	pf_thread_enter("pf-send");
	if (!pf_thread_hurry())
		pf_debug("send",
			"no real-time priority; pictures may leave late while all processors are busy");
	s->transmit.woke_ns = pf_now_ns();
	while (!atomic_load_explicit(&s->stop, memory_order_acquire)) {
		struct pf_unit *unit = pf_ring_pop(&s->ring);
		if (unit)
			handle_unit(s, unit);
		int64_t next_ns = probe_turn(s);
		look_after_priority(s);
		if (!unit)
			wait_for_work(s, next_ns);
	}
	return NULL;
}

/* ---- the other threads' side ---- */

/* To this client, by the device that leads there. */
static int aim(struct pf_sender *s, const struct sockaddr *client)
{
	struct pf_reason reason = {0};
	int fd = s->transmit.socket.fd;
	int rc = pf_udp_connect(fd, client);
	if (rc < 0 || !s->params.txtime)
		return rc;
	bool paces = pf_udp_ask_times(fd, &reason) == PF_OK;
	if (!paces)
		pf_info("send", "pacing by sleeps: %s", reason.text);
	atomic_store_explicit(&s->kernel_paces, paces, memory_order_relaxed);
	return PF_OK;
}

int pf_sender_start(struct pf_sender *s, const struct sockaddr *client)
{
	int fd = s->transmit.socket.fd;
	int rc = aim(s, client);
	if (rc < 0)
		return rc;
	pf_udp_mark(fd, client, PF_UDP_CLASS_VIDEO, s->params.marking);
	rc = pf_udp_stop_receiving(fd);
	if (rc < 0)
		return rc;
	errno = pthread_create(&s->thread, NULL, run, s);
	if (errno != 0)
		return PF_ERR_IO;
	s->started = true;
	return PF_OK;
}

void pf_sender_destroy(struct pf_sender *s)
{
	if (!s)
		return;
	atomic_store_explicit(&s->stop, true, memory_order_release);
	pf_wake_signal(&s->wake);
	if (s->started)
		pthread_join(s->thread, NULL);
	struct pf_unit *unit;
	while ((unit = pf_ring_pop(&s->ring)))
		pf_unit_unref(unit);
	close(s->transmit.socket.fd);
	pf_wire_destroy(s->transmit.wire);
	free(s);
}

/* Bounded in time, not in units: a thread that cannot keep up must not put a standing delay on every picture,
 * and at high refresh rates a short stall must not cost a recovery. */
static size_t ring_limit(struct pf_sender *s)
{
	size_t units = atomic_load_explicit(&s->refresh_hz, memory_order_relaxed) / RING_PER_S;
	if (units < RING_UNITS_MIN)
		return RING_UNITS_MIN;
	return units < RING_UNITS_MAX ? units : RING_UNITS_MAX;
}

void pf_sender_submit(struct pf_sender *s, struct pf_unit *unit)
{
	if (pf_ring_count(&s->ring) < ring_limit(s) && pf_ring_push(&s->ring, unit)) {
		pf_wake_signal(&s->wake);
		return;
	}
	drop_unit(s, unit);
	pf_unit_unref(unit);
}

void pf_sender_set_fec_percent(struct pf_sender *s, unsigned percent)
{
	unsigned value = percent < PF_FEC_PERCENT_MAX ? percent : PF_FEC_PERCENT_MAX;
	atomic_store_explicit(&s->fec_percent, value, memory_order_relaxed);
}

void pf_sender_set_bitrate(struct pf_sender *s, uint32_t wire_kbps)
{
	atomic_store_explicit(&s->bitrate_kbps, wire_kbps, memory_order_relaxed);
}

void pf_sender_set_refresh(struct pf_sender *s, uint32_t refresh_hz)
{
	atomic_store_explicit(&s->refresh_hz, refresh_hz > 0 ? refresh_hz : 1, memory_order_relaxed);
}

void pf_sender_set_max_unit_bytes(struct pf_sender *s, uint32_t bytes)
{
	atomic_store_explicit(&s->max_unit_bytes, bytes, memory_order_relaxed);
}

void pf_sender_set_shard_payload(struct pf_sender *s, unsigned shard_payload)
{
	atomic_store_explicit(&s->shard_payload, shard_payload, memory_order_relaxed);
}

int pf_sender_redirect(struct pf_sender *s, const struct sockaddr *client)
{
	return aim(s, client);
}

bool pf_sender_probe(struct pf_sender *s, uint32_t target_kbps, uint32_t duration_ms)
{
	if (!s->transmit.wire->impl->begin_filler)
		return false;
	int idle = PROBE_IDLE;
	if (!atomic_compare_exchange_strong_explicit(
		    &s->probe_state, &idle, PROBE_CLAIMED, memory_order_acquire, memory_order_relaxed))
		return false;
	s->probe_kbps = target_kbps;
	s->probe_ms = duration_ms;
	atomic_store_explicit(&s->probe_state, PROBE_REQUESTED, memory_order_release);
	pf_wake_signal(&s->wake);
	return true;
}

void pf_sender_get_stats(struct pf_sender *s, struct pf_sender_stats *out)
{
	*out = (struct pf_sender_stats){
		.units = atomic_load_explicit(&s->units, memory_order_relaxed),
		.unit_bytes = atomic_load_explicit(&s->unit_bytes, memory_order_relaxed),
		.datagrams = atomic_load_explicit(&s->datagrams, memory_order_relaxed),
		.datagrams_refused = atomic_load_explicit(&s->refused, memory_order_relaxed),
		.datagrams_test_dropped = atomic_load_explicit(&s->test_dropped, memory_order_relaxed),
		.units_dropped = atomic_load_explicit(&s->units_dropped, memory_order_relaxed),
		.send_calls = atomic_load_explicit(&s->calls, memory_order_relaxed),
	};
}
