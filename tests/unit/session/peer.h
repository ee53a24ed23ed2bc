/*
 * A host with synthetic display and dummy encoder, and hand-made clients, all in one loop on loopback: the
 * whole session layer without a compositor. Waiting runs the loop and fails the test after a while.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "client/receiver.h"
#include "net/quic.h"
#include "proto/native/control.h"
#include "proto/native/framing.h"
#include "proto/native/hello.h"
#include "proto/native/pairing.h"
#include "proto/native/welcome.h"
#include "session/host.h"

struct place {
	uv_loop_t loop;
	struct pf_host *host;
	struct pf_host_params params;
	char config[64], runtime[80];
	bool gone;
};

struct peer {
	struct place *place;
	struct pf_quic *quic;         /* NULL once closed */
	struct pf_identity *identity; /* its own; NULL when it borrows one or has none */
	int64_t stream;
	struct pf_framer framer;
	bool connected, closed;
	struct pf_quic_close close;

	bool welcomed;
	struct pf_welcome welcome;
	unsigned pair_messages; /* of the pairing ceremony */
	struct pf_pair_message pair;
	unsigned control_count[256];    /* by type */
	struct pf_control control[256]; /* the newest of each type */
	unsigned timings;

	int media_fd;
	uv_poll_t poll;
	struct pf_receiver *receiver;
	unsigned units, keys, mismatched, lost;
	struct pf_receiver_stats stats;
};

void place_start(struct place *p, const struct pf_host_params *params);
/* With the configuration of a place that was left by place_stop_keeping. */
void place_start_again(struct place *p, const struct pf_host_params *params, const char *config);
/* Ends the host under its clients; they go on until peer_finish. */
void place_end_host(struct place *p);
void place_stop(struct place *p);
/* The configuration directory stays. */
void place_stop_keeping(struct place *p);
/* Runs the loop until *what is set; fails the test after 20 s. */
void place_wait(struct place *p, const bool *what);
void place_wait_count(struct place *p, const unsigned *count, unsigned at_least);
/* Runs the loop for a while. */
void place_run(struct place *p, unsigned ms);

/* identified: with a certificate of its own. Returns when connected and the control stream is open. */
void peer_connect(struct peer *c, struct place *p, bool identified);
/* With another peer's identity, which outlives this one. */
void peer_connect_as(struct peer *c, struct place *p, const struct pf_identity *identity);
void peer_send(struct peer *c, const void *message, size_t len);
void peer_send_control(struct peer *c, const struct pf_control *m);
struct pf_hello peer_hello(void);
void peer_send_hello(struct peer *c, const struct pf_hello *hello);
/* After Welcome: opens the media socket, sends Start and the punch, takes frames from then on. */
void peer_start(struct peer *c);
/* Closes if still open, waits for the end, frees. */
void peer_finish(struct peer *c, uint64_t code);
