/* How ngtcp2 is set up, and what it calls. Calls of the user happen from in here, so nothing is sent
 * before the engine has returned. */
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <string.h>

#include "net/quic_conn.h"
#include "os/clock.h"

#define STREAM_WINDOW      (256ul * 1024)
#define CONNECTION_WINDOW  (512ul * 1024)
#define DATAGRAM_FRAME_MAX 65535
#define CLIENT_DCID_BYTES  18
#define KEEP_ALIVE_MAX_MS  4000

/* Largest first: on most networks the first probe settles it. */
static const uint16_t mtu_probes[] = {PF_QUIC_UDP_PAYLOAD_MAX, 1452, 1392, 1312, 1252};

ngtcp2_path pf_quic_path(const union pf_quic_address *local, const union pf_quic_address *remote)
{
	return (ngtcp2_path){
		.local = {(struct sockaddr *)&local->sa, pf_quic_address_len(&local->sa)},
		.remote = {(struct sockaddr *)&remote->sa, pf_quic_address_len(&remote->sa)},
	};
}

static void fill_random(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
	gnutls_rnd(GNUTLS_RND_NONCE, dest, len);
}

static bool random_cid(ngtcp2_cid *cid, size_t len)
{
	cid->datalen = len;
	return gnutls_rnd(GNUTLS_RND_RANDOM, cid->data, len) == 0;
}

static bool reset_token(struct pf_quic *q, uint8_t *token, const ngtcp2_cid *cid)
{
	const struct pf_quic_endpoint *e = q->endpoint;
	return ngtcp2_crypto_generate_stateless_reset_token(token, e->secret, sizeof(e->secret), cid) == 0;
}

static int get_new_connection_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user)
{
	struct pf_quic *q = user;
	if (!random_cid(cid, len) || !reset_token(q, token, cid))
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (!pf_quic_cids_add(&q->endpoint->cids, &q->cids, cid, q))
		return NGTCP2_ERR_CALLBACK_FAILURE;
	return 0;
}

static int remove_connection_id(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user)
{
	struct pf_quic *q = user;
	pf_quic_cids_remove(&q->endpoint->cids, &q->cids, cid);
	return 0;
}

static void set_keep_alive(struct pf_quic *q)
{
	const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(q->conn);
	uint64_t idle_ms = q->idle_timeout_ms;
	if (remote && remote->max_idle_timeout > 0 &&
		remote->max_idle_timeout / NGTCP2_MILLISECONDS < idle_ms)
		idle_ms = remote->max_idle_timeout / NGTCP2_MILLISECONDS;
	uint64_t every_ms = idle_ms / 2 < KEEP_ALIVE_MAX_MS ? idle_ms / 2 : KEEP_ALIVE_MAX_MS;
	ngtcp2_conn_set_keep_alive_timeout(q->conn, every_ms * NGTCP2_MILLISECONDS);
}

static int handshake_completed(ngtcp2_conn *conn, void *user)
{
	struct pf_quic *q = user;
	/* GnuTLS refuses a foreign list by itself, but lets pass a peer that offers none at all. */
	if (!pf_quic_tls_check_finished(&q->tls)) {
		ngtcp2_conn_set_tls_alert(conn, PF_TLS_ALERT_NO_APPLICATION_PROTOCOL);
		return NGTCP2_ERR_CALLBACK_FAILURE;
	}
	set_keep_alive(q);
	if (q->phase != PF_QUIC_HANDSHAKING)
		return 0;
	q->phase = PF_QUIC_OPEN;
	if (q->events.on_connected)
		q->events.on_connected(q->user, q);
	return 0;
}

static int recv_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t offset,
	const uint8_t *data, size_t len, void *user, void *stream_user)
{
	struct pf_quic *q = user;
	if (!pf_quic_streams_add(&q->streams, id))
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (q->phase == PF_QUIC_OPEN && q->events.on_stream_data)
		q->events.on_stream_data(
			q->user, q, id, data, len, (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
	/* The user has taken it: the peer may send as much again. */
	ngtcp2_conn_extend_max_stream_offset(conn, id, len);
	ngtcp2_conn_extend_max_offset(conn, len);
	return 0;
}

static int acked_stream_data_offset(
	ngtcp2_conn *conn, int64_t id, uint64_t offset, uint64_t len, void *user, void *stream_user)
{
	struct pf_quic *q = user;
	struct pf_quic_stream *st = pf_quic_streams_find(&q->streams, id);
	if (st)
		pf_quic_stream_acked(st, len);
	return 0;
}

static int stream_open(ngtcp2_conn *conn, int64_t id, void *user)
{
	struct pf_quic *q = user;
	return pf_quic_streams_add(&q->streams, id) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int stream_close(
	ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t code, void *user, void *stream_user)
{
	struct pf_quic *q = user;
	struct pf_quic_stream *st = pf_quic_streams_find(&q->streams, id);
	if (st)
		pf_quic_stream_remove(st);
	if (!ngtcp2_conn_is_local_stream(conn, id))
		ngtcp2_conn_extend_max_streams_bidi(conn, 1);
	return 0;
}

/* A peer that cancels sends both frames; the user hears of it once. */
static void tell_reset(struct pf_quic *q, struct pf_quic_stream *st, uint64_t code)
{
	if (!st || st->reset_told)
		return;
	st->reset_told = true;
	if (q->phase == PF_QUIC_OPEN && q->events.on_stream_reset)
		q->events.on_stream_reset(q->user, q, st->id, code);
}

static int stream_reset(
	ngtcp2_conn *conn, int64_t id, uint64_t final_size, uint64_t code, void *user, void *stream_user)
{
	struct pf_quic *q = user;
	tell_reset(q, pf_quic_streams_add(&q->streams, id), code);
	return 0;
}

/* The engine resets our side by itself. */
static int stream_stop_sending(ngtcp2_conn *conn, int64_t id, uint64_t code, void *user, void *stream_user)
{
	struct pf_quic *q = user;
	struct pf_quic_stream *st = pf_quic_streams_add(&q->streams, id);
	if (st)
		st->shut = true;
	tell_reset(q, st, code);
	return 0;
}

static int recv_datagram(ngtcp2_conn *conn, uint32_t flags, const uint8_t *data, size_t len, void *user)
{
	struct pf_quic *q = user;
	if (q->phase == PF_QUIC_OPEN && q->events.on_datagram)
		q->events.on_datagram(q->user, q, data, len);
	return 0;
}

static int recv_stateless_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *sr, void *user)
{
	struct pf_quic *q = user;
	q->peer_forgot = true;
	return 0;
}

static const ngtcp2_callbacks callbacks = {
	.client_initial = ngtcp2_crypto_client_initial_cb,
	.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
	.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
	.handshake_completed = handshake_completed,
	.encrypt = ngtcp2_crypto_encrypt_cb,
	.decrypt = ngtcp2_crypto_decrypt_cb,
	.hp_mask = ngtcp2_crypto_hp_mask_cb,
	.recv_stream_data = recv_stream_data,
	.acked_stream_data_offset = acked_stream_data_offset,
	.stream_open = stream_open,
	.stream_close = stream_close,
	.recv_stateless_reset = recv_stateless_reset,
	.recv_retry = ngtcp2_crypto_recv_retry_cb,
	.rand = fill_random,
	.get_new_connection_id = get_new_connection_id,
	.remove_connection_id = remove_connection_id,
	.update_key = ngtcp2_crypto_update_key_cb,
	.stream_reset = stream_reset,
	.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
	.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
	.recv_datagram = recv_datagram,
	.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
	.stream_stop_sending = stream_stop_sending,
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};

static void fill_settings(const struct pf_quic *q, ngtcp2_settings *s)
{
	ngtcp2_settings_default(s);
	s->initial_ts = (ngtcp2_tstamp)pf_now_ns();
	s->max_tx_udp_payload_size = PF_QUIC_UDP_PAYLOAD_MAX;
	s->handshake_timeout = (uint64_t)q->handshake_timeout_ms * NGTCP2_MILLISECONDS;
	s->ack_thresh =
		1; /* the reply that mostly follows carries it; waiting would make it a packet of its own */
	s->pmtud_probes = mtu_probes;
	s->pmtud_probeslen = sizeof(mtu_probes) / sizeof(mtu_probes[0]);
}

static void fill_params(const struct pf_quic *q, ngtcp2_transport_params *p)
{
	ngtcp2_transport_params_default(p);
	p->initial_max_stream_data_bidi_local = STREAM_WINDOW;
	p->initial_max_stream_data_bidi_remote = STREAM_WINDOW;
	p->initial_max_data = CONNECTION_WINDOW;
	p->initial_max_streams_bidi = PF_QUIC_STREAMS_EACH;
	p->initial_max_streams_uni = 0;
	p->max_idle_timeout = (uint64_t)q->idle_timeout_ms * NGTCP2_MILLISECONDS;
	p->max_udp_payload_size = PF_QUIC_UDP_PAYLOAD_MAX;
	p->max_datagram_frame_size = DATAGRAM_FRAME_MAX;
}

int pf_quic_engine_create_host(struct pf_quic *q, const struct pf_quic_first_packet *first)
{
	const ngtcp2_pkt_hd *hd = first->header;
	ngtcp2_settings settings;
	fill_settings(q, &settings);
	settings.token = hd->token;
	settings.tokenlen = hd->tokenlen;
	settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;

	ngtcp2_transport_params params;
	fill_params(q, &params);
	params.original_dcid = first->original_dcid;
	params.original_dcid_present = 1;
	params.retry_scid = hd->dcid;
	params.retry_scid_present = 1;
	params.stateless_reset_token_present = 1;

	/* The client uses the id of the Retry until it learns this one. */
	ngtcp2_cid scid;
	if (!random_cid(&scid, PF_QUIC_CID_BYTES) || !reset_token(q, params.stateless_reset_token, &scid))
		return PF_ERR_NOMEM;
	if (!pf_quic_cids_add(&q->endpoint->cids, &q->cids, &scid, q) ||
		!pf_quic_cids_add(&q->endpoint->cids, &q->cids, &hd->dcid, q))
		return PF_ERR_LIMIT;
	ngtcp2_path path = pf_quic_path(&first->packet->local, &first->packet->remote);
	if (ngtcp2_conn_server_new(&q->conn, &hd->scid, &scid, &path, hd->version, &callbacks, &settings,
		    &params, NULL, q) != 0)
		return PF_ERR_NOMEM;
	ngtcp2_conn_set_tls_native_handle(q->conn, q->tls.session);
	return PF_OK;
}

int pf_quic_engine_create_client(
	struct pf_quic *q, const union pf_quic_address *local, const union pf_quic_address *remote)
{
	ngtcp2_settings settings;
	fill_settings(q, &settings);
	ngtcp2_transport_params params;
	fill_params(q, &params);
	ngtcp2_cid dcid, scid;
	if (!random_cid(&dcid, CLIENT_DCID_BYTES) || !random_cid(&scid, PF_QUIC_CID_BYTES))
		return PF_ERR_NOMEM;
	ngtcp2_path path = pf_quic_path(local, remote);
	if (ngtcp2_conn_client_new(&q->conn, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks, &settings,
		    &params, NULL, q) != 0)
		return PF_ERR_NOMEM;
	ngtcp2_conn_set_tls_native_handle(q->conn, q->tls.session);
	return PF_OK;
}
