/*
 * Waiting for a client's hole punch on the media socket (native-media 1.2): the first datagram that begins
 * with the magic and comes from the QUIC peer's IP tells the port to stream to; after 2.5 s the port of
 * Start is used. On the net loop.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <uv.h>

#define PF_PUNCH_WAIT_MS 2500
#define PF_PUNCH_MAGIC   "PFpunch1"
#define PF_PUNCH_BYTES   8

struct pf_punch {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	struct sockaddr_storage fallback; /* the peer's IP with Start's port */
	/* Once. seen = false: the deadline passed, client is the fallback. */
	void (*on_done)(void *user, const struct sockaddr *client, bool seen);
	/* The handles are closed after stop. */
	void (*on_gone)(void *user);
	void *user;
	unsigned open_handles;
};

/* p stays in place until on_gone. Errors: PF_ERR_IO. */
int pf_punch_start(struct pf_punch *p, uv_loop_t *loop, int fd, const struct sockaddr *fallback,
	void (*on_done)(void *user, const struct sockaddr *client, bool seen), void *user);
/* Closes the handles; on_gone (may be NULL) follows from the loop. The socket stays open. */
void pf_punch_stop(struct pf_punch *p, void (*on_gone)(void *user));
