/*
 * The capture thread: takes frames from a capture and puts them into the mailbox, nothing else.
 */
#pragma once

#include "base/error.h"
#include "capture/capture.h"
#include "media/mailbox.h"

struct pf_capture_stage;

/* Borrows capture and mailbox until stop returns. on_failed is called at most once, from the capture
 * thread, when the source is spent; the thread has nothing left to do then.
 * Errors: PF_ERR_NOMEM. */
int pf_capture_stage_start(struct pf_capture_stage **out, struct pf_capture *capture,
	struct pf_mailbox *mailbox, void (*on_failed)(void *user, const struct pf_reason *reason),
	void *user);
/* Joins the thread. NULL is fine. */
void pf_capture_stage_stop(struct pf_capture_stage *s);
