/*
 * The client's side of the control connection (native-control 2, 4): dials, Hello, Welcome, Start, clock
 * rounds, messages either way. What is done with a running session is the caller's business.
 * One thread: the loop's.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "client/clock_sync.h"
#include "net/quic.h"
#include "probe/options.h"
#include "proto/native/control.h"
#include "proto/native/datagram.h"
#include "proto/native/welcome.h"

struct pf_probe_link;

struct pf_probe_link_events {
	/* The host took us. Names the local media port that Start is to carry; an error ends the link with
	 * the reason. `host` is the address of the connection with the media port. */
	int (*on_welcome)(void *user, const struct pf_welcome *welcome, const struct sockaddr *host,
		uint16_t *media_port, struct pf_reason *reason);
	/* Start is sent and the clocks are compared (or the host did not answer): punch. */
	void (*on_ready)(void *user);
	/* A later batch of rounds is over. */
	void (*on_clock)(void *user);
	void (*on_message)(void *user, const struct pf_control *m);
	void (*on_timing)(void *user, const struct pf_host_timing *t);
	/* Rumble or HID output. */
	void (*on_feedback)(void *user, const struct pf_datagram *d);
	/* AUDIO, AUDIO_RED or PCM. */
	void (*on_sound)(void *user, const struct pf_datagram *d);
	/* Exactly once, last. */
	void (*on_closed)(void *user, const struct pf_quic_close *close);
};

/* id NULL: anonymous. Errors: PF_ERR_NOT_FOUND (name), PF_ERR_IO, PF_ERR_NOMEM. */
int pf_probe_link_open(struct pf_probe_link **out, uv_loop_t *loop, const struct pf_probe_options *options,
	const struct pf_identity *id, const struct pf_probe_link_events *events, void *user,
	struct pf_reason *reason);
/* After on_closed, or when open failed. NULL is fine. */
void pf_probe_link_destroy(struct pf_probe_link *l);

void pf_probe_link_send(struct pf_probe_link *l, const struct pf_control *m);
/* The latest win when there is no room. */
void pf_probe_link_datagram(struct pf_probe_link *l, const uint8_t *data, size_t len);
/* Every few milliseconds: time limits and clock rounds that are due. */
void pf_probe_link_tick(struct pf_probe_link *l, int64_t now_ns);
/* Starts a batch of clock rounds; on_clock follows. Does nothing while one runs. */
void pf_probe_link_resync(struct pf_probe_link *l);
const struct pf_clock_sync *pf_probe_link_clock(const struct pf_probe_link *l);
/* NULL before the connection stands. */
const struct pf_fingerprint *pf_probe_link_fingerprint(const struct pf_probe_link *l);
void pf_probe_link_close(struct pf_probe_link *l, uint64_t code, const char *why);
