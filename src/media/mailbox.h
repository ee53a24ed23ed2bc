/*
 * The place between capture and encode: room for one frame, the newest wins, and the one it replaces goes
 * back to its producer at once, its damage added to the newer one's. One producer thread, one consumer thread, anyone may wake.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/frame.h"

struct pf_mailbox {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct pf_frame *frame;
	bool woken;
	uint64_t replaced; /* frames that a newer one overtook */
};

void pf_mailbox_init(struct pf_mailbox *m);
void pf_mailbox_finish(struct pf_mailbox *m);

/* Takes over the caller's reference. */
void pf_mailbox_put(struct pf_mailbox *m, struct pf_frame *frame);
/* Ends a running or the next wait early. Thread-safety: safe. */
void pf_mailbox_wake(struct pf_mailbox *m);
/* The newest frame; its reference is the caller's. deadline_ns is of pf_now_ns.
 * Errors: PF_ERR_TIMEOUT, PF_ERR_AGAIN (woken). */
int pf_mailbox_take(struct pf_mailbox *m, int64_t deadline_ns, struct pf_frame **out);
/* As take, but leaves the frame where it is. */
int pf_mailbox_wait(struct pf_mailbox *m, int64_t deadline_ns);
