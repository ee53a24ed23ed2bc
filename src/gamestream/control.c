/*
 * ENet on the net loop (gamestream 4): one host per local address, because libenet cannot choose the address that it
 * answers from. A peer belongs to the stream whose connect data it brought.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "session/planes.h"

#define PEERS             128 /* whoever knocks takes one for a while */
#define PACKET_BYTES_MAX  ((size_t)4096)
#define WAITING_BYTES_MAX ((size_t)64 * 1024)
#define BAD_IN_A_ROW      16
#define TIMEOUT_MS        15000 /* ENet's own; the plane's comes before it, and says so */
#define TIMER_MS          10    /* resends and time-outs; what arrives is handled at once */

/* --- what arrives --- */

static void handle_connect(struct pf_gamestream *g, ENetPeer *peer, uint32_t data)
{
	enet_peer_timeout(peer, 0, TIMEOUT_MS, TIMEOUT_MS);
	struct pf_gs_stream *by_address = NULL;
	for (struct pf_gs_stream *s = g->streams; s; s = s->next) {
		if (!pf_gs_stream_lives(s) || !s->announced || s->peer_control)
			continue;
		bool brings_data = s->terms.client_features & PF_GS_CLIENT_CONNECT_DATA;
		if (brings_data && s->connect_data == data) {
			pf_gs_stream_control_connected(s, peer);
			return;
		}
		if (!brings_data && s->peer.s_addr == peer->address.host)
			by_address = s;
	}
	if (by_address)
		pf_gs_stream_control_connected(by_address, peer);
	else
		enet_peer_disconnect_now(peer, 0);
}

static void handle_packet(struct pf_gs_stream *s, const ENetPacket *packet)
{
	uint8_t text[PF_GS_CONTROL_TEXT_MAX];
	size_t len;
	uint32_t seq;
	struct pf_gs_message m;
	s->heard_ns = pf_now_ns();
	if (pf_gs_envelope_open(&s->channel, packet->data, packet->dataLength, text, &len, &seq) < 0) {
		if (++s->undecipherable >= BAD_IN_A_ROW)
			pf_gs_stream_end(
				s, PF_GS_END_NORMAL, false, "its control packets cannot be deciphered");
		return;
	}
	s->undecipherable = 0;
	if (pf_gs_message_read(&m, text, len) == PF_OK)
		pf_gs_stream_message(s, &m);
}

static void handle_event(struct pf_gamestream *g, const ENetEvent *e)
{
	struct pf_gs_stream *s = e->peer->data;
	switch (e->type) {
	case ENET_EVENT_TYPE_CONNECT:
		handle_connect(g, e->peer, e->data);
		break;
	case ENET_EVENT_TYPE_RECEIVE:
		if (s && pf_gs_stream_lives(s))
			handle_packet(s, e->packet);
		enet_packet_destroy(e->packet);
		break;
	case ENET_EVENT_TYPE_DISCONNECT:
		e->peer->data = NULL;
		if (!s)
			break;
		s->peer_control = NULL;
		pf_gs_stream_end(s, 0, false, "the client left");
		break;
	case ENET_EVENT_TYPE_NONE:
		break;
	}
}

static void service(struct pf_gs_enet *e)
{
	ENetEvent event;
	while (enet_host_service(e->host, &event, 0) > 0)
		handle_event(e->g, &event);
}

static void handle_readable(uv_poll_t *poll, int status, int events)
{
	service(poll->data);
}

static void handle_timer(uv_timer_t *timer)
{
	struct pf_gs_enet *e = timer->data;
	if (e->host->connectedPeers > 0)
		service(e);
}

/* --- what is sent --- */

void pf_gs_control_send(struct pf_gs_stream *s, const uint8_t *text, size_t len)
{
	uint8_t buf[PF_GS_CONTROL_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	if (!s->peer_control)
		return;
	pf_gs_envelope_seal(&w, &s->channel, text, len);
	ENetPacket *packet = w.failed ? NULL : enet_packet_create(buf, w.len, ENET_PACKET_FLAG_RELIABLE);
	if (packet && enet_peer_send(s->peer_control, 0, packet) < 0)
		enet_packet_destroy(packet);
	enet_host_flush(s->peer_control->host);
}

void pf_gs_control_disconnect(struct pf_gs_stream *s, uint32_t why)
{
	uint8_t text[16];
	struct pf_wr w = pf_wr_init(text, sizeof(text));
	ENetPeer *peer = s->peer_control;
	if (!peer)
		return;
	if (why) {
		pf_gs_write_termination(&w, why);
		pf_gs_control_send(s, text, w.len);
	}
	peer->data = NULL;
	s->peer_control = NULL;
	enet_peer_disconnect_later(peer, 0);
	enet_host_flush(peer->host);
}

/* --- life --- */

static ENetHost *create_host(struct pf_gamestream *g, struct in_addr local, struct pf_reason *reason)
{
	uint16_t port = g->control_port ? g->control_port : g->p.port ? (uint16_t)(g->p.port + 10) : 0;
	const ENetAddress address = {.host = local.s_addr, .port = port};
	ENetHost *host = enet_host_create(&address, PEERS, PF_GS_CHANNELS, 0, 0);
	ENetAddress bound;
	char text[INET_ADDRSTRLEN];
	if (!host) {
		inet_ntop(AF_INET, &local, text, sizeof(text));
		pf_reason(reason, PF_ERR_IO,
			"UDP port %u at %s, for GameStream's control, is in use, perhaps by another host",
			port, text);
		return NULL;
	}
	host->maximumPacketSize = PACKET_BYTES_MAX;
	host->maximumWaitingData = WAITING_BYTES_MAX;
	if (enet_socket_get_address(host->socket, &bound) == 0)
		g->control_port = bound.port;
	return host;
}

int pf_gs_control_listen(struct pf_gamestream *g, struct in_addr local, struct pf_reason *reason)
{
	struct pf_gs_enet **place = NULL;
	for (size_t i = 0; i < PF_GS_ENETS_MAX; i++) {
		if (g->enets[i] && g->enets[i]->local.s_addr == local.s_addr)
			return PF_OK;
		if (!g->enets[i] && !place)
			place = &g->enets[i];
	}
	if (!place)
		return pf_reason(
			reason, PF_ERR_LIMIT, "this host has more addresses than it can serve GameStream on");
	struct pf_gs_enet *e = calloc(1, sizeof(*e));
	if (!e)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	e->g = g;
	e->local = local;
	e->host = create_host(g, local, reason);
	if (!e->host || uv_poll_init(g->loop, &e->poll, e->host->socket) < 0) {
		if (e->host)
			enet_host_destroy(e->host);
		free(e);
		return PF_ERR_IO;
	}
	uv_timer_init(g->loop, &e->timer);
	e->poll.data = e->timer.data = e;
	g->open_handles += 2;
	uv_poll_start(&e->poll, UV_READABLE, handle_readable);
	uv_timer_start(&e->timer, handle_timer, TIMER_MS, TIMER_MS);
	*place = e;
	return PF_OK;
}

static void handle_timer_closed(uv_handle_t *handle)
{
	struct pf_gs_enet *e = handle->data;
	struct pf_gamestream *g = e->g;
	enet_host_destroy(e->host);
	free(e);
	pf_gs_handle_closed(g);
	pf_gs_handle_closed(g);
}

static void handle_poll_closed(uv_handle_t *handle)
{
	struct pf_gs_enet *e = handle->data;
	uv_close((uv_handle_t *)&e->timer, handle_timer_closed);
}

void pf_gs_control_close(struct pf_gamestream *g)
{
	for (size_t i = 0; i < PF_GS_ENETS_MAX; i++) {
		if (!g->enets[i])
			continue;
		uv_close((uv_handle_t *)&g->enets[i]->poll, handle_poll_closed);
		g->enets[i] = NULL;
	}
}
