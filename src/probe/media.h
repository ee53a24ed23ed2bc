/*
 * The media socket and the thread that receives on it (native-media 1, 5). The loop's thread opens, starts,
 * punches, takes events and closes; everything else happens on the media thread. One object per session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "client/receiver.h"
#include "probe/output.h"

#define PF_PROBE_EVENTS_MAX 1024 /* units and losses that the loop has not looked at yet */

struct pf_probe_media;

enum pf_probe_event_kind { PF_PROBE_UNIT, PF_PROBE_LOST };

struct pf_probe_event {
	enum pf_probe_event_kind kind;
	uint32_t frame_index;
	/* PF_PROBE_UNIT only: */
	uint32_t user_flags;
	uint64_t pts_ns;
	uint64_t received_wall_ns; /* our wall clock, when it was whole */
	size_t len;
	bool mismatched; /* with verify: the bytes are not those of the synthetic source */
	int64_t at_ns;   /* of both kinds; pf_now_ns() */
};

struct pf_probe_media_params {
	struct pf_receiver_params receiver; /* key need live only during the call */
	const struct sockaddr *host;        /* address and media port */
	bool verify;
	struct pf_probe_output *output; /* NULL, or outlives the media object */
	void (*on_events)(void *user);  /* on the media thread: there are events to take */
	void *user;
};

/* Binds the socket, so that its port can be told to the host. Errors: those of pf_udp_open, PF_ERR_NOMEM. */
int pf_probe_media_open(struct pf_probe_media **out, int family, struct pf_reason *reason);
uint16_t pf_probe_media_port(const struct pf_probe_media *m);
/* Connects and starts the thread. Errors: those of pf_receiver_create, PF_ERR_IO, PF_ERR_NOMEM. */
int pf_probe_media_start(
	struct pf_probe_media *m, const struct pf_probe_media_params *params, struct pf_reason *reason);
void pf_probe_media_punch(struct pf_probe_media *m);
/* False: there are no more now. */
bool pf_probe_media_take(struct pf_probe_media *m, struct pf_probe_event *out);
struct pf_receiver_stats pf_probe_media_stats(struct pf_probe_media *m);
/* Throws away what waits in the socket: the backlog of a client that was too slow. */
void pf_probe_media_flush(struct pf_probe_media *m);
/* Ends the thread; the last events can still be taken. */
void pf_probe_media_stop(struct pf_probe_media *m);
/* Stops and frees. NULL is fine. */
void pf_probe_media_close(struct pf_probe_media *m);
