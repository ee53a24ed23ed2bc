#include <string.h>

#include "net/quic_datagrams.h"
#include "pair.h"

static bool both_got_datagrams(struct pair *p)
{
	return p->client.datagrams == 1 && p->at_host[0].datagrams == 1;
}

static void datagrams_go_both_ways(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	start_client(p, &p->client);
	assert_int_equal(pf_quic_datagram_max(p->client.q), 0);
	assert_int_equal(pf_quic_datagram_send(p->client.q, "x", 1), PF_ERR_LIMIT);
	run_until(p, both_connected);
	assert_true(pf_quic_datagram_max(p->client.q) >= 1150);
	assert_int_equal(pf_quic_datagram_send(p->client.q, "up", 2), PF_OK);
	assert_int_equal(pf_quic_datagram_send(p->at_host[0].q, "down", 4), PF_OK);
	run_until(p, both_got_datagrams);
	assert_int_equal(p->client.datagram_len, 4);
	assert_memory_equal(p->client.datagram, "down", 4);
	assert_memory_equal(p->at_host[0].datagram, "up", 2);
}

static bool host_got_one(struct pair *p)
{
	return p->at_host[0].datagrams > 0;
}

static void the_largest_passes_and_one_more_byte_does_not(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	uint8_t data[2048];
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	size_t max = pf_quic_datagram_max(p->client.q);
	assert_int_equal(pf_quic_datagram_send(p->client.q, data, max + 1), PF_ERR_LIMIT);
	assert_int_equal(pf_quic_datagram_send(p->client.q, data, max), PF_OK);
	run_until(p, host_got_one);
	assert_int_equal(p->at_host[0].datagram_len, max);
	assert_memory_equal(p->at_host[0].datagram, data, max);
}

static bool newest_arrived(struct pair *p)
{
	return p->at_host[0].datagram_len > 0 && p->at_host[0].datagram[0] == 99;
}

/* Queued in one turn, before anything can be sent: only the newest 4 KiB go out. */
static void the_oldest_are_dropped(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	uint8_t data[500];
	for (unsigned i = 0; i < 100; i++) {
		memset(data, (int)i, sizeof(data));
		assert_int_equal(pf_quic_datagram_send(p->client.q, data, sizeof(data)), PF_OK);
	}
	run_until(p, newest_arrived);
	assert_in_range(p->at_host[0].datagrams, 4, PF_QUIC_DATAGRAM_QUEUE_BYTES / sizeof(data));
}

static void reflect(struct end *e)
{
	assert_int_equal(pf_quic_datagram_send(e->q, e->datagram, e->datagram_len), PF_OK);
}

static void reflect_200_times(struct end *e)
{
	if (e->datagrams < 200)
		reflect(e);
}

static bool bounced_enough(struct pair *p)
{
	return p->client.datagrams == 200;
}

static void answers_from_inside_the_callback_leave_at_once(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	p->client.on_datagram = reflect_200_times;
	p->at_host[0].on_datagram = reflect;
	assert_int_equal(pf_quic_datagram_send(p->client.q, "ball", 4), PF_OK);
	run_until(p, bounced_enough);
}

static bool host_got_rebound(struct pair *p)
{
	return p->at_host[0].datagrams == 2;
}

static void the_clients_port_may_change(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	connect_pair(p);
	uint16_t before = ((const struct sockaddr_in *)pf_quic_remote(p->at_host[0].q))->sin_port;
	assert_int_equal(pf_quic_datagram_send(p->client.q, "a", 1), PF_OK);
	run_until(p, host_got_one);
	relay_rebind(p, 0);
	assert_int_equal(pf_quic_datagram_send(p->client.q, "b", 1), PF_OK);
	run_until(p, host_got_rebound);
	run_for(p, 100); /* path validation */
	assert_int_not_equal(((const struct sockaddr_in *)pf_quic_remote(p->at_host[0].q))->sin_port, before);
	assert_int_equal(pf_quic_datagram_send(p->at_host[0].q, "c", 1), PF_OK);
	while (p->client.datagrams == 0)
		run_for(p, 5);
}

/* ---- the queue alone ---- */

static void queue_keeps_order_and_bytes_around_its_end(void **state)
{
	struct pf_quic_datagrams q = {0};
	uint8_t data[1500];
	unsigned pushed = 0, popped = 0, seed = 5;
	for (unsigned step = 0; step < 20000; step++) {
		size_t len = 2 + step * 37 % 700;
		memset(data, (int)(pushed & 0xff), len);
		uint64_t dropped = q.dropped;
		assert_true(pf_quic_datagrams_push(&q, data, len));
		popped += (unsigned)(q.dropped - dropped);
		pushed++;
		assert_true(q.bytes <= PF_QUIC_DATAGRAM_QUEUE_BYTES);
		for (unsigned n = (seed = seed * 1103515245 + 12345) >> 16 & 3; n > 1; n--) {
			const uint8_t *got;
			size_t got_len;
			if (!pf_quic_datagrams_peek(&q, &got, &got_len))
				break;
			for (size_t i = 0; i < got_len; i++)
				assert_int_equal(got[i], popped & 0xff);
			pf_quic_datagrams_pop(&q);
			popped++;
		}
		assert_int_equal(q.count, pushed - popped);
	}
	assert_true(q.dropped > 100);
}

static void queue_refuses_what_can_never_fit(void **state)
{
	struct pf_quic_datagrams q = {0};
	static uint8_t big[PF_QUIC_DATAGRAM_QUEUE_BYTES + 1];
	assert_false(pf_quic_datagrams_push(&q, big, sizeof(big)));
	assert_false(pf_quic_datagrams_push(&q, big, 0));
	assert_true(pf_quic_datagrams_push(&q, big, sizeof(big) - 1));
	for (unsigned i = 0; i < 3 * PF_QUIC_DATAGRAM_SLOTS; i++)
		assert_true(pf_quic_datagrams_push(&q, big, 1));
	assert_int_equal(q.count, PF_QUIC_DATAGRAM_SLOTS);
	assert_int_equal(q.bytes, PF_QUIC_DATAGRAM_SLOTS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(datagrams_go_both_ways),
		TEST(the_largest_passes_and_one_more_byte_does_not),
		TEST(the_oldest_are_dropped),
		TEST(answers_from_inside_the_callback_leave_at_once),
		TEST(the_clients_port_may_change),
		cmocka_unit_test(queue_keeps_order_and_bytes_around_its_end),
		cmocka_unit_test(queue_refuses_what_can_never_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
