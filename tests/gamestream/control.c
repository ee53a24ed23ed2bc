#include "control.h"

#include "bytes.h"
#include "crypto.h"
#include "violations.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 24, CHANNELS = 48, MESSAGES_KEPT = 512 };

static size_t make_iv(uint8_t iv[16], bool v2, char side, uint32_t seq)
{
	memset(iv, 0, 16);
	if (!v2) {
		iv[0] = (uint8_t)seq;
		return 16;
	}
	gsc_put_le32(iv, seq);
	iv[10] = (uint8_t)side;
	iv[11] = 'C';
	return 12;
}

void gsc_control_seal(const uint8_t key[16], bool v2, char side, uint32_t seq, const uint8_t *plain,
	size_t len, uint8_t *wire)
{
	uint8_t iv[16];
	size_t iv_len = make_iv(iv, v2, side, seq);
	gsc_put_le16(wire, 1);
	gsc_put_le16(wire + 2, (unsigned)(4 + 16 + len));
	gsc_put_le32(wire + 4, seq);
	gsc_gcm_seal(key, iv, iv_len, plain, len, wire + HEAD, wire + 8);
}

long gsc_control_open(
	const uint8_t key[16], bool v2, char side, const uint8_t *wire, size_t len, uint8_t *plain)
{
	uint8_t iv[16];
	if (len < HEAD + 4 || gsc_le16(wire) != 1 || gsc_le16(wire + 2) != len - 4)
		return -1;
	size_t iv_len = make_iv(iv, v2, side, gsc_le32(wire + 4));
	return gsc_gcm_open(key, iv, iv_len, wire + HEAD, len - HEAD, plain, wire + 8) ? (long)(len - HEAD)
										       : -1;
}

void gsc_control_send(struct gsc_control *c, unsigned channel, unsigned flags, unsigned type,
	const void *payload, size_t len)
{
	uint8_t plain[128], wire[160];
	if (c->ended || !c->connected || len > sizeof(plain) - 4)
		return;
	gsc_put_le16(plain, type);
	gsc_put_le16(plain + 2, (unsigned)len);
	memcpy(plain + 4, payload, len);
	gsc_control_seal(c->session->key, c->session->options->encrypt & GSC_ENCRYPT_CONTROL, 'C', c->seq++,
		plain, len + 4, wire);
	ENetPacket *packet = enet_packet_create(wire, len + 4 + HEAD, flags);
	/* Channels beyond those negotiated fall back to 0. */
	if (enet_peer_send(c->peer, (enet_uint8)(channel < c->peer->channelCount ? channel : 0), packet) < 0)
		enet_packet_destroy(packet);
}

void gsc_control_start(struct gsc_control *c)
{
	gsc_control_send(c, 0, GSC_RELIABLE, 0x0302, "\0", 2);
	gsc_control_send(c, 0, GSC_RELIABLE, 0x0307, "", 1);
}

void gsc_control_ping(struct gsc_control *c)
{
	gsc_control_send(c, 0, GSC_RELIABLE, 0x0200, "\4\0\0\0\0\0\0", 8);
}

void gsc_control_ask_idr(struct gsc_control *c)
{
	c->idr_requests++;
	gsc_control_send(c, 1, GSC_RELIABLE, 0x0302, "\0", 2);
}

void gsc_control_invalidate(struct gsc_control *c, uint32_t first, uint32_t last)
{
	uint8_t payload[24] = {0};
	gsc_put_le32(payload, first);
	gsc_put_le32(payload + 8, last);
	c->rfi_requests++;
	gsc_control_send(c, 1, GSC_RELIABLE, 0x0301, payload, sizeof(payload));
}

void gsc_control_fec_status(struct gsc_control *c, const uint8_t status[21])
{
	double now = gsc_now_ms();
	if (!c->session->sunshine)
		return;
	if (now - c->fec_window_ms >= 100) {
		c->fec_window_ms = now;
		c->fec_reports = 0;
	}
	if (c->fec_reports++ < 8)
		gsc_control_send(c, 0, GSC_UNSEQUENCED, 0x5502, status, 21);
}

static json_t *describe(unsigned type, const uint8_t *p, size_t len)
{
	char name[8];
	snprintf(name, sizeof(name), "0x%04x", type);
	char *hex = gsc_hex_new(p, len);
	json_t *m = json_pack("{s:s, s:s}", "type", name, "payload", hex);
	free(hex);
	if (type == 0x010b && len == 10)
		json_object_update_new(m, json_pack("{s:i, s:i, s:i}", "pad", gsc_le16(p + 4), "low",
						  gsc_le16(p + 6), "high", gsc_le16(p + 8)));
	if (type == 0x5500 && len == 6)
		json_object_update_new(m, json_pack("{s:i, s:i, s:i}", "pad", gsc_le16(p), "left",
						  gsc_le16(p + 2), "right", gsc_le16(p + 4)));
	if (type == 0x5501 && len == 5)
		json_object_update_new(m, json_pack("{s:i, s:i, s:i}", "pad", gsc_le16(p), "rate",
						  gsc_le16(p + 2), "kind", p[4]));
	if (type == 0x5502 && len == 5)
		json_object_update_new(
			m, json_pack("{s:i, s:[i,i,i]}", "pad", gsc_le16(p), "rgb", p[2], p[3], p[4]));
	if (type == 0x010e && len == 27)
		json_object_set_new(m, "enabled", json_integer(p[0]));
	return m;
}

static void check_message(const struct gsc_control *c, unsigned type, size_t len)
{
	static const struct {
		unsigned type;
		size_t len;
	} known[] = {
		{0x010b, 10}, {0x5500, 6}, {0x5501, 5}, {0x5502, 5}, {0x5503, 25}, {0x010e, 27}, {0x0109, 4}};
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].type != type)
			continue;
		if (known[i].len != len)
			gsc_violation("4.7: message 0x%04x has %zu bytes", type, len);
		if (type == 0x010e && gsc_now_ms() - c->connected_ms < 1000)
			gsc_violation("4.7: an HDR message at the start of an SDR stream");
		return;
	}
	gsc_violation("4.7: unknown message 0x%04x", type);
}

static void receive(struct gsc_control *c, unsigned channel, const ENetPacket *packet)
{
	uint8_t plain[4096];
	size_t total = packet->dataLength;
	if (channel || !(packet->flags & ENET_PACKET_FLAG_RELIABLE))
		gsc_violation("4.3: a message on channel %u, flags %u", channel, packet->flags);
	long len = total <= sizeof(plain) ? gsc_control_open(c->session->key,
						    c->session->options->encrypt & GSC_ENCRYPT_CONTROL, 'H',
						    packet->data, total, plain)
					  : -1;
	if (len < 4) {
		gsc_violation("4.4: a message of %zu bytes does not open", total);
		return;
	}
	if (gsc_le32(packet->data + 4) != c->host_seq)
		gsc_violation(
			"4.4: message %u has sequence number %u", c->host_seq, gsc_le32(packet->data + 4));
	c->host_seq = gsc_le32(packet->data + 4) + 1;
	unsigned type = gsc_le16(plain);
	size_t payload = (size_t)len - 4;
	if (gsc_le16(plain + 2) != payload)
		gsc_violation(
			"4.4: message 0x%04x tells %u bytes and has %zu", type, gsc_le16(plain + 2), payload);
	check_message(c, type, payload);
	if (json_array_size(c->messages) < MESSAGES_KEPT)
		json_array_append_new(c->messages, describe(type, plain + 4, payload));
	if (type == 0x0109 && payload >= 4) {
		snprintf(c->termination, sizeof(c->termination), "0x%08x", gsc_be32(plain + 4));
		c->ended = true;
		enet_peer_disconnect_now(c->peer, 0);
	}
}

static void on_event(struct gsc_control *c, ENetEvent *event)
{
	switch (event->type) {
	case ENET_EVENT_TYPE_CONNECT:
		c->connected = true;
		if (c->peer->channelCount < CHANNELS)
			gsc_violation("4.1: the host allows %zu channels", c->peer->channelCount);
		break;
	case ENET_EVENT_TYPE_RECEIVE:
		if (!c->ended)
			receive(c, event->channelID, event->packet);
		enet_packet_destroy(event->packet);
		break;
	case ENET_EVENT_TYPE_DISCONNECT:
		if (!c->ended && c->connected)
			gsc_violation("4.7: the host disconnected without a termination message");
		c->ended = true;
		break;
	default:
		break;
	}
}

void gsc_control_service(struct gsc_control *c)
{
	ENetEvent event;
	while (!(c->ended && !c->connected) && enet_host_service(c->enet, &event, 0) > 0)
		on_event(c, &event);
}

bool gsc_control_connect(struct gsc_control *c, const struct gsc_session *s, const volatile int *stop)
{
	ENetAddress address = {.host = s->host.s_addr, .port = s->control_port};
	*c = (struct gsc_control){.session = s, .messages = json_array()};
	c->enet = enet_initialize() == 0 ? enet_host_create(NULL, 1, CHANNELS, 0, 0) : NULL;
	c->peer = c->enet ? enet_host_connect(c->enet, &address, CHANNELS, s->connect_data) : NULL;
	if (!c->peer) {
		fprintf(stderr, "control: ENet cannot start\n");
		return false;
	}
	double deadline = gsc_now_ms() + 10000;
	while (!c->connected && !c->ended && !*stop && gsc_now_ms() < deadline) {
		struct pollfd fd = {.fd = c->enet->socket, .events = POLLIN};
		gsc_control_service(c);
		if (!c->connected)
			poll(&fd, 1, 20);
	}
	if (!c->connected)
		fprintf(stderr, "control: the host does not let us connect\n");
	/* The values of the real client. */
	enet_peer_timeout(c->peer, 2, 10000, 10000);
	c->connected_ms = gsc_now_ms();
	return c->connected;
}

void gsc_control_close(struct gsc_control *c, bool vanish)
{
	if (c->enet && c->connected && !c->ended && !vanish) {
		double deadline = gsc_now_ms() + 2000;
		c->ended = true;
		enet_peer_disconnect_later(c->peer, 0);
		while (c->peer->state != ENET_PEER_STATE_DISCONNECTED && gsc_now_ms() < deadline) {
			ENetEvent event;
			if (enet_host_service(c->enet, &event, 20) > 0 &&
				event.type == ENET_EVENT_TYPE_RECEIVE)
				enet_packet_destroy(event.packet);
		}
	}
	if (c->enet)
		enet_host_destroy(c->enet);
	c->enet = NULL;
}
