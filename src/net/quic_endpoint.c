#include "net/quic_endpoint.h"

#include <gnutls/gnutls.h>

#include "net/quic_conn.h"

#define BATCHES_PER_TURN 8

/* Serving may wake others or the same again (a close inside on_closed); each costs one pass. */
static void serve_waiting(struct pf_quic_endpoint *e)
{
	while (e->first_waiting) {
		struct pf_quic *q = e->first_waiting;
		e->first_waiting = q->next_waiting;
		if (!e->first_waiting)
			e->last_waiting = NULL;
		q->next_waiting = NULL;
		q->waiting = false;
		pf_quic_conn_serve(q);
	}
}

static void on_prepare(uv_prepare_t *handle)
{
	serve_waiting(handle->data);
}

/* The last batch is answered before the loop sleeps: what it brought, such as input, goes on its way first. */
static void on_readable(uv_poll_t *handle, int status, int events)
{
	struct pf_quic_endpoint *e = handle->data;
	for (unsigned i = 0; i < BATCHES_PER_TURN; i++) {
		if (!pf_quic_socket_receive(&e->socket, e->on_packet, e))
			break;
		serve_waiting(e); /* answers do not wait for the rest of the queue */
	}
	/* libuv stops watching at a socket error, such as "connection refused" of a host that restarts; the
	 * receive has taken it off the socket. */
	if (status < 0 && !uv_is_closing((uv_handle_t *)handle))
		uv_poll_start(handle, UV_READABLE, on_readable);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct pf_quic_endpoint *e = handle->data;
	if (--e->open_handles > 0)
		return;
	pf_quic_socket_finish(&e->socket);
	gnutls_memset(e->secret, 0, sizeof(e->secret));
	e->on_gone(e);
}

int pf_quic_endpoint_start(struct pf_quic_endpoint *e, uv_loop_t *loop, pf_quic_on_packet on_packet,
	void (*on_gone)(struct pf_quic_endpoint *e), struct pf_reason *reason)
{
	e->loop = loop;
	e->on_packet = on_packet;
	e->on_gone = on_gone;
	int rc = uv_poll_init(loop, &e->poll, e->socket.fd);
	if (rc < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot watch a UDP socket: %s", uv_strerror(rc));
	uv_prepare_init(loop, &e->prepare);
	e->poll.data = e->prepare.data = e;
	e->open_handles = 2;
	uv_poll_start(&e->poll, UV_READABLE, on_readable);
	uv_prepare_start(&e->prepare, on_prepare);
	return PF_OK;
}

static void go_when_empty(struct pf_quic_endpoint *e)
{
	if (!e->ending || e->live > 0 || uv_is_closing((uv_handle_t *)&e->poll))
		return;
	uv_close((uv_handle_t *)&e->poll, on_handle_closed);
	uv_close((uv_handle_t *)&e->prepare, on_handle_closed);
}

void pf_quic_endpoint_end(struct pf_quic_endpoint *e)
{
	e->ending = true;
	go_when_empty(e);
}

void pf_quic_endpoint_add(struct pf_quic_endpoint *e, struct pf_quic *q)
{
	q->next = e->connections;
	if (q->next)
		q->next->previous = q;
	e->connections = q;
	e->live++;
}

void pf_quic_endpoint_remove(struct pf_quic_endpoint *e, struct pf_quic *q)
{
	if (q->previous)
		q->previous->next = q->next;
	else
		e->connections = q->next;
	if (q->next)
		q->next->previous = q->previous;
	e->live--;
	go_when_empty(e);
}

void pf_quic_endpoint_wake(struct pf_quic_endpoint *e, struct pf_quic *q)
{
	if (q->waiting)
		return;
	q->waiting = true;
	if (e->last_waiting)
		e->last_waiting->next_waiting = q;
	else
		e->first_waiting = q;
	e->last_waiting = q;
}
