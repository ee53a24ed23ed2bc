/* What is sent when: datagrams first, because their value decays, then streams in turn, then whatever the
 * engine itself has to say. Small pieces share a packet. */
#include "net/quic_conn.h"
#include "os/clock.h"

#define PACKETS_PER_TURN 64

struct output {
	ngtcp2_conn *conn;
	ngtcp2_path_storage path;
	ngtcp2_tstamp now;
	uint8_t packet[PF_QUIC_UDP_PAYLOAD_MAX];
};

/* Each step returns WRITE_MORE when the packet has room left for the next one; else what ngtcp2 says:
 * the length of the finished packet, 0 for "nothing now", or an error. */
static ngtcp2_ssize put_datagrams(struct pf_quic *q, struct output *out)
{
	const uint8_t *data;
	size_t len;
	while (q->phase == PF_QUIC_OPEN && pf_quic_datagrams_peek(&q->datagrams, &data, &len)) {
		if (len > pf_quic_datagram_max(q)) { /* the path became narrower */
			pf_quic_datagrams_pop(&q->datagrams);
			continue;
		}
		int accepted = 0;
		ngtcp2_ssize n = ngtcp2_conn_write_datagram(out->conn, &out->path.path, NULL, out->packet,
			sizeof(out->packet), &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, data, len,
			out->now);
		if (accepted)
			pf_quic_datagrams_pop(&q->datagrams);
		if (n != NGTCP2_ERR_WRITE_MORE)
			return n;
	}
	return NGTCP2_ERR_WRITE_MORE;
}

static ngtcp2_ssize put_stream(struct pf_quic_stream *st, struct output *out)
{
	ngtcp2_vec vec[2];
	size_t count = pf_quic_stream_pending(st, vec);
	uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
	if (st->fin_wanted)
		flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
	size_t pending = st->queued - st->sent;
	ngtcp2_ssize taken = -1;
	ngtcp2_ssize n = ngtcp2_conn_writev_stream(out->conn, &out->path.path, NULL, out->packet,
		sizeof(out->packet), &taken, flags, st->id, vec, count, out->now);
	if (taken >= 0)
		pf_quic_stream_took(st, (size_t)taken, st->fin_wanted && (size_t)taken == pending);
	return n;
}

static ngtcp2_ssize put_streams(struct pf_quic *q, struct output *out)
{
	struct pf_quic_stream *st;
	while (q->phase == PF_QUIC_OPEN && (st = pf_quic_streams_next(&q->streams))) {
		ngtcp2_ssize n = put_stream(st, out);
		if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED)
			st->blocked = true;
		else if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND)
			st->shut = true;
		else if (n != NGTCP2_ERR_WRITE_MORE)
			return n;
	}
	return NGTCP2_ERR_WRITE_MORE;
}

static ngtcp2_ssize fill_packet(struct pf_quic *q, struct output *out)
{
	ngtcp2_ssize n = put_datagrams(q, out);
	if (n == NGTCP2_ERR_WRITE_MORE)
		n = put_streams(q, out);
	if (n == NGTCP2_ERR_WRITE_MORE)
		n = ngtcp2_conn_write_pkt(
			out->conn, &out->path.path, NULL, out->packet, sizeof(out->packet), out->now);
	return n;
}

bool pf_quic_output(struct pf_quic *q)
{
	struct output out; /* its packet is not worth zeroing */
	out.conn = q->conn;
	out.now = (ngtcp2_tstamp)pf_now_ns();
	ngtcp2_path_storage_zero(&out.path);
	pf_quic_streams_unblock(&q->streams); /* the peer may have allowed more since */
	unsigned left = PACKETS_PER_TURN;
	ngtcp2_ssize n = 0;
	for (; left > 0; left--) {
		n = fill_packet(q, &out);
		if (n <= 0)
			break;
		pf_quic_socket_send(&q->endpoint->socket, out.path.path.local.addr, out.path.path.remote.addr,
			out.packet, (size_t)n);
	}
	if (n < 0)
		pf_quic_conn_fail(q, (int)n);
	else
		ngtcp2_conn_update_pkt_tx_time(q->conn, out.now);
	return left > 0;
}

void pf_quic_output_farewell(struct pf_quic *q)
{
	ngtcp2_path_storage path;
	ngtcp2_path_storage_zero(&path);
	ngtcp2_ssize n = ngtcp2_conn_write_connection_close(q->conn, &path.path, NULL, q->farewell,
		sizeof(q->farewell), &q->farewell_error, (ngtcp2_tstamp)pf_now_ns());
	if (n <= 0)
		return;
	q->farewell_len = (size_t)n;
	q->farewell_local = *(const union pf_quic_address *)&path.local_addrbuf;
	q->farewell_remote = *(const union pf_quic_address *)&path.remote_addrbuf;
	pf_quic_socket_send(&q->endpoint->socket, &q->farewell_local.sa, &q->farewell_remote.sa, q->farewell,
		q->farewell_len);
}
