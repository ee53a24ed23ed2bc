/*
 * Looking for hosts on the local network for a while: through the Avahi daemon where it runs, else by ourselves. Blocks
 * for the time given. One at a time in a process.
 */
#pragma once

#include "base/error.h"
#include "discovery/record.h"

#define PF_BROWSE_HOSTS_MAX 64

struct pf_found_host {
	struct pf_record record;
	struct in_addr address; /* the one to dial */
};

/* The hosts, at most PF_BROWSE_HOSTS_MAX, and how many. Errors, with a reason: PF_ERR_UNSUPPORTED, PF_ERR_NOMEM. */
int pf_browse(struct pf_found_host *out, size_t *count, unsigned ms, struct pf_reason *reason);
