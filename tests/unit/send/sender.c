#include "send/sender.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "packet/packetiser.h"
#include "support/loopback.h"

#define PERCENT     20
#define KEY_PERCENT 40 /* twice that, for IDRs */
#define WAIT_MS     5000

static const uint8_t key[16] = {1, 2, 3, 4};
static const uint8_t salt[4] = {5, 6, 7, 8};

/* What the callbacks saw; a count is raised after what belongs to it was written. */
struct seen {
	_Atomic unsigned sent, dropped, probes, failed, released;
	struct pf_stamps stamps; /* of the last unit sent */
	struct pf_probe_result probe;
};

/* A sender and the socket of its client. */
struct link {
	struct pf_sender *sender;
	int client;
	struct sockaddr_in client_address;
	struct seen seen;
};

static void on_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct seen *s = user;
	s->stamps = *stamps;
	atomic_fetch_add(&s->sent, 1);
}

static void on_dropped(void *user, const struct pf_unit *unit)
{
	struct seen *s = user;
	atomic_fetch_add(&s->dropped, 1);
}

static void on_probe_done(void *user, const struct pf_probe_result *result)
{
	struct seen *s = user;
	s->probe = *result;
	atomic_fetch_add(&s->probes, 1);
}

static void on_failed(void *user, int error)
{
	struct seen *s = user;
	assert_int_equal(error, ENOTSOCK);
	atomic_fetch_add(&s->failed, 1);
}

static void wait_for(_Atomic unsigned *count, unsigned wanted)
{
	int64_t end = pf_now_ns() + WAIT_MS * INT64_C(1000000);
	while (atomic_load(count) < wanted && pf_now_ns() < end)
		pf_sleep_until_ns(pf_now_ns() + 500000);
	assert_int_equal(atomic_load(count), wanted);
}

static struct pf_sender_params usual(struct link *l)
{
	struct pf_sender_params p = {
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.fec_percent = PERCENT,
		.bitrate_kbps = 2000000,
		.refresh_hz = 120,
		.on_sent = on_sent,
		.on_dropped = on_dropped,
		.on_probe_done = on_probe_done,
		.on_failed = on_failed,
		.user = &l->seen,
	};
	memcpy(p.salt, salt, sizeof(salt));
	return p;
}

/* Creates the sender; it does not run yet. */
static void link_create(struct link *l, struct pf_sender_params params)
{
	struct sockaddr_in host;
	params.fd = open_loopback(&host);
	l->client = open_loopback(&l->client_address);
	assert_int_equal(pf_udp_connect(l->client, (void *)&host), PF_OK);
	assert_int_equal(pf_sender_create(&l->sender, &params), PF_OK);
}

static void link_start(struct link *l)
{
	assert_int_equal(pf_sender_start(l->sender, (void *)&l->client_address), PF_OK);
}

static void link_destroy(struct link *l)
{
	pf_sender_destroy(l->sender);
	close(l->client);
}

static void on_release(struct pf_unit *unit, void *owner)
{
	struct seen *s = owner;
	free(unit->data);
	free(unit);
	atomic_fetch_add(&s->released, 1);
}

static struct pf_unit *make_unit(struct link *l, size_t len, uint32_t index)
{
	struct pf_unit *u = calloc(1, sizeof(*u));
	assert_non_null(u);
	u->data = calloc(1, len + PF_UNIT_PADDING);
	assert_non_null(u->data);
	for (size_t i = 0; i < len; i++)
		u->data[i] = (uint8_t)(i * 7 + index);
	u->len = len;
	u->frame_index = index;
	u->pts_ns = 1000 + index;
	u->key = index == 0;
	u->repeat = index == 2;
	u->recovery_anchor = index == 3;
	u->stamps.encode_us = 77;
	u->on_release = on_release;
	u->owner = &l->seen;
	atomic_init(&u->refs, 1);
	return u;
}

/* One datagram, or fails after a while. */
static size_t receive(struct link *l, uint8_t *out, size_t cap)
{
	struct pollfd p = {.fd = l->client, .events = POLLIN};
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	ssize_t n = recv(l->client, out, cap, 0);
	assert_true(n > 0);
	return (size_t)n;
}

static bool silent(struct link *l)
{
	struct pollfd p = {.fd = l->client, .events = POLLIN};
	return poll(&p, 1, 0) == 0;
}

/* The same unit cut and sealed by hand gives the bytes that must arrive, in that order. */
static void expect_unit(struct link *l, struct pf_packetiser *reference, struct pf_seal *seal, uint64_t *seq,
	const struct pf_unit *u, uint32_t flags)
{
	const struct pf_cut cut = {
		.data = u->data,
		.len = u->len,
		.frame_index = u->frame_index,
		.user_flags = flags,
		.pts_ns = u->pts_ns,
	};
	struct pf_batch b;
	uint8_t got[9216];
	assert_int_equal(pf_packetiser_begin(reference, &cut), PF_OK);
	while (pf_packetiser_next(reference, PF_BATCH_MAX, &b) == PF_OK && b.count > 0) {
		for (unsigned i = 0; i < b.count; i++) {
			pf_seal_datagram(seal, (*seq)++, b.datagram[i], pf_batch_plain_bytes(&b));
			assert_int_equal(receive(l, got, sizeof(got)), b.datagram_bytes);
			assert_memory_equal(got, b.datagram[i], b.datagram_bytes);
		}
	}
}

/* What the sender is told of the device's queue. */
static int way_out;

int __wrap_pf_egress_has_qdisc(int fd, const char *kind);
int __wrap_pf_egress_has_qdisc(int fd, const char *kind)
{
	return way_out;
}

static void everything_arrives_as_the_reference_says(bool gso, bool txtime)
{
	static const size_t len[] = {60000, 1, 1408, 0, 150000};
	static const uint32_t flags[] = {PF_UNIT_PIC | PF_UNIT_KEY, PF_UNIT_PIC, PF_UNIT_PIC | PF_UNIT_REPEAT,
		PF_UNIT_PIC | PF_UNIT_RECOVERY_ANCHOR, PF_UNIT_PIC};
	struct link *l = calloc(1, sizeof(*l));
	struct pf_sender_params params = usual(l);
	params.gso = gso;
	params.txtime = txtime;
	link_create(l, params);
	link_start(l);

	struct pf_packetiser *reference;
	struct pf_seal *seal;
	const struct pf_packetiser_params cutting = {
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.fec_percent = KEY_PERCENT,
	};
	assert_int_equal(pf_packetiser_create(&reference, &cutting), PF_OK);
	assert_int_equal(pf_seal_create(&seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	uint64_t seq = 0;
	size_t bytes = 0;
	for (uint32_t i = 0; i < 5; i++) {
		struct pf_unit *u = pf_unit_ref(make_unit(l, len[i], i));
		pf_sender_submit(l->sender, u);
		expect_unit(l, reference, seal, &seq, u, flags[i]);
		bytes += len[i];
		wait_for(&l->seen.sent, i + 1);
		pf_unit_unref(u);
		if (i == 0)
			assert_int_equal(pf_packetiser_set_fec_percent(reference, PERCENT), PF_OK);
		if (i == 2) {
			/* New settings hold from the next unit on. */
			pf_sender_set_fec_percent(l->sender, 40);
			pf_sender_set_shard_payload(l->sender, 1200);
			assert_int_equal(pf_packetiser_set_fec_percent(reference, 40), PF_OK);
			assert_int_equal(pf_packetiser_set_shard_payload(reference, 1200), PF_OK);
		}
	}
	assert_true(silent(l));
	wait_for(&l->seen.released, 5);

	struct pf_sender_stats stats;
	pf_sender_get_stats(l->sender, &stats);
	assert_true(stats.units == 5 && stats.unit_bytes == bytes);
	assert_true(stats.datagrams == seq);
	assert_true(stats.datagrams_refused == 0 && stats.datagrams_test_dropped == 0);
	assert_true(stats.send_calls >= 5 && stats.send_calls <= 5 + seq / 16);
	assert_int_equal(l->seen.stamps.encode_us, 77);
	assert_true(l->seen.stamps.pace_us >= l->seen.stamps.send_us);
	link_destroy(l);
	pf_seal_destroy(seal);
	pf_packetiser_destroy(reference);
	free(l);
}

static void units_arrive_as_the_reference_says(void **state)
{
	everything_arrives_as_the_reference_says(false, false);
}

static void units_arrive_the_same_in_trains(void **state)
{
	everything_arrives_as_the_reference_says(true, false);
}

/* Loopback has no queue, so that times hold nothing back; the kernel takes them all the same. */
static void units_arrive_the_same_with_times(void **state)
{
	way_out = 1;
	everything_arrives_as_the_reference_says(true, true);
	everything_arrives_as_the_reference_says(false, true);
	way_out = 0; /* the thread sleeps instead */
	everything_arrives_as_the_reference_says(true, true);
}

/* Two runs lose the same datagrams, about as many as asked for, and the sequence shows the holes. */
static void the_drop_knob_loses_what_it_counts(void **state)
{
	uint64_t dropped[2];
	for (int run = 0; run < 2; run++) {
		struct link *l = calloc(1, sizeof(*l));
		struct pf_sender_params params = usual(l);
		params.drop_percent = 30;
		link_create(l, params);
		link_start(l);
		uint64_t got = 0;
		uint8_t d[2048];
		for (uint32_t i = 0; i < 20; i++) {
			pf_sender_submit(l->sender, make_unit(l, 50000, i));
			wait_for(&l->seen.sent, i + 1);
			struct pf_sender_stats now;
			pf_sender_get_stats(l->sender, &now);
			for (; got < now.datagrams; got++)
				receive(l, d, sizeof(d));
		}
		assert_true(silent(l));
		struct pf_sender_stats stats;
		pf_sender_get_stats(l->sender, &stats);
		uint64_t all = 36 + 15 + UINT64_C(19) * (36 + 8);
		assert_true(stats.datagrams == got);
		assert_true(stats.datagrams + stats.datagrams_test_dropped == all);
		assert_in_range(stats.datagrams_test_dropped, all * 25 / 100, all * 35 / 100);
		dropped[run] = stats.datagrams_test_dropped;
		link_destroy(l);
		free(l);
	}
	assert_true(dropped[0] == dropped[1]);
}

static void a_full_ring_drops_whole_units(void **state)
{
	/* 50 ms of units, within bounds. */
	static const struct {
		uint32_t refresh_hz;
		unsigned held;
	} row[] = {{1, 4}, {60, 4}, {120, 6}, {240, 12}, {1000, 16}};
	for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
		struct link *l = calloc(1, sizeof(*l));
		link_create(l, usual(l));
		pf_sender_set_refresh(l->sender, row[r].refresh_hz);
		unsigned held = row[r].held;
		for (uint32_t i = 0; i < held + 3; i++)
			pf_sender_submit(l->sender, make_unit(l, 100, i));
		assert_int_equal(atomic_load(&l->seen.dropped), 3);
		assert_int_equal(atomic_load(&l->seen.released), 3);
		link_start(l);
		wait_for(&l->seen.sent, held);
		wait_for(&l->seen.released, held + 3);
		struct pf_sender_stats stats;
		pf_sender_get_stats(l->sender, &stats);
		assert_true(stats.units == held && stats.units_dropped == 3);
		link_destroy(l);
		free(l);
	}
}

static void a_unit_too_large_for_the_client_is_dropped_whole(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	link_create(l, usual(l));
	link_start(l);
	pf_sender_set_max_unit_bytes(l->sender, 5000);
	pf_sender_submit(l->sender, make_unit(l, 5001, 0));
	wait_for(&l->seen.dropped, 1);
	wait_for(&l->seen.released, 1);
	assert_true(silent(l));
	pf_sender_submit(l->sender, make_unit(l, 5000, 1));
	wait_for(&l->seen.sent, 1);
	link_destroy(l);
	free(l);
}

/* Reads what waits and counts filler datagrams and video datagrams apart. */
static void count_kinds(struct link *l, struct pf_seal *seal, uint64_t *filler, uint64_t *video)
{
	uint8_t d[2048];
	while (!silent(l)) {
		struct pf_packet_header h;
		uint64_t seq;
		size_t n = receive(l, d, sizeof(d)), len;
		assert_int_equal(pf_seal_open(seal, d, n, &seq, &len), PF_OK);
		assert_int_equal(pf_packet_header_read(&h, d + PF_SEAL_SEQ_BYTES, len), PF_OK);
		if (h.user_flags == PF_UNIT_PROBE)
			(*filler)++;
		else
			(*video)++;
	}
}

static void a_probe_is_reported_and_video_goes_on(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	struct pf_seal *seal;
	uint64_t filler = 0, video = 0;
	assert_int_equal(pf_seal_create(&seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	link_create(l, usual(l));
	link_start(l);
	assert_true(pf_sender_probe(l->sender, 20000, 300));
	assert_false(pf_sender_probe(l->sender, 20000, 300));
	for (uint32_t i = 0; i < 4; i++) {
		pf_sender_submit(l->sender, make_unit(l, 1000, i));
		wait_for(&l->seen.sent, i + 1);
		count_kinds(l, seal, &filler, &video);
	}
	while (atomic_load(&l->seen.probes) == 0) {
		struct pollfd p = {.fd = l->client, .events = POLLIN};
		poll(&p, 1, 10);
		count_kinds(l, seal, &filler, &video);
	}
	const struct pf_probe_result *r = &l->seen.probe;
	while (filler < r->wire_packets_sent || video < 8) {
		struct pollfd p = {.fd = l->client, .events = POLLIN};
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		count_kinds(l, seal, &filler, &video);
	}
	assert_true(r->packets_sent > 0);
	assert_true(r->bytes_sent == (uint64_t)r->packets_sent * 10416);
	assert_true(r->bytes_sent <= 750000);
	assert_true(r->duration_ms >= 300);
	assert_int_equal(r->wire_packets_sent, r->packets_sent * (8 + 2));
	assert_int_equal(r->send_dropped, 0);
	assert_true(filler == r->wire_packets_sent);
	assert_true(video == 8);
	/* Another one may start as soon as this one was reported. */
	assert_true(pf_sender_probe(l->sender, 1000, 1));
	wait_for(&l->seen.probes, 2);
	link_destroy(l);
	pf_seal_destroy(seal);
	free(l);
}

static void a_client_that_is_gone_is_no_failure(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	link_create(l, usual(l));
	link_start(l);
	close(l->client);
	struct pf_sender_stats stats;
	for (uint32_t i = 0; i < 8; i++) {
		pf_sender_submit(l->sender, make_unit(l, 20000, i));
		wait_for(&l->seen.sent, i + 1);
	}
	pf_sender_get_stats(l->sender, &stats);
	assert_true(stats.datagrams_refused > 0);
	assert_true(stats.datagrams + stats.datagrams_refused == 15 + 6 + UINT64_C(7) * (15 + 3));
	assert_int_equal(atomic_load(&l->seen.failed), 0);
	l->client = -1;
	link_destroy(l);
	free(l);
}

static void a_failed_socket_is_told_once(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	struct pf_sender_params params = usual(l);
	struct sockaddr_in host;
	int reader[2];
	l->client = open_loopback(&l->client_address);
	params.fd = open_loopback(&host);
	assert_int_equal(pf_sender_create(&l->sender, &params), PF_OK);
	link_start(l);
	/* The descriptor's number stays, what is behind it can no longer send datagrams. */
	assert_int_equal(pipe(reader), 0);
	assert_true(dup2(reader[0], params.fd) == params.fd);
	for (uint32_t i = 0; i < 3; i++)
		pf_sender_submit(l->sender, make_unit(l, 20000, i));
	wait_for(&l->seen.released, 3);
	assert_int_equal(atomic_load(&l->seen.failed), 1);
	assert_int_equal(atomic_load(&l->seen.sent), 0);
	close(reader[0]);
	close(reader[1]);
	link_destroy(l);
	free(l);
}

/* Units in the ring, one in the middle of a long pace, a probe under way: destroy takes them all with it. */
static void teardown_gives_every_unit_back(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	struct pf_sender_params params = usual(l);
	params.bitrate_kbps = 500;
	params.refresh_hz = 1;
	link_create(l, params);
	link_start(l);
	assert_true(pf_sender_probe(l->sender, 1000, 5000));
	for (uint32_t i = 0; i < 2; i++)
		pf_sender_submit(l->sender, make_unit(l, 400000, i));
	uint8_t d[2048];
	receive(l, d, sizeof(d));
	link_destroy(l);
	assert_int_equal(atomic_load(&l->seen.released), 2);
	assert_int_equal(atomic_load(&l->seen.probes), 0);
	pf_sender_destroy(NULL);
	free(l);
}

/* Twice the parity of other pictures, at most half the data, never less than theirs, none where there is none. */
static void an_idr_has_more_parity(void **state)
{
	static const struct {
		unsigned percent, idr_datagrams, other_datagrams;
	} row[] = {{0, 10, 10}, {10, 12, 11}, {30, 15, 13}, {60, 16, 16}};
	struct link *l = calloc(1, sizeof(*l));
	link_create(l, usual(l));
	link_start(l);
	for (unsigned r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
		struct pf_sender_stats before, idr, other;
		pf_sender_set_fec_percent(l->sender, row[r].percent);
		pf_sender_get_stats(l->sender, &before);
		pf_sender_submit(l->sender, make_unit(l, (size_t)10 * PF_SHARD_DEFAULT_IPV4, 0));
		wait_for(&l->seen.sent, 2 * r + 1);
		pf_sender_get_stats(l->sender, &idr);
		pf_sender_submit(l->sender, make_unit(l, (size_t)10 * PF_SHARD_DEFAULT_IPV4, 1));
		wait_for(&l->seen.sent, 2 * r + 2);
		pf_sender_get_stats(l->sender, &other);
		assert_int_equal(idr.datagrams - before.datagrams, row[r].idr_datagrams);
		assert_int_equal(other.datagrams - idr.datagrams, row[r].other_datagrams);
	}
	link_destroy(l);
	free(l);
}

static void bad_parameters_leave_the_socket_to_the_caller(void **state)
{
	struct link l = {0};
	struct pf_sender *s = NULL;
	struct pf_sender_params params = usual(&l);
	static const uint8_t zero[16];
	params.fd = open_loopback(&l.client_address);
	params.key = zero;
	assert_int_equal(pf_sender_create(&s, &params), PF_ERR_INVALID);
	params.key = key;
	params.drop_percent = 91;
	assert_int_equal(pf_sender_create(&s, &params), PF_ERR_INVALID);
	params.drop_percent = 0;
	params.shard_payload = 1407;
	assert_int_equal(pf_sender_create(&s, &params), PF_ERR_INVALID);
	assert_int_equal(close(params.fd), 0);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_arrive_as_the_reference_says),
		cmocka_unit_test(units_arrive_the_same_in_trains),
		cmocka_unit_test(units_arrive_the_same_with_times),
		cmocka_unit_test(the_drop_knob_loses_what_it_counts),
		cmocka_unit_test(an_idr_has_more_parity),
		cmocka_unit_test(a_full_ring_drops_whole_units),
		cmocka_unit_test(a_unit_too_large_for_the_client_is_dropped_whole),
		cmocka_unit_test(a_probe_is_reported_and_video_goes_on),
		cmocka_unit_test(a_client_that_is_gone_is_no_failure),
		cmocka_unit_test(a_failed_socket_is_told_once),
		cmocka_unit_test(teardown_gives_every_unit_back),
		cmocka_unit_test(bad_parameters_leave_the_socket_to_the_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
