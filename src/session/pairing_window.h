/*
 * The window in which a PIN pairs devices (native-control 6.2): opened by the operator, for a time, perhaps for one
 * device only. Every well-formed attempt spends the PIN, so that four digits are one guess. Pure but for the random
 * PIN; any monotonic clock; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "identity/devices.h"
#include "pairing/ceremony.h"
#include "proto/native/refusal.h"

#define PF_PAIRING_COOLDOWN_NS 2000000000ll

/* Zero-initialised: closed. Wiped when it closes. */
struct pf_pairing_window {
	bool armed;
	bool stays;         /* for ever, with the same PIN again and again: for test harnesses */
	int64_t expires_ns; /* unless it stays */
	char pin[PF_PIN_DIGITS + 1];
	bool bound; /* to device */
	struct pf_fingerprint device;
	bool has_access; /* of whoever pairs */
	struct pf_access access;
	bool attempted;
	int64_t attempt_ns; /* of the last attempt that was not too soon */
};

/* A new PIN, in place of what was open. device and access may be NULL. */
void pf_pairing_window_open(struct pf_pairing_window *w, int64_t now_ns, int64_t ttl_ns,
	const struct pf_fingerprint *device, const struct pf_access *access);
/* Open until it is closed, with a PIN that nothing spends. */
void pf_pairing_window_open_always(struct pf_pairing_window *w, const char pin[PF_PIN_DIGITS + 1]);
void pf_pairing_window_close(struct pf_pairing_window *w);
bool pf_pairing_window_is_open(const struct pf_pairing_window *w, int64_t now_ns);

/* May this device try now? PF_CLOSE_NORMAL: yes; else the code of the refusal. local: its address is of a local
 * network. The cool-down counts from here on, whatever the answer. */
enum pf_close_code pf_pairing_window_attempt(
	struct pf_pairing_window *w, const struct pf_fingerprint *device, bool local, int64_t now_ns);
/* A challenge went out: the PIN is of no more use. */
void pf_pairing_window_spend(struct pf_pairing_window *w);
