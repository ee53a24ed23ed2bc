/* The control channel: ENet, its encryption layer, the messages of both directions (spec 4). */
#pragma once

#include "session.h"

#include <enet/enet.h>
#include <jansson.h>

struct gsc_control {
	const struct gsc_session *session;
	ENetHost *enet;
	ENetPeer *peer;
	bool connected, ended; /* ended: by the host */
	uint32_t seq, host_seq;
	json_t *messages;
	char termination[16]; /* empty: none */
	double connected_ms;
	unsigned idr_requests, rfi_requests;
	/* FEC reports: at most 8 per 100 ms */
	double fec_window_ms;
	unsigned fec_reports;
};

enum { GSC_RELIABLE = ENET_PACKET_FLAG_RELIABLE, GSC_UNSEQUENCED = ENET_PACKET_FLAG_UNSEQUENCED };

/* False with a line on stderr when the host does not let us connect in 10 s; stop ends the wait. */
bool gsc_control_connect(struct gsc_control *c, const struct gsc_session *s, const volatile int *stop);
/* Takes what arrived and sends what is due. */
void gsc_control_service(struct gsc_control *c);
void gsc_control_send(struct gsc_control *c, unsigned channel, unsigned flags, unsigned type,
	const void *payload, size_t len);
void gsc_control_start(struct gsc_control *c);
void gsc_control_ping(struct gsc_control *c);
void gsc_control_ask_idr(struct gsc_control *c);
void gsc_control_invalidate(struct gsc_control *c, uint32_t first, uint32_t last);
void gsc_control_fec_status(struct gsc_control *c, const uint8_t status[21]);
void gsc_control_close(struct gsc_control *c, bool vanish);

/* The encryption layer alone: wire holds len + 24 bytes; open gives the plaintext length, -1 on failure. */
void gsc_control_seal(const uint8_t key[16], bool v2, char side, uint32_t seq, const uint8_t *plain,
	size_t len, uint8_t *wire);
long gsc_control_open(
	const uint8_t key[16], bool v2, char side, const uint8_t *wire, size_t len, uint8_t *plain);
