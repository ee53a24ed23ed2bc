/* QUIC control against raw UDP, both ends in one thread: what a round trip of an input-sized event costs. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "net/quic.h"

#define DATAGRAM_BYTES 1150

struct quic_pair {
	uv_loop_t loop;
	struct pf_identity *host_id, *client_id;
	struct pf_quic_host *host;
	struct pf_quic_client_params params;
	struct pf_quic *client;
	bool connected, closed;
	unsigned bounces_left;
};

struct raw_pair {
	int fd[2];
};

static uint8_t payload[DATAGRAM_BYTES];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void host_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	pf_quic_datagram_send(q, data, len);
}

static void ignore_connected(void *user, struct pf_quic *q)
{
}

static void ignore_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
}

static bool on_accept(void *user, struct pf_quic *q)
{
	static const struct pf_quic_events events = {
		.on_connected = ignore_connected, .on_datagram = host_datagram, .on_closed = ignore_closed};
	pf_quic_set_events(q, &events, user);
	return true;
}

static void client_connected(void *user, struct pf_quic *q)
{
	struct quic_pair *p = user;
	p->connected = true;
}

static void client_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	struct quic_pair *p = user;
	if (--p->bounces_left > 0)
		pf_quic_datagram_send(q, data, len);
}

static void client_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct quic_pair *p = user;
	p->closed = true;
	p->client = NULL;
}

static void connect_client(struct quic_pair *p)
{
	static const struct pf_quic_events events = {
		.on_connected = client_connected, .on_datagram = client_datagram, .on_closed = client_closed};
	p->connected = p->closed = false;
	must(pf_quic_connect(&p->client, &p->loop, &p->params, &events, p, NULL) == PF_OK);
	while (!p->connected && !p->closed)
		uv_run(&p->loop, UV_RUN_ONCE);
	must(p->connected);
}

static void close_client(struct quic_pair *p)
{
	pf_quic_close(p->client, PF_CLOSE_NORMAL, NULL);
	while (!p->closed)
		uv_run(&p->loop, UV_RUN_ONCE);
}

static void handshakes(void *user, unsigned iterations)
{
	for (unsigned i = 0; i < iterations; i++) {
		connect_client(user);
		close_client(user);
	}
}

static void quic_round_trips(void *user, unsigned iterations)
{
	struct quic_pair *p = user;
	p->bounces_left = iterations;
	pf_quic_datagram_send(p->client, payload, sizeof(payload));
	while (p->bounces_left > 0)
		uv_run(&p->loop, UV_RUN_ONCE);
}

static void raw_round_trips(void *user, unsigned iterations)
{
	const struct raw_pair *r = user;
	uint8_t buf[2048];
	for (unsigned i = 0; i < iterations; i++) {
		for (unsigned end = 0; end < 2; end++) {
			must(send(r->fd[end], payload, sizeof(payload), 0) == sizeof(payload));
			must(recv(r->fd[1 - end], buf, sizeof(buf), 0) == sizeof(payload));
		}
	}
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void open_raw(struct raw_pair *r)
{
	struct sockaddr_in addr[2];
	for (unsigned i = 0; i < 2; i++) {
		socklen_t len = sizeof(addr[i]);
		addr[i] = loopback(0);
		r->fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
		must(bind(r->fd[i], (struct sockaddr *)&addr[i], len) == 0);
		must(getsockname(r->fd[i], (struct sockaddr *)&addr[i], &len) == 0);
	}
	for (unsigned i = 0; i < 2; i++)
		must(connect(r->fd[i], (struct sockaddr *)&addr[1 - i], sizeof(addr[i])) == 0);
}

static void open_quic(struct quic_pair *p)
{
	must(uv_loop_init(&p->loop) == 0);
	must(pf_identity_generate(&p->host_id, "punktfunk", NULL) == PF_OK);
	must(pf_identity_generate(&p->client_id, "punktfunk-client", NULL) == PF_OK);
	struct sockaddr_in any = loopback(0);
	struct pf_quic_limits limits = {.max_connections = 100000}; /* the closed ones linger */
	must(pf_quic_host_create(&p->host, &p->loop, (struct sockaddr *)&any, p->host_id, &limits, on_accept,
		     NULL, NULL) == PF_OK);
	struct sockaddr_in remote = loopback(htons(pf_quic_host_port(p->host)));
	memcpy(&p->params.remote, &remote, sizeof(remote));
	p->params.id = p->client_id;
	p->params.pin = pf_identity_fingerprint(p->host_id);
}

static void finish_quic(struct quic_pair *p)
{
	pf_quic_host_destroy(p->host, PF_CLOSE_NORMAL, NULL, NULL, NULL);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	uv_loop_close(&p->loop);
	pf_identity_destroy(p->host_id);
	pf_identity_destroy(p->client_id);
}

void bench_quic(void)
{
	struct raw_pair raw;
	struct quic_pair handshake = {0}, pair = {0};
	open_raw(&raw);
	open_quic(&pair);
	open_quic(&handshake);
	connect_client(&pair);
	const struct pf_bench_case round_trips[] = {
		{"round trip", raw_round_trips, &raw, 0, 1, "raw UDP, 4 calls", PF_BENCH_PEER},
		{"round trip", quic_round_trips, &pair, 0, 1, "QUIC datagram", PF_BENCH_NONE},
	};
	pf_bench_group("round trip of 1150 bytes, both ends in one thread", round_trips, 2);
	const struct pf_bench_case handshakes_only[] = {
		{.name = "Retry, TLS 1.3, two certificates", .run = handshakes, .user = &handshake},
	};
	pf_bench_group("QUIC handshake and close, both ends in one thread", handshakes_only, 1);
	close_client(&pair);
	finish_quic(&pair);
	finish_quic(&handshake);
	close(raw.fd[0]);
	close(raw.fd[1]);
}
