/* A network between client and host that loses, cuts off and changes addresses as told. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <uv.h>

#define RELAY_FLOWS 8

struct pair;
struct relay;

/* One client, seen by the host under the address of `fd`. */
struct relay_flow {
	struct relay *relay;
	int fd;
	uv_poll_t poll;
	struct sockaddr_in client;
};

struct relay {
	int fd; /* clients send here; 0: not started */
	uv_poll_t poll;
	struct sockaddr_in host;
	struct relay_flow flow[RELAY_FLOWS];
	unsigned flows;
	bool cut;               /* nothing passes */
	bool drop_long_replies; /* of the host's long-header packets only Retry passes */
	unsigned loss_percent;  /* of all packets, from a seeded generator */
	unsigned seed;
	unsigned first_flight_bytes; /* of the client before anything came back */
	unsigned retries, replies, dropped;
};

/* p->relay stands before the pair's host: clients started from now on go through it. */
void relay_init(struct pair *p);
/* The host sees the client of the flow under a new port from now on. */
void relay_rebind(struct pair *p, unsigned flow);
/* Does nothing when it was not started. */
void relay_finish(struct pair *p);
