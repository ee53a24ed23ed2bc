#include <string.h>

#include "net/quic_close.h"
#include "pair.h"

static void the_host_closes_with_a_typed_code(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	pf_quic_close(p->at_host[0].q, PF_CLOSE_DENIED, "The operator refused.");
	pf_quic_close(p->at_host[0].q, PF_CLOSE_ERROR, "too late");
	assert_int_equal(p->at_host[0].closed, 0); /* never from inside the call */
	assert_int_equal(pf_quic_stream_write(p->at_host[0].q, 0, "x", 1, false), PF_ERR_CLOSED);
	assert_int_equal(pf_quic_datagram_send(p->at_host[0].q, "x", 1), PF_ERR_CLOSED);
	run_until(p, both_closed);
	assert_int_equal(p->at_host[0].close.origin, PF_CLOSED_BY_US);
	assert_int_equal(p->at_host[0].close.code, PF_CLOSE_DENIED);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_PEER);
	assert_int_equal(p->client.close.code, PF_CLOSE_DENIED);
	assert_string_equal(p->client.close.reason, "The operator refused.");
}

static void the_client_closes_with_a_typed_code(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	pf_quic_close(p->client.q, PF_CLOSE_QUIT, "tsch\xc3\xbc\xc3\x9f\n\x1b[31m\xff");
	run_until(p, both_closed);
	assert_int_equal(p->at_host[0].close.origin, PF_CLOSED_BY_PEER);
	assert_int_equal(p->at_host[0].close.code, PF_CLOSE_QUIT);
	assert_string_equal(p->at_host[0].close.reason, "tsch\xc3\xbc\xc3\x9f??[31m?");
}

static void close_from_connected(struct end *e)
{
	pf_quic_close(e->q, PF_CLOSE_BUSY, "busy");
}

static void a_connection_may_be_closed_in_its_callback(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->client.on_connected = close_from_connected;
	start_client(p, &p->client);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.code, PF_CLOSE_BUSY);
	run_until(p, host_end_closed);
}

static void a_close_may_come_before_the_handshake(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	start_client(p, &p->client);
	pf_quic_close(p->client.q, PF_CLOSE_NORMAL, NULL);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_US);
	assert_string_equal(p->client.close.reason, "");
}

static void silence_ends_both_sides(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.idle_timeout_ms = 1000});
	relay_init(p);
	p->params.limits.idle_timeout_ms = 60000; /* the smaller of the two counts */
	connect_pair(p);
	run_for(p, 2200); /* more than twice the limit: keep-alives hold the connection */
	assert_int_equal(p->client.closed + p->at_host[0].closed, 0);
	p->relay.cut = true;
	run_until(p, both_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_IDLE);
	assert_int_equal(p->at_host[0].close.origin, PF_CLOSED_IDLE);
}

/* The first CONNECTION_CLOSE is lost: what the peer sends next is answered with it again. */
static void a_lost_close_is_repeated(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	connect_pair(p);
	run_for(p, 50);
	p->relay.cut = true;
	pf_quic_close(p->at_host[0].q, PF_CLOSE_SUPERSEDED, "other connection");
	run_until(p, host_end_closed);
	p->relay.cut = false;
	assert_int_equal(pf_quic_datagram_send(p->client.q, "x", 1), PF_OK);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_PEER);
	assert_int_equal(p->client.close.code, PF_CLOSE_SUPERSEDED);
}

static void host_is_gone(void *user)
{
	*(bool *)user = true;
}

static void destroying_the_host_closes_live_connections(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	bool gone = false;
	pf_quic_host_destroy(p->host, PF_CLOSE_HOST_POWER, "suspending", host_is_gone, &gone);
	p->host = NULL;
	assert_int_equal(p->at_host[0].closed, 0);
	run_until(p, both_closed);
	assert_int_equal(p->client.close.code, PF_CLOSE_HOST_POWER);
	assert_string_equal(p->client.close.reason, "suspending");
	run_for(p, 20);
	assert_true(gone);
}

/* Its port answers, but its memory is gone: the new process knows only the identity. */
static void a_restarted_host_ends_the_connection_without_waiting(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	connect_pair(p);
	struct sockaddr_in same = ipv4("127.0.0.1", pf_quic_host_port(p->host));
	p->relay.cut = true;
	bool gone = false;
	pf_quic_host_destroy(p->host, PF_CLOSE_NORMAL, NULL, host_is_gone, &gone);
	p->host = NULL;
	while (!gone)
		run_for(p, 5);
	start_host_at(p, (struct sockaddr *)&same, NULL);
	p->relay.cut = false;
	uint8_t large[100] = {0};
	assert_int_equal(pf_quic_datagram_send(p->client.q, large, sizeof(large)), PF_OK);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_TRANSPORT);
	assert_non_null(strstr(p->client.close.reason, "lost this connection"));
}

/* Without a second packet the host would keep the place for ever. */
static void an_unfinished_handshake_is_dropped(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.handshake_timeout_ms = 200});
	relay_init(p);
	p->relay.drop_long_replies = true;
	start_client(p, &p->client);
	run_until(p, host_end_closed);
	assert_int_equal(p->at_host[0].close.origin, PF_CLOSED_BY_TRANSPORT);
	assert_non_null(strstr(p->at_host[0].close.reason, "handshake"));
	assert_false(p->at_host[0].connected);
}

/* ---- texts alone ---- */

static void scrubbing_keeps_utf8_and_nothing_else(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"}, {"", ""},
		{"\xe2\x82\xac \xf0\x9f\x8e\xae", "\xe2\x82\xac \xf0\x9f\x8e\xae"},
		{"a\xc0\xaf"
		 "b",
			"a??b"},                         /* overlong */
		{"\xed\xa0\x80", "???"},                 /* surrogate */
		{"\xf4\x90\x80\x80", "????"},            /* beyond Unicode */
		{"\xe2\x82", "??"},                      /* cut off */
		{"tab\there\x7f\xc2\x85", "tab?here??"}, /* C0, DEL, C1 */
	};
	char out[PF_QUIC_REASON_MAX + 1];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pf_quic_close_scrub(out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(out, cases[i].out);
	}
	pf_quic_close_scrub(out, "a\0b", 3);
	assert_string_equal(out, "a?b");
}

static void scrubbing_cuts_between_characters(void **state)
{
	char in[2 * PF_QUIC_REASON_MAX], out[PF_QUIC_REASON_MAX + 1];
	memset(in, 'x', sizeof(in));
	pf_quic_close_scrub(out, in, sizeof(in));
	assert_int_equal(strlen(out), PF_QUIC_REASON_MAX);
	memcpy(in + PF_QUIC_REASON_MAX - 1, "\xe2\x82\xac", 3);
	pf_quic_close_scrub(out, in, sizeof(in));
	assert_int_equal(strlen(out), PF_QUIC_REASON_MAX - 1);
}

static void transport_errors_have_names(void **state)
{
	struct pf_quic_close close = {0};
	pf_quic_close_from_transport(&close, 0x100 + 120);
	assert_non_null(strstr(close.reason, "TLS alert 120"));
	pf_quic_close_from_transport(&close, 0xa);
	assert_string_equal(close.reason, "QUIC: protocol violation");
	pf_quic_close_from_transport(&close, 0x12345);
	assert_string_equal(close.reason, "QUIC error 0x12345");
	pf_quic_close_from_transport(&close, 0x1ff);
	assert_non_null(strstr(close.reason, "TLS alert 255"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_host_closes_with_a_typed_code),
		TEST(the_client_closes_with_a_typed_code),
		TEST(a_connection_may_be_closed_in_its_callback),
		TEST(a_close_may_come_before_the_handshake),
		TEST(silence_ends_both_sides),
		TEST(a_lost_close_is_repeated),
		TEST(destroying_the_host_closes_live_connections),
		TEST(a_restarted_host_ends_the_connection_without_waiting),
		TEST(an_unfinished_handshake_is_dropped),
		cmocka_unit_test(scrubbing_keeps_utf8_and_nothing_else),
		cmocka_unit_test(scrubbing_cuts_between_characters),
		cmocka_unit_test(transport_errors_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
