/*
 * Devices that pair, wait and stream, against a host of peer.h that lets in paired ones only. Everything fails the test
 * that runs when it does not go as named.
 */
#pragma once

#include "pairing/ceremony.h"
#include "peer.h"
#include "session/admin.h"
#include "session/fec_law.h"

extern const struct pf_host_params closed_host;
extern const struct pf_arm plain_arm;

/* The host ends the connection, with this code. */
void device_expect_close(struct peer *c, uint64_t code);
void device_send_pair(struct peer *c, const struct pf_pair_message *m);
/* A request with this message of SPAKE2. */
void device_request_pairing(struct peer *c, struct pf_slice spake);
/* A device asks to pair; the client half of the ceremony so far. */
struct pf_pairing_client device_ask(struct peer *c, const struct pf_identity *id, const char *pin);
/* The whole ceremony; true when the host says it is paired. */
bool device_pair(struct place *p, const struct pf_identity *id, const char *pin);
/* pf_identity_destroy() it. */
struct pf_identity *device_identity(void);
/* Opens a window; its PIN. */
void host_arm(struct place *p, const struct pf_arm *how, char pin[5]);
/* Until the next attempt may come. */
void host_cool_down(struct place *p);
/* Connects and says Hello. */
void device_hello(struct peer *c, struct place *p, const struct pf_identity *id);
/* ... and receives a few frames. */
void device_stream(struct peer *c, struct place *p, const struct pf_identity *id);
/* The one device that waits; waits for it to appear. */
struct pf_knock_status host_only_knock(struct place *p);
/* Pairs with a window of its own; access NULL: the default. */
void device_paired(struct place *p, const struct pf_identity *id, const struct pf_access *access);
/* The one session there is. */
struct pf_session_status host_only_session(struct place *p);
