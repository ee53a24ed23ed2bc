/* A listening socket: whose packet is it, and may this client begin a connection. */
#include <arpa/inet.h>
#include <stdlib.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "base/log.h"
#include "net/quic_conn.h"
#include "net/quic_stateless.h"
#include "os/clock.h"

#define DEFAULT_CONNECTIONS         256
#define DEFAULT_HANDSHAKES_PER_ADDR 16
#define RESETS_PER_SECOND           100
#define REFUSAL_LOG_NS              10000000000LL

struct pf_quic_host {
	struct pf_quic_endpoint endpoint; /* first: the callbacks get its address */
	const struct pf_identity *id;
	struct pf_quic_limits limits;
	pf_quic_on_accept on_accept;
	void *user;
	void (*on_gone)(void *user);
	void *gone_user;
	int64_t reset_second; /* in which `resets` were sent */
	unsigned resets;
	struct pf_log_limit refusals;
};

/*
 * May one more handshake begin? Unfinished ones may take half of the places and their share of one address.
 * One address may hold a quarter of the places, finished or not, so that nobody alone can shut others out.
 * Lingering ones are counted apart: they only cost memory.
 */
static bool has_room(const struct pf_quic_host *h, const struct sockaddr *remote)
{
	unsigned max = h->limits.max_connections, per_addr = h->limits.max_handshakes_per_addr;
	unsigned all = 0, all_here = 0, handshakes = 0, handshakes_here = 0;
	for (const struct pf_quic *q = h->endpoint.connections; q; q = q->next) {
		if (!pf_quic_conn_alive(q))
			continue;
		unsigned here = pf_quic_address_same_owner(pf_quic_remote(q), remote);
		unsigned handshaking = q->phase == PF_QUIC_HANDSHAKING;
		all++;
		all_here += here;
		handshakes += handshaking;
		handshakes_here += here & handshaking;
	}
	return all < max && h->endpoint.live < 2 * max && handshakes < (max + 1) / 2 &&
	       handshakes_here < per_addr && all_here < (max / 4 > per_addr ? max / 4 : per_addr);
}

static void log_refusal(struct pf_quic_host *h, const struct sockaddr *remote)
{
	char name[INET6_ADDRSTRLEN] = "?";
	if (remote->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)remote)->sin_addr, name, sizeof(name));
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)remote)->sin6_addr, name, sizeof(name));
	unsigned lines = pf_log_allow(&h->refusals, pf_now_ns(), REFUSAL_LOG_NS);
	if (lines)
		pf_warn("net",
			"refused a connection of %s and %u before it: this address or all together hold too "
			"many of "
			"%u places",
			name, lines - 1, h->limits.max_connections);
}

static void begin(struct pf_quic_host *h, const struct pf_quic_first_packet *first)
{
	const struct pf_quic_packet *packet = first->packet;
	struct pf_quic *q = NULL;
	bool room = has_room(h, &packet->remote.sa);
	if (!room)
		log_refusal(h, &packet->remote.sa);
	if (h->endpoint.ending || !room ||
		pf_quic_conn_create_host(&q, &h->endpoint, h->id, &h->limits, first) < 0) {
		pf_quic_answer_refusal(&h->endpoint, packet, first->header, NGTCP2_CONNECTION_REFUSED);
		return;
	}
	if (!h->on_accept(h->user, q)) {
		pf_quic_answer_refusal(&h->endpoint, packet, first->header, NGTCP2_CONNECTION_REFUSED);
		pf_quic_conn_discard(q);
		return;
	}
	pf_quic_conn_input(q, packet);
}

static void on_first_packet(struct pf_quic_host *h, const struct pf_quic_packet *packet)
{
	ngtcp2_pkt_hd header;
	if (packet->len < NGTCP2_MAX_UDP_PAYLOAD_SIZE ||
		ngtcp2_accept(&header, packet->data, packet->len) != 0)
		return;
	/* Tokens of another kind are of a former life of this port, and prove nothing. */
	if (header.tokenlen == 0 || header.token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
		pf_quic_answer_retry(&h->endpoint, packet, &header);
		return;
	}
	struct pf_quic_first_packet first = {.packet = packet, .header = &header};
	if (pf_quic_check_token(&h->endpoint, packet, &header, &first.original_dcid) < 0)
		pf_quic_answer_refusal(&h->endpoint, packet, &header, NGTCP2_INVALID_TOKEN);
	else
		begin(h, &first);
}

static bool may_reset(struct pf_quic_host *h)
{
	int64_t second = pf_now_ns() / 1000000000;
	if (second != h->reset_second) {
		h->reset_second = second;
		h->resets = 0;
	}
	return h->resets++ < RESETS_PER_SECOND;
}

static void on_packet(void *user, const struct pf_quic_packet *packet)
{
	struct pf_quic_host *h = user;
	ngtcp2_version_cid vc;
	int rc = ngtcp2_pkt_decode_version_cid(&vc, packet->data, packet->len, PF_QUIC_CID_BYTES);
	/* ngtcp2 would speak version 2 as well; our protocol is pinned to version 1. */
	bool foreign = rc == NGTCP2_ERR_VERSION_NEGOTIATION ||
		       (rc == 0 && vc.version != 0 && vc.version != NGTCP2_PROTO_VER_V1);
	if (foreign && packet->len >= NGTCP2_MAX_UDP_PAYLOAD_SIZE)
		pf_quic_answer_version(&h->endpoint, packet, &vc);
	if (foreign || rc != 0)
		return;
	struct pf_quic *q = pf_quic_cids_find(&h->endpoint.cids, vc.dcid, vc.dcidlen);
	if (q)
		pf_quic_conn_input(q, packet);
	else if (vc.version != 0)
		on_first_packet(h, packet);
	else if (may_reset(h))
		pf_quic_answer_reset(&h->endpoint, packet, &vc);
}

static void on_gone(struct pf_quic_endpoint *e)
{
	struct pf_quic_host *h = (struct pf_quic_host *)e;
	if (h->on_gone)
		h->on_gone(h->gone_user);
	free(h);
}

int pf_quic_host_create(struct pf_quic_host **out, uv_loop_t *loop, const struct sockaddr *bind_addr,
	const struct pf_identity *id, const struct pf_quic_limits *limits, pf_quic_on_accept on_accept,
	void *user, struct pf_reason *reason)
{
	struct pf_quic_host *h = calloc(1, sizeof(*h));
	if (!h)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	h->id = id;
	h->on_accept = on_accept;
	h->user = user;
	if (limits)
		h->limits = *limits;
	if (!h->limits.max_connections)
		h->limits.max_connections = DEFAULT_CONNECTIONS;
	if (!h->limits.max_handshakes_per_addr)
		h->limits.max_handshakes_per_addr = DEFAULT_HANDSHAKES_PER_ADDR;

	int rc = pf_quic_socket_bind(&h->endpoint.socket, bind_addr, reason);
	if (rc == PF_OK) {
		/* The same after a restart: clients of the former process learn at once that it has gone. */
		rc = pf_identity_derive(id, "quic tokens", h->endpoint.secret);
		if (rc == PF_OK)
			rc = pf_quic_endpoint_start(&h->endpoint, loop, on_packet, on_gone, reason);
		if (rc < 0)
			pf_quic_socket_finish(&h->endpoint.socket);
	}
	if (rc < 0) {
		free(h);
		return rc;
	}
	*out = h;
	return PF_OK;
}

uint16_t pf_quic_host_port(const struct pf_quic_host *h)
{
	const union pf_quic_address *local = &h->endpoint.socket.local;
	return ntohs(local->sa.sa_family == AF_INET ? local->in.sin_port : local->in6.sin6_port);
}

void pf_quic_host_destroy(struct pf_quic_host *h, uint64_t code, const char *reason,
	void (*on_gone_user)(void *user), void *user)
{
	if (!h)
		return;
	h->on_gone = on_gone_user;
	h->gone_user = user;
	h->endpoint.no_linger = true;
	for (struct pf_quic *q = h->endpoint.connections; q; q = q->next) {
		pf_quic_close(q, code, reason);
		pf_quic_conn_hurry(q);
	}
	pf_quic_endpoint_end(&h->endpoint);
}
