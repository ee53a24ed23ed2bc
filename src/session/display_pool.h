/*
 * Displays that outlive their session for a while (product 4.1 keep-alive), so that a client that comes
 * back finds its desktop as it left it. Displays are destroyed by the pool's own thread; callers
 * wait for one only when every place is taken.
 * Thread-safety: safe.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "display/display.h"
#include "identity/identity.h"

struct pf_display_pool;

#define PF_DISPLAY_KEEP_MS_DEFAULT 10000
#define PF_DISPLAY_KEPT_MAX        16

/* Errors: PF_ERR_NOMEM. */
int pf_display_pool_create(struct pf_display_pool **out);
/* Destroys every kept display, all at the same time, then the pool. NULL is fine. */
void pf_display_pool_destroy(struct pf_display_pool *pool);

/* Takes over a display for keep_ms; 0, or no owner, destroys it soon. The oldest kept one goes when there
 * are too many. */
void pf_display_pool_put(struct pf_display_pool *pool, const struct pf_fingerprint *owner,
	struct pf_display *display, unsigned keep_ms);
/* Is there a living display of that owner? */
bool pf_display_pool_has(struct pf_display_pool *pool, const struct pf_fingerprint *owner);
/* The living display of that owner, now the caller's, or NULL. */
struct pf_display *pf_display_pool_take(struct pf_display_pool *pool, const struct pf_fingerprint *owner);
