/* What the rest of the program does with a connection: see quic.h. */
#include "net/quic.h"

#include "net/quic_conn.h"

/* Of a short-header packet with one datagram frame: first byte, packet number, tag, frame type, length. */
#define DATAGRAM_PACKET_OVERHEAD (1 + 4 + 16 + 1 + 2)
#define DATAGRAM_FRAME_OVERHEAD  (1 + 2)

void pf_quic_set_events(struct pf_quic *q, const struct pf_quic_events *events, void *user)
{
	q->events = *events;
	q->user = user;
}

int pf_quic_stream_open(struct pf_quic *q, int64_t *stream)
{
	if (!pf_quic_conn_alive(q))
		return PF_ERR_CLOSED;
	if (pf_quic_streams_count_local(&q->streams, q->server) >= PF_QUIC_STREAMS_EACH)
		return PF_ERR_AGAIN;
	int64_t id;
	int rc = ngtcp2_conn_open_bidi_stream(q->conn, &id, NULL);
	if (rc != 0)
		return rc == NGTCP2_ERR_STREAM_ID_BLOCKED ? PF_ERR_AGAIN : PF_ERR_NOMEM;
	if (!pf_quic_streams_add(&q->streams, id)) {
		ngtcp2_conn_shutdown_stream(q->conn, 0, id, PF_STREAM_CANCELLED);
		return PF_ERR_AGAIN;
	}
	*stream = id;
	return PF_OK;
}

int pf_quic_stream_write(struct pf_quic *q, int64_t stream, const void *data, size_t len, bool fin)
{
	if (!pf_quic_conn_alive(q))
		return PF_ERR_CLOSED;
	struct pf_quic_stream *st = pf_quic_streams_find(&q->streams, stream);
	if (!st)
		return PF_ERR_NOT_FOUND;
	int rc = pf_quic_stream_push(st, data, len, fin);
	if (rc == PF_OK)
		pf_quic_endpoint_wake(q->endpoint, q);
	return rc;
}

void pf_quic_stream_cancel(struct pf_quic *q, int64_t stream, uint64_t code)
{
	struct pf_quic_stream *st = pf_quic_streams_find(&q->streams, stream);
	if (!pf_quic_conn_alive(q) || !st)
		return;
	st->shut = true;
	ngtcp2_conn_shutdown_stream(q->conn, 0, stream, code);
	pf_quic_endpoint_wake(q->endpoint, q);
}

size_t pf_quic_datagram_max(const struct pf_quic *q)
{
	if (q->phase != PF_QUIC_OPEN)
		return 0;
	const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(q->conn);
	uint64_t peer = remote ? remote->max_datagram_frame_size : 0;
	if (peer <= DATAGRAM_FRAME_OVERHEAD)
		return 0;
	size_t path = ngtcp2_conn_get_path_max_tx_udp_payload_size(q->conn) - DATAGRAM_PACKET_OVERHEAD -
		      ngtcp2_conn_get_dcid(q->conn)->datalen;
	return peer - DATAGRAM_FRAME_OVERHEAD < path ? (size_t)peer - DATAGRAM_FRAME_OVERHEAD : path;
}

int pf_quic_datagram_send(struct pf_quic *q, const void *data, size_t len)
{
	if (!pf_quic_conn_alive(q))
		return PF_ERR_CLOSED;
	if (len > pf_quic_datagram_max(q) || !pf_quic_datagrams_push(&q->datagrams, data, len))
		return PF_ERR_LIMIT;
	pf_quic_endpoint_wake(q->endpoint, q);
	return PF_OK;
}

const struct pf_fingerprint *pf_quic_peer_fingerprint(const struct pf_quic *q)
{
	return q->tls.peer_known ? &q->tls.peer : NULL;
}

const struct sockaddr *pf_quic_remote(const struct pf_quic *q)
{
	return ngtcp2_conn_get_path(q->conn)->remote.addr;
}

const struct sockaddr *pf_quic_local(const struct pf_quic *q)
{
	return ngtcp2_conn_get_path(q->conn)->local.addr;
}

unsigned pf_quic_path_mtu(const struct pf_quic *q)
{
	return (unsigned)ngtcp2_conn_get_path_max_tx_udp_payload_size(q->conn);
}

unsigned pf_quic_rtt_us(const struct pf_quic *q)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info(q->conn, &info);
	return (unsigned)(info.smoothed_rtt / NGTCP2_MICROSECONDS);
}
