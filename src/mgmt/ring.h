/*
 * What happened last, numbered, for those who watch (product 10.1): a ring of JSON lines that one thread fills and
 * several read, each from where it stands. Thread-safety: safe.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_RING_EVENTS     1024
#define PF_EVENT_KIND_MAX  32
#define PF_EVENT_DATA_MAX  1024
#define PF_EVENT_KINDS_MAX 512 /* bytes of a filter */

struct pf_ring_event {
	uint64_t seq; /* from 1 */
	char kind[PF_EVENT_KIND_MAX];
	char data[PF_EVENT_DATA_MAX]; /* one JSON object */
};

struct pf_event_ring;

int pf_event_ring_create(struct pf_event_ring **out);
void pf_event_ring_destroy(struct pf_event_ring *r);
/* data is cut off if it is too long, which ours never is. Returns its number. */
uint64_t pf_event_ring_put(struct pf_event_ring *r, const char *kind, const char *data);
/* The number of the newest one; 0 = there is none. */
uint64_t pf_event_ring_last(struct pf_event_ring *r);

enum pf_ring_verdict {
	PF_RING_EVENT,
	PF_RING_NOTHING, /* no newer one */
	PF_RING_GAP,     /* the next ones are gone: *seq now stands before the oldest that is left */
};
/* The first event after *seq, which then is its number. */
enum pf_ring_verdict pf_event_ring_next(struct pf_event_ring *r, uint64_t *seq, struct pf_ring_event *out);

/* Is the kind in a list such as "client.connected,pairing.*"? Everything is in an empty one. */
bool pf_event_kind_wanted(const char *kinds, const char *kind);
