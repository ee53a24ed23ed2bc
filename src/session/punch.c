#include "session/punch.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "os/udp.h"

/* Both are of the media socket's family: on an IPv6 socket an IPv4 client is v4-mapped in both. */
static bool same_ip(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static void finish(struct pf_punch *p, const struct sockaddr_storage *client, bool seen)
{
	uv_poll_stop(&p->poll);
	uv_timer_stop(&p->timer);
	p->on_done(p->user, (const struct sockaddr *)client, seen);
}

static void handle_readable(uv_poll_t *poll, int status, int events)
{
	struct pf_punch *p = poll->data;
	uint8_t data[64];
	struct sockaddr_storage from;
	/* Bounded per turn, so that a flood cannot hold the loop. */
	for (int i = 0; i < 32; i++) {
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(
			p->fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		if (n >= PF_PUNCH_BYTES && memcmp(data, PF_PUNCH_MAGIC, PF_PUNCH_BYTES) == 0 &&
			same_ip(&from, &p->fallback)) {
			finish(p, &from, true);
			return;
		}
	}
}

static void handle_deadline(uv_timer_t *timer)
{
	struct pf_punch *p = timer->data;
	finish(p, &p->fallback, false);
}

int pf_punch_start(struct pf_punch *p, uv_loop_t *loop, int fd, const struct sockaddr *fallback,
	void (*on_done)(void *user, const struct sockaddr *client, bool seen), void *user)
{
	memset(p, 0, sizeof(*p));
	if (uv_poll_init(loop, &p->poll, fd) < 0)
		return PF_ERR_IO;
	uv_timer_init(loop, &p->timer);
	p->open_handles = 2;
	p->poll.data = p->timer.data = p;
	p->fd = fd;
	memcpy(&p->fallback, fallback, pf_udp_address_bytes(fallback));
	p->on_done = on_done;
	p->user = user;
	uv_poll_start(&p->poll, UV_READABLE, handle_readable);
	uv_timer_start(&p->timer, handle_deadline, PF_PUNCH_WAIT_MS, 0);
	return PF_OK;
}

static void handle_closed(uv_handle_t *handle)
{
	struct pf_punch *p = handle->data;
	if (--p->open_handles == 0 && p->on_gone)
		p->on_gone(p->user);
}

void pf_punch_stop(struct pf_punch *p, void (*on_gone)(void *user))
{
	p->on_gone = on_gone;
	uv_close((uv_handle_t *)&p->poll, handle_closed);
	uv_close((uv_handle_t *)&p->timer, handle_closed);
}
