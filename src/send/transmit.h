/*
 * From a format's batches to the socket: drops for tests, sends, and keeps the times.
 * The sender's thread owns it.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "os/udp.h"
#include "send/pacer.h"
#include "send/wire.h"

struct pf_transmit_counts {
	uint64_t datagrams, refused, test_dropped, calls;
};

struct pf_transmit {
	struct pf_wire *wire;
	struct pf_udp_sender socket;
	unsigned drop_percent; /* test knob */
	uint64_t random;       /* its state; not 0 */
	const _Atomic bool *stop;
	struct pf_transmit_counts counts; /* since the start */
	int64_t woke_ns;                  /* when the thread last woke up from a sleep */
};

/* Where one unit's time went. */
struct pf_transmit_times {
	int64_t packetise_ns; /* cutting, parity, seals */
	int64_t send_ns;      /* inside the system calls */
	int64_t first_ns;     /* pf_now_ns() before the first call; 0 = none yet */
	int64_t last_ns;      /* after the last one; or when the kernel is to let it go */
};

/* How long the kernel still keeps what it was handed with times. */
int64_t pf_transmit_backlog_ns(const struct pf_transmit *t, int64_t now_ns);

/* The others send what the wire has begun. Errors: PF_ERR_NOMEM (unit lost), PF_ERR_IO (socket failed),
 * PF_ERR_CLOSED (*stop was set, the rest stays). */

/* One batch of at most `max` datagrams. */
int pf_transmit_batch(struct pf_transmit *t, unsigned max, struct pf_transmit_times *times);
/* `packets` datagrams back to back, fewer when the unit ends. */
int pf_transmit_burst(struct pf_transmit *t, size_t packets, struct pf_transmit_times *times);
/* The whole unit, by the plan: with sleeps, or all at once where the socket's datagrams have times of their own. */
int pf_transmit_paced(
	struct pf_transmit *t, const struct pf_pace_plan *plan, struct pf_transmit_times *times);
