/*
 * What an operator sees and does (product 1.3, 3, 10): sessions, paired devices, the pairing window, devices that
 * wait for approval. Every call belongs to the net loop's thread; who is elsewhere asks through pf_host_ask. What
 * is returned is a copy. Changes to the device store are on the disk before they take effect.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/devices.h"
#include "media/codec.h"
#include "media/mode.h"
#include "pairing/ceremony.h"
#include "session/host.h"
#include "session/knocks.h"

/* --- the window in which a PIN pairs --- */

#define PF_ARM_SECONDS_DEFAULT 120
#define PF_ARM_SECONDS_MIN     15
#define PF_ARM_SECONDS_MAX     600

struct pf_arm {
	unsigned ttl_s; /* 0 = the default; else within the limits above */
	bool bound;     /* for one device only, which others can neither use nor burn */
	struct pf_fingerprint device;
	bool has_access; /* what the one who pairs may do; else what it had, or everything */
	struct pf_access access;
};
struct pf_window_status {
	bool armed;
	char pin[PF_PIN_DIGITS + 1];
	unsigned expires_in_s; /* 0 = stays open */
	bool bound;
	struct pf_fingerprint device;
};
/* Opens a window with a new PIN in place of the old one. Errors: PF_ERR_INVALID (the ttl; a damaged store). */
int pf_host_arm(struct pf_host *h, const struct pf_arm *arm, struct pf_reason *reason);
void pf_host_disarm(struct pf_host *h);
struct pf_window_status pf_host_window(const struct pf_host *h);

/* --- devices that wait for approval --- */

struct pf_knock_status {
	unsigned id; /* changes with each knock of the device: an old one decides nothing */
	char name[PF_NAME_BYTES_MAX + 1];
	struct pf_fingerprint fingerprint;
	char address[INET6_ADDRSTRLEN];
	bool wan; /* not from a local network: cannot be approved, only paired through a window bound to it */
	bool waiting; /* its connection is still open */
	unsigned age_s, expires_in_s;
};
/* Fills at most cap of them, oldest first; returns how many there are. */
size_t pf_host_knocks(const struct pf_host *h, struct pf_knock_status *out, size_t cap);
/* name and access may be NULL: its own name; what it had, or everything. Errors: PF_ERR_NOT_FOUND, PF_ERR_AUTH (wan),
 * and those of pf_devices_pair. */
int pf_host_approve(struct pf_host *h, unsigned id, const char *name, const struct pf_access *access,
	struct pf_reason *reason);
/* Errors: PF_ERR_NOT_FOUND. */
int pf_host_deny(struct pf_host *h, unsigned id, struct pf_reason *reason);

/* --- paired devices --- */

const struct pf_devices *pf_host_devices(const struct pf_host *h);
int pf_host_rename_device(
	struct pf_host *h, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason);
/* Takes effect at once in the device's sessions. */
int pf_host_set_access(struct pf_host *h, const struct pf_fingerprint *fp, const struct pf_access *access,
	struct pf_reason *reason);
/* Its sessions end with 0x69. */
int pf_host_unpair(struct pf_host *h, const struct pf_fingerprint *fp, struct pf_reason *reason);
int pf_host_unpair_all(struct pf_host *h, struct pf_reason *reason);

/* --- the host --- */

const struct pf_fingerprint *pf_host_fingerprint(const struct pf_host *h);
const char *pf_host_encoder(const struct pf_host *h); /* backend or NULL */
bool pf_host_is_open(const struct pf_host *h);
/* Errors: PF_ERR_NOMEM. */
int pf_host_export_identity(const struct pf_host *h, struct pf_identity_pem *out);

/* --- sessions --- */

struct pf_session_status {
	uint64_t id;
	char name[PF_NAME_BYTES_MAX + 1];
	char address[INET6_ADDRSTRLEN];
	bool has_fingerprint;
	struct pf_fingerprint fingerprint;
	const char *state; /* a word: "handshake", "starting", "streaming", "ending", "waiting", "pairing" */
	struct pf_mode mode;
	enum pf_codec codec; /* PF_CODEC_NONE before negotiation */
	uint32_t bitrate_kbps;
	uint32_t grants;
	int64_t expires_unix; /* 0 = never */
	unsigned seconds;     /* since streaming began */
	uint64_t frames, repeats, dropped;
	bool muted;                            /* by the operator */
	uint64_t events_taken, events_refused; /* of the client's input, by its grants */
};
/* As pf_host_knocks. */
size_t pf_host_sessions(const struct pf_host *h, struct pf_session_status *out, size_t cap);
/* Ends it for good: its display is not kept. Errors: PF_ERR_NOT_FOUND. */
int pf_host_stop_session(struct pf_host *h, uint64_t id, struct pf_reason *reason);
/* Its client hears nothing from now on, or hears again; a native one is told. Errors: PF_ERR_NOT_FOUND. */
int pf_host_mute_session(struct pf_host *h, uint64_t id, bool muted, struct pf_reason *reason);
/* Returns how many were ended. */
unsigned pf_host_stop_all(struct pf_host *h);

/* --- asking from another thread --- */

/*
 * Runs `work` on the net loop's thread and waits for it, 5 s at most. Thread-safety: safe, except on the net loop
 * itself. Errors: PF_ERR_TIMEOUT and PF_ERR_CLOSED (the host is ending); work has not run then, and will not.
 */
int pf_host_ask(struct pf_host *h, void (*work)(void *arg, struct pf_host *h), void *arg);

/* --- what happens --- */

/* Told through pf_host_params.on_event, on the net loop. Pointers live for the call. */
struct pf_host_event {
	const char *
		kind; /* client.connected, client.disconnected, session.started, session.ended, pairing.pending,
			     pairing.completed, pairing.denied, access.granted, access.changed, access.expired,
			     host.started, host.stopping */
	uint64_t session;                         /* 0 = of none */
	const struct pf_fingerprint *fingerprint; /* NULL = of none */
	const char *name;                         /* of the device; may be NULL */
	const char *reason;                       /* may be NULL */
};
