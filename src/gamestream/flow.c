/*
 * The UDP ports of video and audio. All clients ping the same two; what the host sends to one of them leaves from a
 * socket of its own that has the same port and is connected to the client, so that the kernel keeps the pings of a
 * client that is known away from this loop.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gamestream/plane.h"
#include "os/udp.h"
#include "session/planes.h"

#define PINGS_A_TURN 64

static int open_shared(struct in_addr local, uint16_t port, int *fd, struct pf_reason *reason)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = local, .sin_port = htons(port)};
	return pf_udp_open_shared(fd, (struct sockaddr *)&address, reason);
}

int pf_gs_flow_open(
	const struct pf_gs_flow *f, struct in_addr local, uint16_t port, int *fd, struct pf_reason *reason)
{
	int rc = open_shared(local, port, fd, reason);
	if (rc < 0)
		return rc;
	if (pf_udp_connect(*fd, (const struct sockaddr *)&f->client) < 0) {
		rc = pf_reason(reason, PF_ERR_IO, "cannot send to the client: %s", strerror(errno));
		close(*fd);
	}
	return rc;
}

static struct pf_gs_flow *flow_of(const struct pf_gs_port *p, struct pf_gs_stream *s)
{
	return p == &p->g->video ? &s->video : &s->audio;
}

/* The stream that a ping belongs to: by its payload, or, in the old form, by its address alone. The old form never takes
 * a flow from a client that knows the payload. */
static struct pf_gs_stream *find_stream(
	const struct pf_gs_port *p, const uint8_t *payload, const struct sockaddr_in *from)
{
	struct pf_gs_stream *found = NULL;
	for (struct pf_gs_stream *s = p->g->streams; s; s = s->next) {
		const struct pf_gs_flow *f = flow_of(p, s);
		if (!pf_gs_stream_lives(s))
			continue;
		if (payload ? sodium_memcmp(s->ping_payload, payload, PF_GS_PING_BYTES) == 0
			    : s->peer.s_addr == from->sin_addr.s_addr && (!f->known || f->by_address))
			found = s;
	}
	return found;
}

static void handle_ping(struct pf_gs_port *p, const uint8_t *data, size_t len, const struct sockaddr_in *from)
{
	bool has_payload = len >= PF_GS_PING_BYTES;
	if (!has_payload && (len != 4 || memcmp(data, "PING", 4) != 0))
		return;
	struct pf_gs_stream *s = find_stream(p, has_payload ? data : NULL, from);
	if (s)
		pf_gs_stream_pinged(s, flow_of(p, s), !has_payload, from);
}

static void handle_readable(uv_poll_t *poll, int status, int events)
{
	struct pf_gs_port *p = poll->data;
	for (unsigned i = 0; i < PINGS_A_TURN; i++) {
		uint8_t data[64];
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(p->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		if (from_len == sizeof(from))
			handle_ping(p, data, (size_t)n, &from);
	}
}

int pf_gs_port_open(struct pf_gs_port *p, struct pf_gamestream *g, uint16_t port, struct pf_reason *reason)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = g->p.bind, .sin_port = htons(port)};
	socklen_t len = sizeof(address);
	/* First alone, so that somebody else's port is noticed; then shared, as the clients' own sockets need it. */
	int rc = pf_udp_open(&p->fd, (struct sockaddr *)&address, reason);
	if (rc < 0)
		return rc;
	getsockname(p->fd, (struct sockaddr *)&address, &len);
	close(p->fd);
	rc = open_shared(g->p.bind, ntohs(address.sin_port), &p->fd, reason);
	if (rc < 0)
		return rc;
	p->g = g;
	p->port = ntohs(address.sin_port);
	p->poll.data = p;
	if (uv_poll_init(g->loop, &p->poll, p->fd) < 0) {
		close(p->fd);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	g->open_handles++;
	uv_poll_start(&p->poll, UV_READABLE, handle_readable);
	return PF_OK;
}
