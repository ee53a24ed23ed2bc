#include "pair.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool passes(struct relay *r)
{
	bool lost = r->cut || (unsigned)rand_r(&r->seed) / 7 % 100 < r->loss_percent;
	r->dropped += lost;
	return !lost;
}

static void on_reply(uv_poll_t *poll, int status, int events)
{
	struct relay_flow *f = poll->data;
	struct relay *r = f->relay;
	uint8_t buf[2048];
	ssize_t n;
	while ((n = recv(f->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		bool is_long = buf[0] & 0x80;
		bool is_retry = (buf[0] & 0xf0) == 0xf0;
		r->retries += is_retry;
		if (r->drop_long_replies && is_long && !is_retry)
			continue;
		if (!passes(r))
			continue;
		r->replies++;
		sendto(r->fd, buf, (size_t)n, 0, (struct sockaddr *)&f->client, sizeof(f->client));
	}
}

static void open_flow(struct relay *r, struct relay_flow *f, uv_loop_t *loop)
{
	f->relay = r;
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(f->fd, (struct sockaddr *)&r->host, sizeof(r->host)), 0);
	assert_int_equal(uv_poll_init(loop, &f->poll, f->fd), 0);
	f->poll.data = f;
	uv_poll_start(&f->poll, UV_READABLE, on_reply);
}

static struct relay_flow *flow_of(struct relay *r, const struct sockaddr_in *client)
{
	for (unsigned i = 0; i < r->flows; i++) {
		if (r->flow[i].client.sin_port == client->sin_port)
			return &r->flow[i];
	}
	assert_true(r->flows < RELAY_FLOWS);
	struct relay_flow *f = &r->flow[r->flows++];
	f->client = *client;
	open_flow(r, f, r->poll.loop);
	return f;
}

static void on_request(uv_poll_t *poll, int status, int events)
{
	struct relay *r = poll->data;
	uint8_t buf[2048];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;
	while ((n = recvfrom(r->fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len)) > 0) {
		const struct relay_flow *f = flow_of(r, &from);
		if (r->replies == 0)
			r->first_flight_bytes += (unsigned)n;
		if (passes(r))
			send(f->fd, buf, (size_t)n, 0);
	}
}

void relay_init(struct pair *p)
{
	struct relay *r = &p->relay;
	*r = (struct relay){.seed = 1};
	memcpy(&r->host, &p->params.remote, sizeof(r->host));
	r->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = ipv4("127.0.0.1", 0);
	socklen_t len = sizeof(a);
	assert_int_equal(bind(r->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(r->fd, (struct sockaddr *)&a, &len), 0);
	memcpy(&p->params.remote, &a, sizeof(a));
	assert_int_equal(uv_poll_init(&p->loop, &r->poll, r->fd), 0);
	r->poll.data = r;
	uv_poll_start(&r->poll, UV_READABLE, on_request);
}

static void close_flow(struct relay_flow *f, struct pair *p)
{
	uv_close((uv_handle_t *)&f->poll, NULL);
	uv_run(&p->loop, UV_RUN_NOWAIT);
	close(f->fd);
}

void relay_rebind(struct pair *p, unsigned flow)
{
	close_flow(&p->relay.flow[flow], p);
	open_flow(&p->relay, &p->relay.flow[flow], &p->loop);
}

void relay_finish(struct pair *p)
{
	struct relay *r = &p->relay;
	if (r->fd == 0)
		return;
	for (unsigned i = 0; i < r->flows; i++)
		close_flow(&r->flow[i], p);
	uv_close((uv_handle_t *)&r->poll, NULL);
	uv_run(&p->loop, UV_RUN_NOWAIT);
	close(r->fd);
	*r = (struct relay){0};
}
