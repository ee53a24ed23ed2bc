#include "pair.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 15000

static void handle_connected(void *user, struct pf_quic *q)
{
	struct end *e = user;
	assert_false(e->connected);
	e->connected = true;
	const struct pf_fingerprint *peer = pf_quic_peer_fingerprint(q);
	e->peer_known = peer != NULL;
	if (peer)
		e->peer = *peer;
	if (e->on_connected)
		e->on_connected(e);
}

static void handle_stream_data(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct end *e = user;
	assert_true(e->connected && !e->closed);
	e->stream = stream;
	e->fin |= fin;
	e->chunks++;
	if (!e->received)
		e->received = malloc(RECEIVED_MAX);
	assert_non_null(e->received);
	assert_true(len <= RECEIVED_MAX - e->received_len);
	if (len > 0)
		memcpy(e->received + e->received_len, data, len);
	e->received_len += len;
	if (e->echo)
		assert_int_equal(pf_quic_stream_write(q, stream, data, len, fin), PF_OK);
}

static void handle_stream_reset(void *user, struct pf_quic *q, int64_t stream, uint64_t code)
{
	struct end *e = user;
	e->stream = stream;
	e->resets++;
	e->reset_code = code;
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	struct end *e = user;
	assert_true(len <= sizeof(e->datagram));
	memcpy(e->datagram, data, len);
	e->datagram_len = len;
	e->datagrams++;
	if (e->on_datagram)
		e->on_datagram(e);
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct end *e = user;
	assert_ptr_equal(e->q, q);
	assert_non_null(pf_quic_remote(q));
	e->closed++;
	e->close = *close;
	e->q = NULL;
}

const struct pf_quic_events *end_events(void)
{
	static const struct pf_quic_events events = {
		.on_connected = handle_connected,
		.on_stream_data = handle_stream_data,
		.on_stream_reset = handle_stream_reset,
		.on_datagram = handle_datagram,
		.on_closed = handle_closed,
	};
	return &events;
}

static bool handle_accept(void *user, struct pf_quic *q)
{
	struct pair *p = user;
	if (p->refuse || p->accepted == sizeof(p->at_host) / sizeof(p->at_host[0]))
		return false;
	struct end *e = &p->at_host[p->accepted++];
	e->q = q;
	pf_quic_set_events(q, end_events(), e);
	return true;
}

int pair_set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	if (!p || uv_loop_init(&p->loop) != 0)
		return -1;
	if (pf_identity_generate(&p->host_id, "punktfunk", NULL) < 0 ||
		pf_identity_generate(&p->client_id, "punktfunk-client", NULL) < 0)
		return -1;
	p->params.id = p->client_id;
	*state = p;
	return 0;
}

static void handle_host_gone(void *user)
{
	struct pair *p = user;
	p->host_gone = true;
}

int pair_tear_down(void **state)
{
	struct pair *p = *state;
	relay_finish(p);
	if (p->client.q)
		pf_quic_close(p->client.q, PF_CLOSE_NORMAL, "test over");
	if (p->host)
		pf_quic_host_destroy(p->host, PF_CLOSE_NORMAL, "test over", handle_host_gone, p);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	int rc = uv_loop_close(&p->loop);
	if (p->host && !p->host_gone)
		rc = -1;
	for (unsigned i = 0; i < p->accepted; i++) {
		if (p->at_host[i].closed != 1)
			rc = -1;
		free(p->at_host[i].received);
	}
	free(p->client.received);
	pf_identity_destroy(p->host_id);
	pf_identity_destroy(p->client_id);
	free(p);
	return rc;
}

struct sockaddr_in ipv4(const char *host, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	return a;
}

void start_host_at(struct pair *p, const struct sockaddr *addr, const struct pf_quic_limits *limits)
{
	struct pf_reason reason = {0};
	int rc = pf_quic_host_create(&p->host, &p->loop, addr, p->host_id, limits, handle_accept, p, &reason);
	if (rc < 0)
		print_message("# %s\n", reason.text);
	assert_int_equal(rc, PF_OK);
}

void start_host(struct pair *p, const char *addr, const struct pf_quic_limits *limits)
{
	struct sockaddr_in bind_addr = ipv4(addr, 0);
	start_host_at(p, (struct sockaddr *)&bind_addr, limits);
	struct sockaddr_in remote = ipv4("127.0.0.1", pf_quic_host_port(p->host));
	memcpy(&p->params.remote, &remote, sizeof(remote));
}

void start_client(struct pair *p, struct end *e)
{
	assert_int_equal(pf_quic_connect(&e->q, &p->loop, &p->params, end_events(), e, NULL), PF_OK);
}

bool both_connected(struct pair *p)
{
	return p->client.connected && p->at_host[0].connected;
}

bool client_connected(struct pair *p)
{
	return p->client.connected;
}

bool end_settled(struct pair *p)
{
	return p->watched->connected || p->watched->closed;
}

bool watched_closed(struct pair *p)
{
	return p->watched->closed > 0;
}

bool client_closed(struct pair *p)
{
	return p->client.closed > 0;
}

bool host_end_closed(struct pair *p)
{
	return p->at_host[0].closed > 0;
}

bool both_closed(struct pair *p)
{
	return client_closed(p) && host_end_closed(p);
}

void connect_pair(struct pair *p)
{
	start_client(p, &p->client);
	run_until(p, both_connected);
}

static void set_flag(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void run_with_limit(struct pair *p, bool (*done)(struct pair *p), unsigned ms, bool *late)
{
	uv_timer_t timer;
	uv_timer_init(&p->loop, &timer);
	timer.data = late;
	uv_update_time(&p->loop);
	/* Repeated: libuv runs timers before it sleeps, and may then sleep for ever with the flag set. */
	uv_timer_start(&timer, set_flag, ms, 10);
	while (!*late && !(done && done(p)))
		uv_run(&p->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&p->loop, UV_RUN_NOWAIT); /* the handle is on our stack: let its close finish */
}

void run_until(struct pair *p, bool (*done)(struct pair *p))
{
	bool late = false;
	run_with_limit(p, done, PATIENCE_MS, &late);
	if (late && p->client.closed)
		print_message("# the client was closed: %s\n", p->client.close.reason);
	if (late && p->accepted && p->at_host[0].closed)
		print_message("# the host's end was closed: %s\n", p->at_host[0].close.reason);
	assert_true(done(p));
}

void run_for(struct pair *p, unsigned ms)
{
	bool late = false;
	run_with_limit(p, NULL, ms, &late);
}
