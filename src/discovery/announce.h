/*
 * Announcing the host on the local network: through the Avahi daemon while it runs, else with a responder of our own
 * (libavahi-core). The daemon may come and go meanwhile. A thread of its own does it all, since libavahi-client may
 * wait for D-Bus.
 */
#pragma once

#include "base/error.h"
#include "discovery/record.h"

struct pf_announcer;

struct pf_announcer_params {
	struct pf_record record; /* addr and mac are found out, again and again */
	struct in_addr bound;    /* the only address that is listened on; 0 = all */
};

/* Errors, with a reason: PF_ERR_NOMEM, PF_ERR_IO. */
int pf_announcer_start(
	struct pf_announcer **out, const struct pf_announcer_params *params, struct pf_reason *reason);
/* Withdraws it. NULL is fine. */
void pf_announcer_stop(struct pf_announcer *a);
