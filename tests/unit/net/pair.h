/* A host and clients in one loop on loopback, with what each side saw. Shared by the tests of net/. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "net/quic.h"
#include "relay.h"

#define RECEIVED_MAX (2 * 1024 * 1024)

/* One end of one connection. */
struct end {
	struct pf_quic *q; /* NULL when closed */
	bool connected;
	unsigned closed; /* calls of on_closed */
	struct pf_quic_close close;
	bool peer_known;
	struct pf_fingerprint peer;
	bool echo;         /* send back what comes on streams */
	bool fin;          /* seen */
	int64_t stream;    /* of the last data */
	uint8_t *received; /* stream bytes, RECEIVED_MAX, from the first one on */
	size_t received_len;
	unsigned chunks; /* calls of on_stream_data */
	unsigned resets;
	uint64_t reset_code;
	unsigned datagrams;
	uint8_t datagram[2048]; /* the last one */
	size_t datagram_len;
	void (*on_connected)(struct end *e);
	void (*on_datagram)(struct end *e);
	void *user;
};

struct pair {
	uv_loop_t loop;
	struct pf_identity *host_id, *client_id;
	struct pf_quic_host *host;
	bool host_gone;
	bool refuse;
	struct pf_quic_client_params params; /* of the next client; remote filled in by start_host */
	struct end at_host[64];
	unsigned accepted;
	struct end client;
	struct relay relay;
	struct end *watched; /* for end_settled */
};

int pair_set_up(void **state);
/* Destroys what is left, and fails when a handle or a callback is missing. */
int pair_tear_down(void **state);

struct sockaddr_in ipv4(const char *host, uint16_t port);
void start_host(struct pair *p, const char *addr, const struct pf_quic_limits *limits);
/* As above, at any address; params.remote stays as it is. */
void start_host_at(struct pair *p, const struct sockaddr *addr, const struct pf_quic_limits *limits);
void start_client(struct pair *p, struct end *e);
/* Both sides connected. */
void connect_pair(struct pair *p);
/* Runs the loop until the condition holds; fails after 15 s. */
void run_until(struct pair *p, bool (*done)(struct pair *p));
void run_for(struct pair *p, unsigned ms);

bool both_connected(struct pair *p);
bool client_connected(struct pair *p);
/* p->watched is connected or closed. */
bool end_settled(struct pair *p);
bool watched_closed(struct pair *p);
bool client_closed(struct pair *p);
bool host_end_closed(struct pair *p);
bool both_closed(struct pair *p);
const struct pf_quic_events *end_events(void);
