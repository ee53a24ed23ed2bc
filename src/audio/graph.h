/*
 * A connection to a PipeWire daemon that comes back: when the daemon dies or refuses, everything in it goes down and
 * is made anew as soon as it answers again (0.25 s, then twice as long each time, at most 8 s). What lives in the graph
 * (a sink, a stream, a claim of a default) is a part, and knows nothing of reconnecting. Private to src/audio.
 *
 * Each graph has one thread (a pw_thread_loop) on which parts and on_state are called; streams process on PipeWire's
 * data thread.
 */
#pragma once

#include <pipewire/pipewire.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pf_graph;
struct pf_graph_part;

struct pf_graph_part_impl {
	/* The daemon answered: make what belongs here. */
	void (*up)(struct pf_graph_part *p, struct pf_graph *g);
	/* A global object came or went, in the order of the registry; may be NULL. */
	void (*added)(struct pf_graph_part *p, struct pf_graph *g, uint32_t id, const char *type,
		const struct spa_dict *props);
	void (*removed)(struct pf_graph_part *p, struct pf_graph *g, uint32_t id);
	/* The connection is gone, or will be: destroy every proxy and stream. Once after each up. */
	void (*down)(struct pf_graph_part *p, struct pf_graph *g);
};

/* First member of every part's own struct. */
struct pf_graph_part {
	const struct pf_graph_part_impl *impl;
};

#define PF_GRAPH_PARTS_MAX 4

struct pf_graph_params {
	const char *remote; /* path of the daemon's socket, copied; NULL = the user's own daemon */
	const char *name;   /* of this client for tools that list them, copied */
	struct pf_graph_part
		*part[PF_GRAPH_PARTS_MAX]; /* up in this order, down in the reverse; outlive the graph */
	/* Whether the daemon answers; each change, and why not. May be NULL. */
	void (*on_state)(void *user, bool up, const struct pf_reason *reason);
	void *user;
};

/* A daemon that is not there is no error: it may come. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (libpipewire does
 * not work here), with a reason. */
int pf_graph_create(struct pf_graph **out, const struct pf_graph_params *params, struct pf_reason *reason);
/* Takes the parts down. NULL is fine. Not on the graph's own thread. */
void pf_graph_destroy(struct pf_graph *g);

/* For parts, while they are up. */
struct pw_core *pf_graph_core(struct pf_graph *g);
struct pw_registry *pf_graph_registry(struct pf_graph *g);
struct pw_loop *pf_graph_loop(struct pf_graph *g);
/* Something in it broke (a stream's error): all go down soon and come again after the back-off. */
void pf_graph_fail(struct pf_graph *g, const struct pf_reason *reason);

/* For other threads that touch a part: no callback runs meanwhile. */
void pf_graph_lock(struct pf_graph *g);
void pf_graph_unlock(struct pf_graph *g);
