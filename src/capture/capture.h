/*
 * Frames in. A capture owns its connection to the source; all calls come from the capture thread, but for
 * pf_capture_wake. Event-driven: the next request is always with the source before the last frame is
 * handed out (request first, wait second), and an idle source costs nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "media/frame.h"
#include "media/mode.h"

struct pf_capture;

struct pf_capture_impl {
	const char *name;
	int (*next)(struct pf_capture *c, int timeout_ms, struct pf_frame **out, struct pf_reason *reason);
	void (*wake)(struct pf_capture *c);
	void (*destroy)(struct pf_capture *c);
};

/* First member of every backend's own struct. */
struct pf_capture {
	const struct pf_capture_impl *impl;
};

/*
 * Waits for the next changed picture. On PF_OK *out is a reference that the caller drops; its buffer goes
 * back to the source then.
 * Errors: PF_ERR_TIMEOUT (nothing changed; call again), PF_ERR_AGAIN (woken by pf_capture_wake),
 * PF_ERR_REBUILD (the source changed its size or format, or went away: destroy and open anew; reason says
 * why), PF_ERR_NOMEM.
 */
int pf_capture_next(struct pf_capture *c, int timeout_ms, struct pf_frame **out, struct pf_reason *reason);
/* Ends a running pf_capture_next early. Thread-safety: safe. */
void pf_capture_wake(struct pf_capture *c);
/* Frames still referenced elsewhere stay readable; their memory goes with the last reference. */
void pf_capture_destroy(struct pf_capture *c);

/*
 * Deterministic picture source at the mode's rate (or faster than real time when unpaced), for tests and
 * `punktfunk1-host --source synthetic`: a moving pattern whose first pixels hold the frame number.
 */
int pf_capture_synthetic_create(struct pf_capture **out, struct pf_mode mode, bool paced);
