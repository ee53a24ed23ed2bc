/*
 * One UDP socket with its connections: receiving, and the moment once per loop turn when everything that
 * was queued is sent. Host and client are built on it. Private to net/. Thread-safety: the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "net/quic_cids.h"
#include "net/quic_socket.h"

#define PF_QUIC_SECRET_BYTES 32

struct pf_quic;

struct pf_quic_endpoint {
	uv_loop_t *loop;
	struct pf_quic_socket socket;
	uv_poll_t poll;
	uv_prepare_t prepare; /* sends what was queued in this turn before the loop sleeps */
	unsigned open_handles;
	bool ending;                 /* no new connections; goes when the last one has gone */
	bool no_linger;              /* connections go as soon as they are closed */
	unsigned live;               /* connections in memory, those that only linger included */
	struct pf_quic *connections; /* list of them */
	struct pf_quic *first_waiting, *last_waiting; /* queue of those with something to do */
	struct pf_quic_cids cids;
	uint8_t secret[PF_QUIC_SECRET_BYTES]; /* of Retry and stateless reset tokens; set before start */
	pf_quic_on_packet on_packet;
	void (*on_gone)(struct pf_quic_endpoint *e); /* from the loop: nothing refers to it any more */
};

/* `e` is zeroed memory with an open socket; the callbacks get `e` itself. On failure nothing was started.
 * Errors: PF_ERR_IO. */
int pf_quic_endpoint_start(struct pf_quic_endpoint *e, uv_loop_t *loop, pf_quic_on_packet on_packet,
	void (*on_gone)(struct pf_quic_endpoint *e), struct pf_reason *reason);
/* Ends once no connection is left; on_gone follows from the loop. */
void pf_quic_endpoint_end(struct pf_quic_endpoint *e);

void pf_quic_endpoint_add(struct pf_quic_endpoint *e, struct pf_quic *q);
void pf_quic_endpoint_remove(struct pf_quic_endpoint *e, struct pf_quic *q);
/* The connection is served before the loop sleeps. */
void pf_quic_endpoint_wake(struct pf_quic_endpoint *e, struct pf_quic *q);
