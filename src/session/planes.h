/*
 * What a protocol plane beside the native one (GameStream) needs of the host, and what the host asks it. On the net
 * loop.
 */
#pragma once

#include "audio/defaults.h"
#include "pad/pool.h"
#include "session/admin.h"
#include "session/display_pool.h"
#include "session/host.h"

struct pf_stream_plane {
	/* Streams that take a place (PUNKTFUNK_MAX_SESSIONS). */
	unsigned (*places)(void *user);
	/* As pf_host_sessions. */
	size_t (*sessions)(void *user, struct pf_session_status *out, size_t cap);
	/* False: not one of its streams. */
	bool (*stop)(void *user, uint64_t id);
	/* False: not one of its streams. */
	bool (*mute)(void *user, uint64_t id, bool muted);
	/* How many were stopped. */
	unsigned (*stop_all)(void *user);
};

/* One plane; NULL takes it away. */
void pf_host_set_plane(struct pf_host *h, const struct pf_stream_plane *plane, void *user);
const struct pf_stream_plane *pf_host_plane(const struct pf_host *h, void **user);

/* What else planes use of the host. */
const struct pf_host_params *pf_host_get_params(const struct pf_host *h);
uv_loop_t *pf_host_loop(const struct pf_host *h);
struct pf_display_pool *pf_host_pool(const struct pf_host *h);
struct pf_pad_pool *pf_host_pads(const struct pf_host *h);
/* NULL: no graph is used. */
struct pf_audio_defaults *pf_host_audio_defaults(const struct pf_host *h);
/* Sessions are numbered by the host, whatever the plane. */
uint64_t pf_host_next_number(struct pf_host *h);
/* Is there a place for one more stream? */
bool pf_host_has_slot(const struct pf_host *h);
/* A place became free: whoever waits goes on. */
void pf_host_proceed_all(struct pf_host *h);
void pf_host_tell(struct pf_host *h, const struct pf_host_event *e);
