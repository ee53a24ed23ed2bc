/*
 * QUIC connections of punktfunk/1 on a libuv loop (native-control 1.2): version 1, TLS 1.3, ALPN "pkf1",
 * datagrams, path MTU discovery up to 1472, Retry for unvalidated addresses, keep-alive, typed application
 * closes. Host side and client side share everything but the handshake.
 *
 * Thread-safety: everything here belongs to the loop's thread. No allocation per datagram after the
 * handshake. A connection may be closed from inside any of its callbacks; it stays valid until on_closed
 * has returned, then it is freed.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "identity/identity.h"
#include "proto/native/refusal.h"

#define PF_QUIC_REASON_MAX           256
#define PF_QUIC_DATAGRAM_QUEUE_BYTES 4096 /* oldest dropped silently beyond it */
#define PF_QUIC_STREAM_QUEUE_BYTES   ((size_t)256 * 1024)

enum pf_close_origin {
	PF_CLOSED_BY_PEER,        /* CONNECTION_CLOSE of application type: code and reason are the peer's */
	PF_CLOSED_BY_US,          /* pf_quic_close */
	PF_CLOSED_IDLE,           /* nothing heard for the idle timeout */
	PF_CLOSED_BY_TRANSPORT,   /* TLS alert or QUIC error of either side; reason has its name */
	PF_CLOSED_UNREACHABLE,    /* client: no answer within the handshake time */
	PF_CLOSED_WRONG_IDENTITY, /* client: the host's certificate is not the pinned one */
};

struct pf_quic_close {
	enum pf_close_origin origin;
	uint64_t code;
	char reason[PF_QUIC_REASON_MAX + 1]; /* scrubbed UTF-8, terminated */
};

struct pf_quic;      /* one connection */
struct pf_quic_host; /* a listening socket and its connections */

struct pf_quic_events {
	/* The handshake is complete and the peer's address validated. */
	void (*on_connected)(void *user, struct pf_quic *q);
	/* Bytes of a bidirectional stream in order; fin with the last ones. data lives for the call only. */
	void (*on_stream_data)(
		void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin);
	/* The peer reset the stream, or asked us to stop sending on it. May be NULL. */
	void (*on_stream_reset)(void *user, struct pf_quic *q, int64_t stream, uint64_t code);
	void (*on_datagram)(void *user, struct pf_quic *q, const uint8_t *data, size_t len);
	/* Last call for this connection, exactly once. */
	void (*on_closed)(void *user, struct pf_quic *q, const struct pf_quic_close *close);
};

struct pf_quic_limits {
	unsigned idle_timeout_ms;         /* 0 = 8000 (native-control 1.2); keep-alive at min(half, 4000) */
	unsigned max_connections;         /* host: 0 = 256, unfinished handshakes included */
	unsigned max_handshakes_per_addr; /* host: 0 = 16 unfinished at a time; one IPv6 /64 is one address */
	unsigned handshake_timeout_ms;    /* host: 0 = 10000; unfinished handshakes are dropped then */
};

/* Called for each new connection before its handshake: set the events to receive. Returning false refuses
 * it. */
typedef bool (*pf_quic_on_accept)(void *user, struct pf_quic *q);

/*
 * Listens on a UDP address; port 0 takes a free one. `id` outlives the host.
 * Errors: PF_ERR_IO with a reason such as "UDP port 9777 is in use ...", PF_ERR_NOMEM.
 */
int pf_quic_host_create(struct pf_quic_host **out, uv_loop_t *loop, const struct sockaddr *bind_addr,
	const struct pf_identity *id, const struct pf_quic_limits *limits, pf_quic_on_accept on_accept,
	void *user, struct pf_reason *reason);
uint16_t pf_quic_host_port(const struct pf_quic_host *h);
/* Closes every connection with the code (their on_closed runs), then frees; on_gone (may be NULL) is called
 * from the loop when nothing of it is left. */
void pf_quic_host_destroy(
	struct pf_quic_host *h, uint64_t code, const char *reason, void (*on_gone)(void *user), void *user);

struct pf_quic_client_params {
	struct sockaddr_storage remote;
	const struct pf_identity *id;     /* NULL: anonymous */
	const struct pf_fingerprint *pin; /* NULL: any certificate is accepted (trust on first use) */
	struct pf_quic_limits limits;
	unsigned handshake_timeout_ms; /* 0 = 10000 */
};

int pf_quic_connect(struct pf_quic **out, uv_loop_t *loop, const struct pf_quic_client_params *params,
	const struct pf_quic_events *events, void *user, struct pf_reason *reason);

void pf_quic_set_events(struct pf_quic *q, const struct pf_quic_events *events, void *user);

/* Errors: PF_ERR_AGAIN (the peer allows no more now), PF_ERR_CLOSED. */
int pf_quic_stream_open(struct pf_quic *q, int64_t *stream);
/* Copies into the send queue. Errors: PF_ERR_LIMIT (queue full: nothing was taken), PF_ERR_CLOSED,
 * PF_ERR_NOT_FOUND. */
int pf_quic_stream_write(struct pf_quic *q, int64_t stream, const void *data, size_t len, bool fin);
/* Resets our side and asks the peer to stop sending. */
void pf_quic_stream_cancel(struct pf_quic *q, int64_t stream, uint64_t code);

/* Latest wins: the oldest queued datagrams are dropped to make room. Errors: PF_ERR_LIMIT (larger than the
 * path or the peer allows), PF_ERR_CLOSED. */
int pf_quic_datagram_send(struct pf_quic *q, const void *data, size_t len);
/* Largest datagram that can be sent now; 0 before the handshake. */
size_t pf_quic_datagram_max(const struct pf_quic *q);

/* The first close wins. on_closed follows from the loop, not from inside this call. */
void pf_quic_close(struct pf_quic *q, uint64_t code, const char *reason);

/* Of the peer's certificate; NULL when it sent none. */
const struct pf_fingerprint *pf_quic_peer_fingerprint(const struct pf_quic *q);
const struct sockaddr *pf_quic_remote(const struct pf_quic *q);
/* The local address this connection really uses (never the wildcard once connected). */
const struct sockaddr *pf_quic_local(const struct pf_quic *q);
/* Largest UDP payload proven for the path so far, bytes. */
unsigned pf_quic_path_mtu(const struct pf_quic *q);
unsigned pf_quic_rtt_us(const struct pf_quic *q);
