/*
 * Whom this host trusts: the paired devices, the window in which a PIN pairs, the devices that wait for approval,
 * and those that are let in until they disconnect. Private to src/session; everything on the net loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "identity/devices.h"
#include "session/knocks.h"
#include "session/pairing_window.h"

#define PF_LEFT_MAX 32
#define PF_LEFT_NS  (60 * 1000000000ll) /* a reconnect within it keeps the device */

struct pf_trust {
	bool open; /* everybody is let in with everything */
	struct pf_devices *devices;
	struct pf_pairing_window window;
	struct pf_knocks knocks;
	struct {
		bool used;
		struct pf_fingerprint device;
		int64_t at_ns;
	} left[PF_LEFT_MAX]; /* devices that may stay until they disconnect, and have */
};

/* Opens the store, and removes from it whom nobody let in for longer. Errors: those of pf_devices_open. */
int pf_trust_init(struct pf_trust *t, const char *config_dir, bool open, struct pf_reason *reason);
void pf_trust_finish(struct pf_trust *t);

enum pf_trust_verdict { PF_TRUST_ADMITTED, PF_TRUST_ANONYMOUS, PF_TRUST_UNKNOWN };
/* fp NULL: no certificate. *access is written when admitted. */
enum pf_trust_verdict pf_trust_look(
	const struct pf_trust *t, const struct pf_fingerprint *fp, struct pf_access *access);

/* The device's last session has ended, or it is back. */
void pf_trust_left(struct pf_trust *t, const struct pf_fingerprint *fp, int64_t now_ns);
void pf_trust_back(struct pf_trust *t, const struct pf_fingerprint *fp);
/* Removes those whose time is over; when the next one's will be, 0 = there is none. */
int64_t pf_trust_remove_left(struct pf_trust *t, int64_t now_ns);
