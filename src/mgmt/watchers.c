#include "mgmt/watchers.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "os/clock.h"

#define FRAME_BYTES_MAX (PF_EVENT_DATA_MAX + PF_EVENT_KIND_MAX + 64)

struct stream {
	struct pf_watchers *watchers;
	struct MHD_Connection *connection;
	char kinds[PF_EVENT_KINDS_MAX];
	uint64_t seq;   /* of the last event looked at */
	bool mark_live; /* when it has caught up */
	unsigned beats; /* seen */
	char frame[FRAME_BYTES_MAX];
	size_t len, sent;
	bool suspended; /* guarded by the watchers' lock, as is its place in the list */
	struct stream *next;
};

struct pf_watchers {
	struct pf_event_ring *ring;
	pthread_mutex_t lock; /* guards the rest */
	struct stream *first;
	unsigned count, beats;
	bool ended;
};

int pf_watchers_create(struct pf_watchers **out)
{
	struct pf_watchers *w = calloc(1, sizeof(*w));
	if (!w)
		return PF_ERR_NOMEM;
	if (pf_event_ring_create(&w->ring) < 0) {
		free(w);
		return PF_ERR_NOMEM;
	}
	pthread_mutex_init(&w->lock, NULL);
	*out = w;
	return PF_OK;
}

void pf_watchers_destroy(struct pf_watchers *w)
{
	if (!w)
		return;
	pf_event_ring_destroy(w->ring);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Fills the next frame; false when there is nothing to send. The lock is held. */
static bool next_frame(struct stream *s)
{
	struct pf_ring_event e;
	s->sent = s->len = 0;
	for (;;) {
		switch (pf_event_ring_next(s->watchers->ring, &s->seq, &e)) {
		case PF_RING_GAP:
			s->len = (size_t)snprintf(s->frame, sizeof(s->frame), "event: dropped\ndata: {}\n\n");
			return true;
		case PF_RING_EVENT:
			if (!pf_event_kind_wanted(s->kinds, e.kind))
				continue;
			s->len = (size_t)snprintf(s->frame, sizeof(s->frame),
				"id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)e.seq, e.kind,
				e.data);
			return true;
		case PF_RING_NOTHING:
			break;
		}
		if (s->mark_live) {
			s->mark_live = false;
			s->len = (size_t)snprintf(s->frame, sizeof(s->frame), "event: live\ndata: {}\n\n");
		} else if (s->beats != s->watchers->beats) {
			s->beats = s->watchers->beats;
			s->len = (size_t)snprintf(s->frame, sizeof(s->frame), ":\n\n");
		}
		return s->len > 0;
	}
}

static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct stream *s = cls;
	struct pf_watchers *w = s->watchers;
	ssize_t n = 0;
	pthread_mutex_lock(&w->lock);
	if (s->sent < s->len || next_frame(s)) {
		size_t left = s->len - s->sent;
		n = (ssize_t)(left < max ? left : max);
		memcpy(buf, s->frame + s->sent, (size_t)n);
		s->sent += (size_t)n;
	} else if (w->ended) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		s->suspended = true;
		MHD_suspend_connection(s->connection);
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void free_stream(void *cls)
{
	struct stream *s = cls;
	struct pf_watchers *w = s->watchers;
	pthread_mutex_lock(&w->lock);
	struct stream **at = &w->first;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	w->count--;
	pthread_mutex_unlock(&w->lock);
	free(s);
}

static bool enlist(struct pf_watchers *w, struct stream *s)
{
	pthread_mutex_lock(&w->lock);
	bool room = !w->ended && w->count < PF_WATCHERS_MAX;
	if (room) {
		s->next = w->first;
		s->beats = w->beats;
		w->first = s;
		w->count++;
	}
	pthread_mutex_unlock(&w->lock);
	return room;
}

struct MHD_Response *pf_watchers_stream(
	struct pf_watchers *w, struct MHD_Connection *connection, const char *kinds, uint64_t from)
{
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->watchers = w;
	s->connection = connection;
	snprintf(s->kinds, sizeof(s->kinds), "%s", kinds);
	s->mark_live = from == UINT64_MAX;
	uint64_t last = pf_event_ring_last(w->ring);
	/* Without a number everything that is left is wanted, which is no gap. */
	s->seq = !s->mark_live ? from : last >= PF_RING_EVENTS ? last - PF_RING_EVENTS : 0;
	if (!enlist(w, s)) {
		free(s);
		return NULL;
	}
	struct MHD_Response *r = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, FRAME_BYTES_MAX, read_stream, s, free_stream);
	if (!r) {
		free_stream(s);
		return NULL;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return r;
}

/* The lock is held. */
static void resume_all(struct pf_watchers *w)
{
	for (struct stream *s = w->first; s; s = s->next) {
		if (s->suspended)
			MHD_resume_connection(s->connection);
		s->suspended = false;
	}
}

static char *describe(const struct pf_host_event *e, uint64_t seq)
{
	char hex[2 * PF_FINGERPRINT_BYTES + 1];
	json_t *o = json_pack("{s:I, s:I, s:i, s:s}", "seq", (json_int_t)seq, "ts_ms",
		(json_int_t)(pf_wall_ns() / 1000000), "schema", 1, "kind", e->kind);
	if (o && e->session)
		json_object_set_new(o, "session_id", json_integer((json_int_t)e->session));
	if (o && e->fingerprint) {
		pf_hex_encode(hex, e->fingerprint->bytes, sizeof(e->fingerprint->bytes));
		json_object_set_new(o, "fingerprint", json_string(hex));
	}
	if (o && e->name)
		json_object_set_new(o, "name", json_string(e->name));
	if (o && e->reason)
		json_object_set_new(o, "reason", json_string(e->reason));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

void pf_watchers_tell(struct pf_watchers *w, const struct pf_host_event *e)
{
	char *text = describe(e, pf_event_ring_last(w->ring) + 1);
	if (!text)
		return;
	pf_event_ring_put(w->ring, e->kind, text);
	free(text);
	pthread_mutex_lock(&w->lock);
	resume_all(w);
	pthread_mutex_unlock(&w->lock);
}

void pf_watchers_beat(struct pf_watchers *w)
{
	pthread_mutex_lock(&w->lock);
	w->beats++;
	resume_all(w);
	pthread_mutex_unlock(&w->lock);
}

void pf_watchers_end(struct pf_watchers *w)
{
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	resume_all(w);
	pthread_mutex_unlock(&w->lock);
}
