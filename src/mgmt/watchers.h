/*
 * The streams of events to those who watch (product 10.1), as server-sent events over the API's connections. Private
 * to src/mgmt. Thread-safety: safe, but tell and beat belong to one thread.
 */
#pragma once

#include <microhttpd.h>
#include <stdint.h>

#include "mgmt/ring.h"
#include "session/admin.h"

#define PF_WATCHERS_MAX 32

struct pf_watchers;

int pf_watchers_create(struct pf_watchers **out);
/* Every stream has ended: after pf_watchers_end and the server's stop. */
void pf_watchers_destroy(struct pf_watchers *w);

/* from: the number after which to begin; UINT64_MAX: all that is left, then a mark that the rest is live. NULL when
 * there are PF_WATCHERS_MAX already, or no memory. */
struct MHD_Response *pf_watchers_stream(
	struct pf_watchers *w, struct MHD_Connection *connection, const char *kinds, uint64_t from);
void pf_watchers_tell(struct pf_watchers *w, const struct pf_host_event *e);
/* So that streams without events find out whose reader is gone. */
void pf_watchers_beat(struct pf_watchers *w);
/* Every stream ends now. */
void pf_watchers_end(struct pf_watchers *w);
