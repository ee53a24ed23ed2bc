/*
 * One encoded access unit (one coded picture), from the encoder to the send stage. Reference-counted like
 * a frame; the encoder's pool gets it back. `data` is followed by PF_UNIT_PADDING readable zero bytes, so
 * that the last shard can be read without a copy.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/stamp.h"

#define PF_UNIT_BYTES_MAX (64u << 20) /* no client takes a larger one (native-media 3.1) */
#define PF_UNIT_PADDING   9216        /* >= the largest shard payload (native-media 1.5) */

struct pf_unit {
	_Atomic unsigned refs;
	uint8_t *data;
	size_t len;
	uint32_t frame_index; /* +1 per unit handed to the wire, across encoder rebuilds (native-media 3.4) */
	uint64_t pts_ns;      /* capture time, wall clock */
	bool key;             /* an IDR with its parameter sets */
	bool repeat;          /* a held picture encoded again: no new content */
	bool recovery_anchor; /* predicted only from pictures that the client is known to hold */
	struct pf_stamps stamps;

	void (*on_release)(struct pf_unit *unit, void *owner); /* the pool's; any thread */
	void *owner;
};

/* Thread-safety: safe. */
static inline struct pf_unit *pf_unit_ref(struct pf_unit *u)
{
	atomic_fetch_add_explicit(&u->refs, 1, memory_order_relaxed);
	return u;
}

/* NULL is fine. Returns NULL. */
static inline struct pf_unit *pf_unit_unref(struct pf_unit *u)
{
	if (u && atomic_fetch_sub_explicit(&u->refs, 1, memory_order_acq_rel) == 1)
		u->on_release(u, u->owner);
	return NULL;
}
