#include "quiet_stream.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/receiver.h"
#include "media/unit_pool.h"
#include "os/clock.h"
#include "os/thread.h"
#include "os/wake.h"
#include "packet/packetiser.h"
#include "send/sender.h"
#include "support/loopback.h"
#include "support/vectors.h"

/* 20 Mbit/s at 60 Hz, with an IDR now and then. */
#define UNIT_MEAN    41000
#define UNIT_SPREAD  25000 /* above and below */
#define KEY_EVERY    100
#define KEY_BYTES    140000 /* with parity and overhead less than the usual 416 KiB of a receive buffer hold */
#define SHARD        PF_SHARD_DEFAULT_IPV4
#define PERCENT      20
#define DROP_PERCENT 2
#define GS_PACKET    1392
#define BITRATE_KBPS 2500000 /* so much that the pacer never sleeps */
#define REFRESH_HZ   60
#define MEMORY_UNITS 4
#define IDLE_MS      50
#define STALLED_NS   INT64_C(10000000000)

static const uint8_t key[16] = {1, 2, 3, 4, 9};
static const uint8_t salt[4] = {5, 6, 7, 8};

struct stream {
	struct quiet_stream_params params;
	struct pf_sender *sender;
	struct pf_receiver *receiver;
	struct pf_udp_receiver *datagrams;
	struct pf_unit_pool *pool;
	struct pf_unit unit[MEMORY_UNITS];
	uint8_t pattern[KEY_BYTES + 256];
	int client;
	pthread_t receiving;
	_Atomic bool stop;
	struct pf_wake moved; /* the main thread, by both others */
	_Atomic unsigned sent;
	_Atomic uint64_t sent_datagrams, received_datagrams;
	struct quiet_result result;
};

static size_t unit_len(uint32_t index)
{
	uint64_t random = index + 1;
	if (index % KEY_EVERY == 0)
		return KEY_BYTES;
	return UNIT_MEAN - UNIT_SPREAD + random_next(&random) % (2 * UNIT_SPREAD);
}

static const uint8_t *unit_bytes(const struct stream *s, uint32_t index)
{
	return s->pattern + index % 256;
}

/* ---- the send thread ---- */

static void on_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct stream *s = user;
	struct pf_sender_stats stats;
	unsigned sent = unit->frame_index + 1;
	if (sent == QUIET_WARM_UP)
		quiet_calls_begin();
	if (sent == s->params.units)
		quiet_calls_end(&s->result.send);
	pf_sender_get_stats(s->sender, &stats);
	atomic_store(&s->sent_datagrams, stats.datagrams);
	atomic_store(&s->sent, sent);
	pf_wake_signal(&s->moved);
}

/* ---- the receiving thread ---- */

static void on_unit(void *user, const struct pf_received_unit *unit)
{
	struct stream *s = user;
	bool same = unit->len == unit_len(unit->frame_index) &&
		    memcmp(unit->data, unit_bytes(s, unit->frame_index), unit->len) == 0;
	s->result.delivered += same;
	s->result.repaired += unit->shards_repaired > 0;
}

static void receive_some(struct stream *s)
{
	struct pollfd wait = {.fd = s->client, .events = POLLIN};
	if (poll(&wait, 1, IDLE_MS) != 1)
		return;
	int n = pf_udp_receive_batch(s->datagrams, s->client);
	for (struct pf_udp_datagram d; s->receiver && pf_udp_next(s->datagrams, &d);)
		pf_receiver_feed(s->receiver, d.data, d.len, pf_now_ns());
	if (n > 0)
		atomic_fetch_add(&s->received_datagrams, (uint64_t)n);
	pf_wake_signal(&s->moved);
}

static void *receive(void *user)
{
	struct stream *s = user;
	pf_thread_enter("quiet-receive");
	while (atomic_load(&s->sent) < QUIET_WARM_UP)
		receive_some(s);
	quiet_calls_begin();
	while (!atomic_load(&s->stop))
		receive_some(s);
	quiet_calls_end(&s->result.receive);
	return NULL;
}

/* ---- the test's own thread, in the place of the encoder ---- */

static void create_receiver(struct stream *s)
{
	static const struct pf_receiver_events events = {.on_unit = on_unit};
	struct pf_receiver_params params = {
		.sealed = true,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.fec_scheme = 1,
		.fec_percent = PERCENT,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.shard_payload = SHARD,
		.max_unit_bytes = 8 << 20,
	};
	memcpy(params.salt, salt, sizeof(salt));
	assert_int_equal(pf_receiver_create(&s->receiver, &params, &events, s), PF_OK);
}

static void create_sender(struct stream *s, int fd)
{
	struct pf_sender_params params = {
		.fd = fd,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.shard_payload = SHARD,
		.fec_percent = PERCENT,
		.bitrate_kbps = BITRATE_KBPS,
		.refresh_hz = REFRESH_HZ,
		.gso = s->params.gso,
		.drop_percent = DROP_PERCENT,
		.two_parity_shards = true,
		.on_sent = on_sent,
		.user = s,
	};
	const struct pf_wire_gamestream_params gamestream = {
		.packet_size = GS_PACKET, .fec_percent = PERCENT, .min_parity = 2, .key = key};
	memcpy(params.salt, salt, sizeof(salt));
	if (s->params.gamestream)
		assert_int_equal(pf_wire_gamestream_create(&params.wire, &gamestream), PF_OK);
	assert_int_equal(pf_sender_create(&s->sender, &params), PF_OK);
}

static void on_release(struct pf_unit *unit, void *owner)
{
}

static void create_units(struct stream *s)
{
	uint64_t random = 20;
	random_fill(&random, s->pattern, sizeof(s->pattern));
	assert_int_equal(pf_unit_pool_create(&s->pool, KEY_BYTES, MEMORY_UNITS), PF_OK);
	for (unsigned i = 0; i < MEMORY_UNITS; i++) {
		s->unit[i].data = calloc(1, KEY_BYTES + PF_UNIT_PADDING);
		s->unit[i].on_release = on_release;
		assert_non_null(s->unit[i].data);
	}
}

/* Units are sent one after the other: the last of MEMORY_UNITS is out of use when the one before this was sent. */
static struct pf_unit *take_unit(struct stream *s, uint32_t index)
{
	struct pf_unit *u = &s->unit[index % MEMORY_UNITS];
	if (s->params.pooled)
		assert_int_equal(pf_unit_pool_take(s->pool, &u), PF_OK);
	else
		atomic_store(&u->refs, 1);
	u->len = unit_len(index);
	memcpy(u->data, unit_bytes(s, index), u->len);
	memset(u->data + u->len, 0, PF_UNIT_PADDING);
	u->frame_index = index;
	u->key = index % KEY_EVERY == 0;
	u->pts_ns = index * UINT64_C(1000000000) / REFRESH_HZ;
	return u;
}

/* One unit on its way at a time: the receive buffer holds it even where it is small and the receiver late. */
static void wait_until_arrived(struct stream *s, unsigned units)
{
	int64_t end_ns = pf_now_ns() + STALLED_NS;
	while (atomic_load(&s->sent) != units ||
		atomic_load(&s->received_datagrams) != atomic_load(&s->sent_datagrams)) {
		if (pf_now_ns() > end_ns)
			fail_msg("unit %u did not arrive", units - 1);
		pf_wake_wait(&s->moved, end_ns);
	}
}

static void open_stream(struct stream *s)
{
	struct sockaddr_in host, client;
	int fd = open_loopback(&host);
	s->client = open_loopback(&client);
	assert_int_equal(pf_udp_connect(s->client, (void *)&host), PF_OK);
	assert_int_equal(pf_udp_receiver_create(&s->datagrams, 2048), PF_OK);
	if (!s->params.gamestream)
		create_receiver(s);
	create_sender(s, fd);
	create_units(s);
	assert_int_equal(pthread_create(&s->receiving, NULL, receive, s), 0);
	assert_int_equal(pf_sender_start(s->sender, (void *)&client), PF_OK);
}

static void close_stream(struct stream *s)
{
	struct pf_sender_stats stats;
	pf_sender_get_stats(s->sender, &stats);
	s->result.datagrams = stats.datagrams;
	s->result.test_dropped = stats.datagrams_test_dropped;
	s->result.counted = s->params.units - QUIET_WARM_UP;
	atomic_store(&s->stop, true);
	pthread_join(s->receiving, NULL);
	pf_sender_destroy(s->sender);
	pf_receiver_destroy(s->receiver);
	pf_udp_receiver_destroy(s->datagrams);
	close(s->client);
	for (unsigned i = 0; i < MEMORY_UNITS; i++)
		free(s->unit[i].data);
	pf_unit_pool_destroy(s->pool);
}

void quiet_stream_run(const struct quiet_stream_params *params, struct quiet_result *out)
{
	struct stream *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->params = *params;
	open_stream(s);
	for (uint32_t i = 0; i < params->units; i++) {
		pf_sender_submit(s->sender, take_unit(s, i));
		wait_until_arrived(s, i + 1);
	}
	close_stream(s);
	*out = s->result;
	free(s);
}
