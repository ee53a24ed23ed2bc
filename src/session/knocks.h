/*
 * Devices that are not paired and ask to be let in (native-control 6.5): what the operator sees and decides on. A
 * device has one entry; each knock gives it a new id, so that a decision on an older one counts for nothing.
 * Pure; any monotonic clock; one thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity/identity.h"
#include "proto/native/name.h"

#define PF_KNOCKS_MAX         32
#define PF_KNOCKS_PER_ADDRESS 4
#define PF_KNOCK_LIFE_NS      (600 * 1000000000ll)
#define PF_PARKED_MS          180000 /* a connection waits so long for the decision */

struct pf_knock {
	unsigned id; /* 0 = free */
	char name[PF_NAME_BYTES_MAX + 1];
	struct pf_fingerprint fingerprint;
	struct sockaddr_storage address;
	bool wan;     /* not from a local network */
	bool waiting; /* its connection is open */
	int64_t at_ns;
};

struct pf_knocks {
	struct pf_knock knock[PF_KNOCKS_MAX];
	unsigned last_id;
};

/* Adds the device, or renews its entry; the new id, or 0 when there are too many of its address or in all. An entry
 * whose device has gone makes room. The name is sanitised already. */
unsigned pf_knocks_add(struct pf_knocks *k, const struct pf_fingerprint *fp, const char *name,
	const struct sockaddr *address, bool wan, int64_t now_ns);
/* NULL: no such entry, or no longer. */
struct pf_knock *pf_knocks_find(struct pf_knocks *k, unsigned id, int64_t now_ns);
struct pf_knock *pf_knocks_find_device(struct pf_knocks *k, const struct pf_fingerprint *fp, int64_t now_ns);
/* The next one after `id` in the order of their knocks; 0 begins. NULL: there are no more. */
const struct pf_knock *pf_knocks_next(const struct pf_knocks *k, unsigned id, int64_t now_ns);
/* Decided. */
void pf_knocks_remove(struct pf_knocks *k, unsigned id);
/* Its connection is gone; the entry may still be decided on. */
void pf_knocks_left(struct pf_knocks *k, unsigned id);
