#include "mgmt/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pf_event_ring {
	pthread_mutex_t lock; /* guards the rest */
	uint64_t last;
	struct pf_ring_event event[PF_RING_EVENTS]; /* number n at n % PF_RING_EVENTS */
};

int pf_event_ring_create(struct pf_event_ring **out)
{
	struct pf_event_ring *r = calloc(1, sizeof(*r));
	if (!r)
		return PF_ERR_NOMEM;
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return PF_OK;
}

void pf_event_ring_destroy(struct pf_event_ring *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

uint64_t pf_event_ring_put(struct pf_event_ring *r, const char *kind, const char *data)
{
	pthread_mutex_lock(&r->lock);
	uint64_t seq = ++r->last;
	struct pf_ring_event *e = &r->event[seq % PF_RING_EVENTS];
	e->seq = seq;
	snprintf(e->kind, sizeof(e->kind), "%s", kind);
	snprintf(e->data, sizeof(e->data), "%s", data);
	pthread_mutex_unlock(&r->lock);
	return seq;
}

uint64_t pf_event_ring_last(struct pf_event_ring *r)
{
	pthread_mutex_lock(&r->lock);
	uint64_t last = r->last;
	pthread_mutex_unlock(&r->lock);
	return last;
}

enum pf_ring_verdict pf_event_ring_next(struct pf_event_ring *r, uint64_t *seq, struct pf_ring_event *out)
{
	enum pf_ring_verdict verdict = PF_RING_NOTHING;
	pthread_mutex_lock(&r->lock);
	uint64_t oldest = r->last >= PF_RING_EVENTS ? r->last - PF_RING_EVENTS + 1 : 1;
	/* A number from the time before a restart is beyond ours: what it stands for is gone as well. */
	if (*seq > r->last || *seq + 1 < oldest) {
		*seq = oldest - 1;
		verdict = PF_RING_GAP;
	} else if (*seq < r->last) {
		*out = r->event[++*seq % PF_RING_EVENTS];
		verdict = PF_RING_EVENT;
	}
	pthread_mutex_unlock(&r->lock);
	return verdict;
}

static bool matches(const char *pattern, size_t len, const char *kind)
{
	if (len >= 2 && strncmp(pattern + len - 2, ".*", 2) == 0)
		return strncmp(kind, pattern, len - 1) == 0;
	return strlen(kind) == len && strncmp(kind, pattern, len) == 0;
}

bool pf_event_kind_wanted(const char *kinds, const char *kind)
{
	if (!kinds[0])
		return true;
	for (;;) {
		size_t len = strcspn(kinds, ",");
		if (matches(kinds, len, kind))
			return true;
		if (!kinds[len])
			return false;
		kinds += len + 1;
	}
}
