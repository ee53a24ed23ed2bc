/* The whole media path over loopback: what the sender's thread sends, losses included, is what the client's
 * receiver puts together again. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/receiver.h"
#include "os/clock.h"
#include "packet/packetiser.h"
#include "send/sender.h"
#include "support/loopback.h"

#define UNITS   60
#define WAIT_MS 3000

static const uint8_t key[32] = {1, 2, 3, 4, 9};
static const uint8_t salt[4] = {5, 6, 7, 8};

struct path {
	struct pf_sender *sender;
	struct pf_receiver *receiver;
	struct pf_udp_receiver *datagrams;
	int client;
	_Atomic unsigned sent; /* units */
	unsigned delivered, repaired;
};

static size_t unit_len(uint32_t index)
{
	return index % 7 == 0 ? 300000 : 1 + index * 1713 % 60000;
}

static uint8_t unit_byte(uint32_t index, size_t at)
{
	return (uint8_t)(at * 31 + at / 1408 + index);
}

static void on_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct path *p = user;
	atomic_fetch_add(&p->sent, 1);
}

static void on_unit(void *user, const struct pf_received_unit *unit)
{
	struct path *p = user;
	assert_int_equal(unit->len, unit_len(unit->frame_index));
	assert_int_equal(unit->user_flags, PF_UNIT_PIC);
	for (size_t i = 0; i < unit->len; i++) {
		if (unit->data[i] != unit_byte(unit->frame_index, i))
			fail_msg("unit %u differs at byte %zu", unit->frame_index, i);
	}
	p->delivered++;
	p->repaired += unit->shards_repaired > 0;
}

static void on_lost(void *user, uint32_t frame_index)
{
	fail_msg("unit %u was lost", frame_index);
}

static void path_start(struct path *p, enum pf_cipher cipher, unsigned drop_percent)
{
	struct sockaddr_in host, client;
	struct pf_sender_params sending = {
		.fd = open_loopback(&host),
		.cipher = cipher,
		.key = key,
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.fec_percent = 50,
		.bitrate_kbps = 1000000,
		.refresh_hz = 240,
		.drop_percent = drop_percent,
		.gso = cipher == PF_CIPHER_AES128_GCM, /* so both with trains and without */
		.two_parity_shards = true,
		.on_sent = on_sent,
		.user = p,
	};
	struct pf_receiver_params receiving = {
		.sealed = true,
		.cipher = cipher,
		.key = key,
		.fec_scheme = 1,
		.fec_percent = 50,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.max_unit_bytes = 8 << 20,
	};
	static const struct pf_receiver_events events = {.on_unit = on_unit, .on_lost = on_lost};
	memcpy(sending.salt, salt, sizeof(salt));
	memcpy(receiving.salt, salt, sizeof(salt));
	p->client = open_loopback(&client);
	assert_int_equal(pf_udp_connect(p->client, (void *)&host), PF_OK);
	pf_udp_receive_trains(p->client);
	assert_int_equal(pf_udp_receiver_create(&p->datagrams, 9216), PF_OK);
	assert_int_equal(pf_receiver_create(&p->receiver, &receiving, &events, p), PF_OK);
	assert_int_equal(pf_sender_create(&p->sender, &sending), PF_OK);
	assert_int_equal(pf_sender_start(p->sender, (void *)&client), PF_OK);
}

static void path_finish(struct path *p)
{
	pf_sender_destroy(p->sender);
	pf_receiver_destroy(p->receiver);
	pf_udp_receiver_destroy(p->datagrams);
	close(p->client);
}

static void on_release(struct pf_unit *unit, void *owner)
{
	free(unit->data);
	free(unit);
}

static void submit(struct path *p, uint32_t index)
{
	struct pf_unit *u = calloc(1, sizeof(*u));
	size_t len = unit_len(index);
	assert_non_null(u);
	u->data = calloc(1, len + PF_UNIT_PADDING);
	assert_non_null(u->data);
	for (size_t i = 0; i < len; i++)
		u->data[i] = unit_byte(index, i);
	u->len = len;
	u->frame_index = index;
	u->pts_ns = index * 4000000ull;
	u->on_release = on_release;
	atomic_init(&u->refs, 1);
	pf_sender_submit(p->sender, u);
}

/* Feeds what arrives until the unit was delivered. */
static void receive_until(struct path *p, unsigned delivered)
{
	struct pollfd wait = {.fd = p->client, .events = POLLIN};
	while (p->delivered < delivered) {
		if (poll(&wait, 1, WAIT_MS) != 1)
			fail_msg("unit %u did not come", p->delivered);
		pf_udp_receive_batch(p->datagrams, p->client);
		struct pf_udp_datagram d;
		while (pf_udp_next(p->datagrams, &d))
			pf_receiver_feed(p->receiver, d.data, d.len, pf_now_ns());
	}
}

static void all_units_arrive(enum pf_cipher cipher, unsigned drop_percent)
{
	struct path *p = calloc(1, sizeof(*p));
	struct pf_receiver_stats stats;
	path_start(p, cipher, drop_percent);
	for (uint32_t i = 0; i < UNITS; i++) {
		submit(p, i);
		receive_until(p, i + 1);
	}
	pf_receiver_get_stats(p->receiver, &stats);
	assert_int_equal(p->delivered, UNITS);
	assert_true(stats.auth_failed == 0 && stats.malformed == 0 && stats.replayed == 0);
	if (drop_percent > 0)
		assert_in_range(p->repaired, UNITS / 4, UNITS);
	else
		assert_true(stats.recovered == stats.late);
	path_finish(p);
	free(p);
}

static void a_clean_path_delivers_all(void **state)
{
	all_units_arrive(PF_CIPHER_AES128_GCM, 0);
	all_units_arrive(PF_CIPHER_CHACHA20_POLY1305, 0);
}

/* The knob loses the same datagrams in every run; at 7 % no unit loses more than its parity. */
static void lost_datagrams_are_repaired(void **state)
{
	all_units_arrive(PF_CIPHER_AES128_GCM, 7);
	all_units_arrive(PF_CIPHER_CHACHA20_POLY1305, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_path_delivers_all),
		cmocka_unit_test(lost_datagrams_are_repaired),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
