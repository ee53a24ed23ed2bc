#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"

static void fingerprints_are_seen_on_both_sides(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	assert_true(p->client.peer_known && p->at_host[0].peer_known);
	assert_true(pf_fingerprint_equal(&p->client.peer, pf_identity_fingerprint(p->host_id)));
	assert_true(pf_fingerprint_equal(&p->at_host[0].peer, pf_identity_fingerprint(p->client_id)));
}

static void client_without_certificate_is_anonymous(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->params.id = NULL;
	connect_pair(p);
	assert_false(p->at_host[0].peer_known);
	assert_null(pf_quic_peer_fingerprint(p->at_host[0].q));
}

static void the_pinned_host_is_accepted(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->params.pin = pf_identity_fingerprint(p->host_id);
	connect_pair(p);
}

static void another_certificate_than_the_pinned_one_is_refused(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->params.pin = pf_identity_fingerprint(p->client_id);
	start_client(p, &p->client);
	run_until(p, both_closed);
	assert_false(p->client.connected || p->at_host[0].connected);
	assert_int_equal(p->client.close.origin, PF_CLOSED_WRONG_IDENTITY);
	assert_non_null(strstr(p->client.close.reason, "another certificate"));
	assert_int_equal(p->at_host[0].close.origin, PF_CLOSED_BY_TRANSPORT);
	assert_non_null(strstr(p->at_host[0].close.reason, "TLS alert 42"));
}

static void the_address_is_proved_by_retry(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	connect_pair(p);
	assert_int_equal(p->relay.retries, 1);
	assert_int_equal(p->accepted, 1);
}

static void the_local_address_is_the_dialled_one(void **state)
{
	struct pair *p = *state;
	static const char *const dialled[] = {"127.0.0.1", "127.0.0.2"};
	start_host(p, "0.0.0.0", NULL);
	uint16_t port = pf_quic_host_port(p->host);
	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_in remote = ipv4(dialled[i], port);
		memcpy(&p->params.remote, &remote, sizeof(remote));
		connect_pair(p);
		assert_int_equal(p->accepted, i + 1);
		const struct sockaddr_in *local =
			(const struct sockaddr_in *)pf_quic_local(p->at_host[p->accepted - 1].q);
		assert_int_equal(local->sin_family, AF_INET);
		assert_int_equal(local->sin_addr.s_addr, remote.sin_addr.s_addr);
		assert_int_equal(ntohs(local->sin_port), port);
		const struct sockaddr_in *mine = (const struct sockaddr_in *)pf_quic_local(p->client.q);
		const struct sockaddr_in *peer =
			(const struct sockaddr_in *)pf_quic_remote(p->at_host[p->accepted - 1].q);
		assert_int_equal(mine->sin_port, peer->sin_port);
		assert_int_equal(mine->sin_addr.s_addr, peer->sin_addr.s_addr);
		pf_quic_close(p->client.q, PF_CLOSE_NORMAL, "next");
		run_until(p, client_closed);
		p->client.connected = false;
		p->client.closed = 0;
	}
}

static bool has_ipv6_loopback(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		close(fd);
	return has;
}

/* An IPv6 socket that also serves IPv4: addresses are plain IPv4 for everybody above. */
static void dual_stack_shows_plain_ipv4(void **state)
{
	struct pair *p = *state;
	if (!has_ipv6_loopback()) {
		print_message("# this machine has no IPv6\n");
		skip();
	}
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	start_host_at(p, (struct sockaddr *)&any, NULL);
	struct sockaddr_in remote = ipv4("127.0.0.1", pf_quic_host_port(p->host));
	memcpy(&p->params.remote, &remote, sizeof(remote));
	connect_pair(p);
	const struct sockaddr_in *local = (const struct sockaddr_in *)pf_quic_local(p->at_host[0].q);
	assert_int_equal(local->sin_family, AF_INET);
	assert_int_equal(ntohl(local->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(pf_quic_remote(p->at_host[0].q)->sa_family, AF_INET);
}

static void ipv6_on_the_same_socket(void **state)
{
	struct pair *p = *state;
	if (!has_ipv6_loopback()) {
		print_message("# this machine has no IPv6\n");
		skip();
	}
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	start_host_at(p, (struct sockaddr *)&any, NULL);
	struct sockaddr_in6 remote = {.sin6_family = AF_INET6,
		.sin6_port = htons(pf_quic_host_port(p->host)),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	memcpy(&p->params.remote, &remote, sizeof(remote));
	connect_pair(p);
	const struct sockaddr_in6 *local = (const struct sockaddr_in6 *)pf_quic_local(p->at_host[0].q);
	assert_int_equal(local->sin6_family, AF_INET6);
	assert_true(IN6_IS_ADDR_LOOPBACK(&local->sin6_addr));
	assert_int_equal(local->sin6_port, remote.sin6_port);
}

static bool mtu_is_found(struct pair *p)
{
	return pf_quic_path_mtu(p->client.q) == 1472 && pf_quic_path_mtu(p->at_host[0].q) == 1472;
}

static void the_path_mtu_is_found(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	assert_true(pf_quic_path_mtu(p->client.q) >= 1200);
	run_until(p, mtu_is_found);
	assert_in_range(pf_quic_rtt_us(p->client.q), 1, 5000000);
}

static void a_taken_port_is_named_with_the_remedy(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	struct sockaddr_in taken = ipv4("127.0.0.1", pf_quic_host_port(p->host));
	struct pf_quic_host *second = NULL;
	struct pf_reason reason = {0};
	char port[16];
	snprintf(port, sizeof(port), "port %u ", pf_quic_host_port(p->host));
	assert_int_equal(pf_quic_host_create(&second, &p->loop, (struct sockaddr *)&taken, p->host_id, NULL,
				 NULL, NULL, &reason),
		PF_ERR_IO);
	assert_null(second);
	assert_non_null(strstr(reason.text, port));
	assert_non_null(strstr(reason.text, "in use"));
	assert_non_null(strstr(reason.text, "--native-port"));
}

static void a_silent_host_is_unreachable(void **state)
{
	struct pair *p = *state;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in a = ipv4("127.0.0.1", 0);
	socklen_t len = sizeof(a);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	memcpy(&p->params.remote, &a, sizeof(a));
	p->params.handshake_timeout_ms = 250;
	start_client(p, &p->client);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_UNREACHABLE);
	assert_non_null(strstr(p->client.close.reason, "no answer"));
	close(fd);
}

/* A closed port answers with ICMP, which stops libuv's watcher: the client must go on trying. */
static void a_host_that_starts_late_is_found(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	struct sockaddr_in a = ipv4("127.0.0.1", pf_quic_host_port(p->host));
	struct pf_quic_host *first = p->host;
	pf_quic_host_destroy(first, 0, NULL, NULL, NULL);
	run_for(p, 20);
	start_client(p, &p->client);
	run_for(p, 200);
	assert_int_equal(p->client.closed, 0);
	start_host_at(p, (struct sockaddr *)&a, NULL);
	run_until(p, both_connected);
}

static void refusal_by_the_owner_reaches_the_client(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->refuse = true;
	start_client(p, &p->client);
	run_until(p, client_closed);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_TRANSPORT);
	assert_int_equal(p->client.close.code, 2); /* CONNECTION_REFUSED */
	assert_int_equal(p->accepted, 0);
}

static bool host_ends_closed(struct pair *p)
{
	for (unsigned i = 0; i < p->accepted; i++) {
		if (!p->at_host[i].closed)
			return false;
	}
	return true;
}

static bool watched_and_host_settled(struct pair *p)
{
	return p->watched->closed || (p->watched->connected && p->at_host[p->accepted - 1].connected);
}

static void connections_are_bounded(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.max_connections = 2});
	struct end clients[4] = {0};
	for (unsigned i = 0; i < 4; i++) {
		p->watched = &clients[i];
		start_client(p, &clients[i]);
		run_until(p, watched_and_host_settled);
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(clients[i].connected, i < 2);
		if (i < 2)
			pf_quic_close(clients[i].q, 0, NULL);
		else
			assert_int_equal(clients[i].close.code, 2); /* CONNECTION_REFUSED */
	}
	run_until(p, host_ends_closed);
}

/* Of 64 places one address gets 16, which is also its share of handshakes. */
static void one_address_cannot_take_every_place(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.max_connections = 64});
	struct end clients[20] = {0};
	for (unsigned i = 0; i < 20; i++) {
		p->watched = &clients[i];
		start_client(p, &clients[i]);
		run_until(p, watched_and_host_settled);
		assert_int_equal(clients[i].connected, i < 16);
	}
	for (unsigned i = 0; i < 16; i++)
		pf_quic_close(clients[i].q, 0, NULL);
	run_until(p, host_ends_closed);
}

/* Handshakes that stop after the Retry hold places; the bound per address leaves the rest alone. */
static void unfinished_handshakes_per_address_are_bounded(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.max_handshakes_per_addr = 3});
	relay_init(p);
	p->relay.drop_long_replies = true; /* after the Retry: nobody gets further */
	struct end clients[8] = {0};
	p->params.handshake_timeout_ms = 1000;
	for (unsigned i = 0; i < 8; i++)
		start_client(p, &clients[i]);
	for (unsigned i = 0; i < 8; i++) {
		p->watched = &clients[i];
		run_until(p, end_settled);
		assert_int_equal(clients[i].close.origin, PF_CLOSED_UNREACHABLE);
	}
	assert_int_equal(p->relay.retries, 8);
	assert_int_equal(p->accepted, 3);
}

static void many_connections_in_a_row(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	for (unsigned i = 0; i < 60; i++) {
		start_client(p, &p->client);
		run_until(p, client_connected);
		pf_quic_close(p->client.q, PF_CLOSE_QUIT, "bye");
		run_until(p, client_closed);
		p->client.connected = false;
		p->client.closed = 0;
	}
	run_until(p, host_ends_closed);
	for (unsigned i = 0; i < 60; i++) {
		assert_int_equal(p->at_host[i].closed, 1);
		assert_int_equal(p->at_host[i].close.origin, PF_CLOSED_BY_PEER);
		assert_int_equal(p->at_host[i].close.code, PF_CLOSE_QUIT);
	}
}

static bool host_got_datagram(struct pair *p)
{
	return p->at_host[0].datagrams == 1;
}

static void random_bytes_do_nothing(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t junk[1500];
	unsigned seed = 7;
	for (unsigned i = 0; i < 1000; i++) {
		size_t len = 1 + (size_t)rand_r(&seed) % sizeof(junk);
		for (size_t b = 0; b < len; b++)
			junk[b] = (uint8_t)(rand_r(&seed) >> 7);
		assert_int_equal(sendto(fd, junk, len, 0, (struct sockaddr *)&p->params.remote,
					 sizeof(struct sockaddr_in)),
			len);
		if (i % 50 == 0)
			run_for(p, 1);
	}
	run_for(p, 50);
	close(fd);
	assert_int_equal(p->accepted, 1);
	assert_non_null(p->client.q);
	assert_non_null(p->at_host[0].q);
	assert_int_equal(pf_quic_datagram_send(p->client.q, "alive", 5), PF_OK);
	run_until(p, host_got_datagram);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fingerprints_are_seen_on_both_sides),
		TEST(client_without_certificate_is_anonymous),
		TEST(the_pinned_host_is_accepted),
		TEST(another_certificate_than_the_pinned_one_is_refused),
		TEST(the_address_is_proved_by_retry),
		TEST(the_local_address_is_the_dialled_one),
		TEST(dual_stack_shows_plain_ipv4),
		TEST(ipv6_on_the_same_socket),
		TEST(the_path_mtu_is_found),
		TEST(a_taken_port_is_named_with_the_remedy),
		TEST(a_silent_host_is_unreachable),
		TEST(a_host_that_starts_late_is_found),
		TEST(refusal_by_the_owner_reaches_the_client),
		TEST(connections_are_bounded),
		TEST(one_address_cannot_take_every_place),
		TEST(unfinished_handshakes_per_address_are_bounded),
		TEST(many_connections_in_a_row),
		TEST(random_bytes_do_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
