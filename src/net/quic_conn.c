#include "net/quic_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/quic_close.h"
#include "os/clock.h"

#define LINGER_MIN_MS 100
#define LINGER_MAX_MS 1000

static void on_timer(uv_timer_t *timer);

/* ---- birth ---- */

static struct pf_quic *new_connection(
	struct pf_quic_endpoint *e, bool server, unsigned idle_timeout_ms, unsigned handshake_timeout_ms)
{
	struct pf_quic *q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->endpoint = e;
	q->server = server;
	q->idle_timeout_ms = idle_timeout_ms ? idle_timeout_ms : PF_QUIC_IDLE_TIMEOUT_MS;
	q->handshake_timeout_ms = handshake_timeout_ms ? handshake_timeout_ms : PF_QUIC_HANDSHAKE_TIMEOUT_MS;
	uv_timer_init(e->loop, &q->timer);
	q->timer.data = q;
	pf_quic_endpoint_add(e, q);
	return q;
}

int pf_quic_conn_create_host(struct pf_quic **out, struct pf_quic_endpoint *e, const struct pf_identity *id,
	const struct pf_quic_limits *limits, const struct pf_quic_first_packet *first)
{
	struct pf_quic *q = new_connection(e, true, limits->idle_timeout_ms, limits->handshake_timeout_ms);
	if (!q)
		return PF_ERR_NOMEM;
	int rc = pf_quic_tls_init_host(&q->tls, id, &q->conn);
	if (rc == PF_OK)
		rc = pf_quic_engine_create_host(q, first);
	if (rc < 0) {
		pf_quic_conn_discard(q);
		return rc;
	}
	*out = q;
	return PF_OK;
}

static union pf_quic_address address_of(const struct sockaddr_storage *a)
{
	union pf_quic_address out = {0};
	memcpy(&out, a, pf_quic_address_len((const struct sockaddr *)a));
	return out;
}

int pf_quic_conn_create_client(
	struct pf_quic **out, struct pf_quic_endpoint *e, const struct pf_quic_client_params *params)
{
	struct pf_quic *q =
		new_connection(e, false, params->limits.idle_timeout_ms, params->handshake_timeout_ms);
	if (!q)
		return PF_ERR_NOMEM;
	union pf_quic_address remote = address_of(&params->remote);
	int rc = pf_quic_tls_init_client(&q->tls, params->id, params->pin, &q->conn);
	if (rc == PF_OK)
		rc = pf_quic_engine_create_client(q, &e->socket.local, &remote);
	if (rc < 0) {
		pf_quic_conn_discard(q);
		return rc;
	}
	pf_quic_endpoint_wake(e, q);
	*out = q;
	return PF_OK;
}

/* ---- death, last step first ---- */

static void on_timer_closed(uv_handle_t *handle)
{
	struct pf_quic *q = handle->data;
	pf_quic_endpoint_remove(q->endpoint, q);
	free(q);
}

static void go(struct pf_quic *q)
{
	q->phase = PF_QUIC_GONE;
	pf_quic_cids_remove_all(&q->endpoint->cids, &q->cids);
	uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}

static void drop_engine(struct pf_quic *q)
{
	ngtcp2_conn_del(q->conn);
	q->conn = NULL;
	pf_quic_tls_finish(&q->tls);
	pf_quic_streams_finish(&q->streams);
}

void pf_quic_conn_discard(struct pf_quic *q)
{
	drop_engine(q);
	go(q);
}

static uint64_t linger_ms(const struct pf_quic *q)
{
	uint64_t ms = 3 * ngtcp2_conn_get_pto(q->conn) / NGTCP2_MILLISECONDS;
	return ms < LINGER_MIN_MS ? LINGER_MIN_MS : ms > LINGER_MAX_MS ? LINGER_MAX_MS : ms;
}

/* A host stays a moment even when it has nothing to repeat, so that late packets meet silence and not a
 * stateless reset. */
static bool must_linger(const struct pf_quic *q)
{
	if (q->endpoint->no_linger || q->close.origin == PF_CLOSED_IDLE)
		return false;
	return q->farewell_len > 0 || q->server;
}

static void conclude(struct pf_quic *q)
{
	uint64_t linger = linger_ms(q);
	pf_quic_output_farewell(q);
	q->phase = PF_QUIC_LINGERING;
	if (q->events.on_closed)
		q->events.on_closed(q->user, q, &q->close);
	drop_engine(q);
	if (must_linger(q))
		uv_timer_start(&q->timer, on_timer, linger, 0);
	else
		go(q);
}

void pf_quic_conn_hurry(struct pf_quic *q)
{
	if (q->phase == PF_QUIC_LINGERING && !q->conn)
		go(q);
}

/* ---- why it ends ---- */

static void end(struct pf_quic *q, const struct pf_quic_close *close, const ngtcp2_ccerr *farewell)
{
	if (!pf_quic_conn_alive(q))
		return;
	q->phase = PF_QUIC_ENDING;
	q->close = *close;
	q->farewell_error = *farewell;
	pf_quic_endpoint_wake(q->endpoint, q);
}

void pf_quic_close(struct pf_quic *q, uint64_t code, const char *reason)
{
	if (!pf_quic_conn_alive(q))
		return;
	struct pf_quic_close close = {.origin = PF_CLOSED_BY_US, .code = code};
	pf_quic_close_scrub(close.reason, reason ? reason : "", reason ? strlen(reason) : 0);
	ngtcp2_ccerr farewell;
	ngtcp2_ccerr_set_application_error(
		&farewell, code, (const uint8_t *)q->close.reason, strlen(close.reason));
	end(q, &close, &farewell);
}

static void say(struct pf_quic_close *close, enum pf_close_origin origin, const char *text)
{
	close->origin = origin;
	snprintf(close->reason, sizeof(close->reason), "%s", text);
}

static void explain_silence(const struct pf_quic *q, struct pf_quic_close *close)
{
	if (q->phase == PF_QUIC_OPEN)
		say(close, PF_CLOSED_IDLE, "nothing was heard for the idle timeout");
	else if (q->server)
		say(close, PF_CLOSED_BY_TRANSPORT, "the client did not finish the handshake");
	else if (q->heard)
		say(close, PF_CLOSED_UNREACHABLE,
			"the host began to answer, then fell silent; the network may lose large packets");
	else
		say(close, PF_CLOSED_UNREACHABLE,
			"no answer; is the host running, and does its firewall let this UDP port pass?");
}

static void explain_tls(const struct pf_quic *q, struct pf_quic_close *close, ngtcp2_ccerr *farewell)
{
	ngtcp2_ccerr_set_tls_alert(farewell, ngtcp2_conn_get_tls_alert(q->conn), NULL, 0);
	pf_quic_close_from_transport(close, farewell->error_code);
	if (q->tls.pin_mismatch)
		say(close, PF_CLOSED_WRONG_IDENTITY,
			"the host at this address shows another certificate than the one it was paired with");
}

void pf_quic_conn_fail(struct pf_quic *q, int error)
{
	struct pf_quic_close close = {0};
	ngtcp2_ccerr farewell;
	ngtcp2_ccerr_set_liberr(&farewell, error, NULL, 0);
	switch (error) {
	case NGTCP2_ERR_DRAINING:
		pf_quic_close_from_peer(&close, ngtcp2_conn_get_ccerr(q->conn));
		if (q->peer_forgot)
			say(&close, PF_CLOSED_BY_TRANSPORT, "the other side has lost this connection");
		break;
	case NGTCP2_ERR_IDLE_CLOSE:
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		explain_silence(q, &close);
		farewell.type = NGTCP2_CCERR_TYPE_DROP_CONN; /* nobody listens */
		break;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
		say(&close, PF_CLOSED_BY_TRANSPORT, "the host does not speak QUIC version 1");
		break;
	default:
		if (ngtcp2_conn_get_tls_alert(q->conn) != 0) {
			explain_tls(q, &close, &farewell);
			break;
		}
		pf_quic_close_from_transport(&close, ngtcp2_err_infer_quic_transport_error_code(error));
		break;
	}
	end(q, &close, &farewell);
}

/* ---- life ---- */

/* RFC 9000 10.2.1: fewer answers the more comes in. */
static void answer_late(struct pf_quic *q)
{
	unsigned n = ++q->late_packets;
	if (q->farewell_len > 0 && (n & (n - 1)) == 0)
		pf_quic_socket_send(&q->endpoint->socket, &q->farewell_local.sa, &q->farewell_remote.sa,
			q->farewell, q->farewell_len);
}

void pf_quic_conn_input(struct pf_quic *q, const struct pf_quic_packet *packet)
{
	if (q->phase == PF_QUIC_LINGERING)
		answer_late(q);
	if (!pf_quic_conn_alive(q))
		return;
	q->heard = true;
	ngtcp2_path path = pf_quic_path(&packet->local, &packet->remote);
	ngtcp2_pkt_info info = {0};
	int rc = ngtcp2_conn_read_pkt(
		q->conn, &path, &info, packet->data, packet->len, (ngtcp2_tstamp)pf_now_ns());
	if (rc != 0)
		pf_quic_conn_fail(q, rc);
	else
		pf_quic_endpoint_wake(q->endpoint, q);
}

static void on_timer(uv_timer_t *timer)
{
	struct pf_quic *q = timer->data;
	if (q->phase == PF_QUIC_LINGERING) {
		go(q);
	} else if (pf_quic_conn_alive(q)) {
		int rc = ngtcp2_conn_handle_expiry(q->conn, (ngtcp2_tstamp)pf_now_ns());
		if (rc != 0)
			pf_quic_conn_fail(q, rc);
		pf_quic_endpoint_wake(q->endpoint, q);
	}
}

static void arm_timer(struct pf_quic *q, bool at_once)
{
	ngtcp2_tstamp now = (ngtcp2_tstamp)pf_now_ns();
	ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(q->conn);
	uint64_t ms = 0;
	if (!at_once && expiry > now)
		ms = (expiry - now + NGTCP2_MILLISECONDS - 1) / NGTCP2_MILLISECONDS;
	uv_timer_start(&q->timer, on_timer, ms, 0);
}

void pf_quic_conn_serve(struct pf_quic *q)
{
	bool done = true;
	if (pf_quic_conn_alive(q))
		done = pf_quic_output(q);
	if (q->phase == PF_QUIC_ENDING)
		conclude(q);
	else if (pf_quic_conn_alive(q))
		arm_timer(q, !done);
}
