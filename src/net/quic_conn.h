/*
 * The inside of one connection, shared by the files of net/ and private to them: quic_conn.c has its life
 * and its end, quic_engine.c the QUIC engine's settings and callbacks, quic_output.c what is sent when.
 * Thread-safety: the loop's thread.
 */
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "net/quic.h"
#include "net/quic_cids.h"
#include "net/quic_datagrams.h"
#include "net/quic_endpoint.h"
#include "net/quic_stream.h"
#include "net/quic_tls.h"

#define PF_QUIC_IDLE_TIMEOUT_MS      8000
#define PF_QUIC_HANDSHAKE_TIMEOUT_MS 10000
#define PF_QUIC_UDP_PAYLOAD_MAX      1472 /* 1500 without the IPv4 and UDP headers */

enum pf_quic_phase {
	PF_QUIC_HANDSHAKING,
	PF_QUIC_OPEN,
	PF_QUIC_ENDING,    /* why is decided; on_closed follows when served */
	PF_QUIC_LINGERING, /* on_closed has run; late packets are answered with the close */
	PF_QUIC_GONE,      /* memory goes with the next turn of the loop */
};

struct pf_quic {
	enum pf_quic_phase phase;
	bool server;
	bool waiting; /* in the endpoint's queue */
	struct pf_quic *next_waiting;
	struct pf_quic *next, *previous; /* all of the endpoint */
	struct pf_quic_endpoint *endpoint;
	uv_timer_t timer; /* the engine's, later the end of lingering */

	struct pf_quic_events events;
	void *user;

	ngtcp2_conn *conn; /* NULL once lingering */
	struct pf_quic_tls tls;
	struct pf_quic_cid_set cids;
	struct pf_quic_streams streams;
	struct pf_quic_datagrams datagrams;
	unsigned idle_timeout_ms, handshake_timeout_ms;
	bool heard;       /* client: anything came from the host */
	bool peer_forgot; /* stateless reset */

	struct pf_quic_close close;
	ngtcp2_ccerr farewell_error; /* what to tell the peer; its reason points into `close` */
	uint8_t farewell[PF_QUIC_UDP_PAYLOAD_MAX];
	size_t farewell_len;
	union pf_quic_address farewell_local, farewell_remote;
	unsigned late_packets;
};

/* Of the client's first packet, after its address has been proved by a Retry token. */
struct pf_quic_first_packet {
	const struct pf_quic_packet *packet;
	const ngtcp2_pkt_hd *header;
	ngtcp2_cid original_dcid; /* of its first attempt, from the token */
};

/* Both put the connection into the endpoint's list. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_quic_conn_create_host(struct pf_quic **out, struct pf_quic_endpoint *e, const struct pf_identity *id,
	const struct pf_quic_limits *limits, const struct pf_quic_first_packet *first);
int pf_quic_conn_create_client(
	struct pf_quic **out, struct pf_quic_endpoint *e, const struct pf_quic_client_params *params);
/* Without a word to the peer and without on_closed: the owner never knew it. */
void pf_quic_conn_discard(struct pf_quic *q);

/* Ends lingering now. */
void pf_quic_conn_hurry(struct pf_quic *q);
void pf_quic_conn_input(struct pf_quic *q, const struct pf_quic_packet *packet);
/* Sends what can be sent, or concludes the end; called once per turn for whoever was woken. */
void pf_quic_conn_serve(struct pf_quic *q);
/* Is the connection of any use still? */
static inline bool pf_quic_conn_alive(const struct pf_quic *q)
{
	return q->phase <= PF_QUIC_OPEN;
}
/* The engine failed with an ngtcp2 error; the first end wins. */
void pf_quic_conn_fail(struct pf_quic *q, int error);

/* quic_engine.c; fill q->conn. Errors: PF_ERR_NOMEM, PF_ERR_LIMIT. */
int pf_quic_engine_create_host(struct pf_quic *q, const struct pf_quic_first_packet *first);
int pf_quic_engine_create_client(
	struct pf_quic *q, const union pf_quic_address *local, const union pf_quic_address *remote);
ngtcp2_path pf_quic_path(const union pf_quic_address *local, const union pf_quic_address *remote);

/* quic_output.c; false when the turn's budget was used up and there may be more. */
bool pf_quic_output(struct pf_quic *q);
/* Writes the CONNECTION_CLOSE of farewell_error and sends it. */
void pf_quic_output_farewell(struct pf_quic *q);
