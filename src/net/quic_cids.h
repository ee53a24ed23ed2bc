/*
 * Finds the connection of a packet by its destination connection id. All ids are ours and random, so their
 * first bytes are the hash. The links live inside the connections: nothing is allocated per id.
 * Private to net/. Thread-safety: the loop's thread.
 */
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_QUIC_CID_BYTES      8 /* of every id we choose */
#define PF_QUIC_CIDS_BUCKETS   1024
#define PF_QUIC_CIDS_PER_OWNER 24 /* ngtcp2 keeps at most 8 in use, plus the first one and retired ones */

struct pf_quic_cid_link {
	struct pf_quic_cid_link *next;
	void *owner; /* NULL: free */
	uint8_t bytes[PF_QUIC_CID_BYTES];
};

struct pf_quic_cid_set {
	struct pf_quic_cid_link link[PF_QUIC_CIDS_PER_OWNER];
};

/* Zero-initialised. */
struct pf_quic_cids {
	struct pf_quic_cid_link *bucket[PF_QUIC_CIDS_BUCKETS];
};

/* False when the set is full or the id is not of our length. Adding an id twice is one entry. */
bool pf_quic_cids_add(
	struct pf_quic_cids *t, struct pf_quic_cid_set *set, const ngtcp2_cid *cid, void *owner);
void pf_quic_cids_remove(struct pf_quic_cids *t, struct pf_quic_cid_set *set, const ngtcp2_cid *cid);
void pf_quic_cids_remove_all(struct pf_quic_cids *t, struct pf_quic_cid_set *set);
/* NULL when nobody has it. */
void *pf_quic_cids_find(const struct pf_quic_cids *t, const uint8_t *cid, size_t len);
