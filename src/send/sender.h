/*
 * The send stage: a thread that takes encoded units from a ring, cuts, protects, seals and paces them onto
 * the session's media socket (native-media 1..3, 7.1, 7.3). Created with the session, before the pipeline:
 * the socket and the sequence numbers live as long as the session, encoders come and go.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "media/unit.h"
#include "os/udp.h"
#include "seal/seal.h"
#include "send/wire.h"

struct pf_sender;

/* What ProbeResult reports (native-media 7.3). */
struct pf_probe_result {
	uint64_t bytes_sent;
	uint32_t packets_sent; /* access units of filler */
	uint32_t duration_ms;
	uint32_t wire_packets_sent;
	uint32_t send_dropped;
};

struct pf_sender_params {
	int fd; /* bound media socket, connected to the client by pf_sender_start; owned by the sender */
	struct pf_wire
		*wire; /* the packet format, owned by the sender; NULL: the native one, by the next five */
	enum pf_cipher cipher;
	const uint8_t *key; /* copied */
	uint8_t salt[PF_SEAL_SALT_BYTES];
	unsigned shard_payload; /* P */
	bool two_parity_shards; /* at least two per block whenever parity is on */
	unsigned fec_percent;   /* start value; also fixes T (native-media 3.1) */
	uint32_t bitrate_kbps;  /* wire budget: the pacer's rate is three times it */
	uint32_t refresh_hz;
	enum pf_udp_marking marking; /* DSCP CS5; by default towards private peers only */
	bool gso;                    /* trains of datagrams, where the kernel makes them */
	bool txtime; /* the kernel paces, where its queueing discipline can; else the thread sleeps */
	unsigned drop_percent; /* test knob PUNKTFUNK_VIDEO_DROP: 0..90 % of datagrams are not sent */

	/* After the last packet of a unit left; from the send thread. stamps are complete. */
	void (*on_sent)(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps);
	/* The unit was dropped whole (ring full, or larger than the client takes): ask for recovery. From the
	 * thread that caused it. */
	void (*on_dropped)(void *user, const struct pf_unit *unit);
	/* A probe burst has ended; from the send thread. */
	void (*on_probe_done)(void *user, const struct pf_probe_result *result);
	/* The socket failed for good (error: errno); from the send thread. No unit is sent after it. */
	void (*on_failed)(void *user, int error);
	void *user;
};

struct pf_sender_stats {
	uint64_t units, unit_bytes, datagrams, datagrams_refused, datagrams_test_dropped, units_dropped;
	uint64_t send_calls;
};

/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (cipher). On failure fd and wire stay the caller's. */
int pf_sender_create(struct pf_sender **out, const struct pf_sender_params *params);
/* Connects the socket to the client and starts the thread. Errors: PF_ERR_IO. */
int pf_sender_start(struct pf_sender *s, const struct sockaddr *client);
/* Stops the thread within 200 ms, closes the socket, frees. NULL is fine. */
void pf_sender_destroy(struct pf_sender *s);

/* Hands over the caller's reference. From the encode thread only (one producer). The ring holds
 * 50 ms of units, at least four; when it is full the unit is dropped whole and on_dropped called. */
void pf_sender_submit(struct pf_sender *s, struct pf_unit *unit);

/* Thread-safety of the rest: safe. They apply at the next unit. */
void pf_sender_set_fec_percent(struct pf_sender *s, unsigned percent);
void pf_sender_set_bitrate(struct pf_sender *s, uint32_t wire_kbps);
void pf_sender_set_refresh(struct pf_sender *s, uint32_t refresh_hz);
void pf_sender_set_max_unit_bytes(struct pf_sender *s, uint32_t bytes);
/* The client has another address now. Errors: PF_ERR_IO. */
int pf_sender_redirect(struct pf_sender *s, const struct sockaddr *client);
/* Takes effect at a unit's border (native-media 1.5). */
void pf_sender_set_shard_payload(struct pf_sender *s, unsigned shard_payload);
/* Starts a burst of filler; false while one runs. Target and duration are already clamped. */
bool pf_sender_probe(struct pf_sender *s, uint32_t target_kbps, uint32_t duration_ms);
void pf_sender_get_stats(struct pf_sender *s, struct pf_sender_stats *out);
