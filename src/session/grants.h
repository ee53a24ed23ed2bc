/*
 * What a session's client may do, and until when (native-control 6.7, 4.9): the one place where each event is
 * checked, and the law of its warnings. Pure; seconds of the wall clock; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "identity/devices.h"

struct pf_grants {
	struct pf_access access;
	unsigned warned_s;       /* the client knows that fewer seconds than these are left */
	uint64_t taken, refused; /* events */
};

/* From now on; the client is told by Welcome or by the AccessUpdate that the caller sends. */
void pf_grants_set(struct pf_grants *g, const struct pf_access *access, int64_t now_unix);

/* May an event pass that needs this grant (PF_GRANT_*)? 0: no client may send it. Counts. */
bool pf_grants_allow(struct pf_grants *g, unsigned needed);
/* Those that this host knows. */
uint32_t pf_grants_mask(const struct pf_grants *g);
/* 0 = no end; at least 1 otherwise. */
uint32_t pf_grants_seconds_left(const struct pf_grants *g, int64_t now_unix);

enum pf_grants_due {
	PF_GRANTS_FINE,
	PF_GRANTS_WARN, /* 300 s or 60 s are left: tell the client, once each */
	PF_GRANTS_OVER, /* close 0x69 */
};
/* At least once a second. */
enum pf_grants_due pf_grants_look(struct pf_grants *g, int64_t now_unix);
