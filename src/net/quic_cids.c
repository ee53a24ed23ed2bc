#include "net/quic_cids.h"

#include <string.h>

static unsigned bucket_of(const uint8_t *cid)
{
	return (cid[0] | (unsigned)cid[1] << 8) % PF_QUIC_CIDS_BUCKETS;
}

static struct pf_quic_cid_link *find(const struct pf_quic_cids *t, const uint8_t *cid, size_t len)
{
	if (len != PF_QUIC_CID_BYTES)
		return NULL;
	struct pf_quic_cid_link *l = t->bucket[bucket_of(cid)];
	while (l && memcmp(l->bytes, cid, PF_QUIC_CID_BYTES) != 0)
		l = l->next;
	return l;
}

void *pf_quic_cids_find(const struct pf_quic_cids *t, const uint8_t *cid, size_t len)
{
	const struct pf_quic_cid_link *l = find(t, cid, len);
	return l ? l->owner : NULL;
}

bool pf_quic_cids_add(struct pf_quic_cids *t, struct pf_quic_cid_set *set, const ngtcp2_cid *cid, void *owner)
{
	if (cid->datalen != PF_QUIC_CID_BYTES)
		return false;
	const struct pf_quic_cid_link *known = find(t, cid->data, cid->datalen);
	if (known)
		return known->owner == owner;
	for (unsigned i = 0; i < PF_QUIC_CIDS_PER_OWNER; i++) {
		struct pf_quic_cid_link *l = &set->link[i];
		if (l->owner)
			continue;
		struct pf_quic_cid_link **head = &t->bucket[bucket_of(cid->data)];
		memcpy(l->bytes, cid->data, PF_QUIC_CID_BYTES);
		l->owner = owner;
		l->next = *head;
		*head = l;
		return true;
	}
	return false;
}

static void unlink_one(struct pf_quic_cids *t, struct pf_quic_cid_link *gone)
{
	struct pf_quic_cid_link **at = &t->bucket[bucket_of(gone->bytes)];
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	*gone = (struct pf_quic_cid_link){0};
}

void pf_quic_cids_remove(struct pf_quic_cids *t, struct pf_quic_cid_set *set, const ngtcp2_cid *cid)
{
	struct pf_quic_cid_link *l = find(t, cid->data, cid->datalen);
	if (l && l >= set->link && l < set->link + PF_QUIC_CIDS_PER_OWNER)
		unlink_one(t, l);
}

void pf_quic_cids_remove_all(struct pf_quic_cids *t, struct pf_quic_cid_set *set)
{
	for (unsigned i = 0; i < PF_QUIC_CIDS_PER_OWNER; i++) {
		if (set->link[i].owner)
			unlink_one(t, &set->link[i]);
	}
}
