/*
 * What there is in a graph: its sinks, their ports, and which sink is the default. A part; everything on the graph's
 * thread.
 */
#pragma once

#include "audio/default_ledger.h"
#include "audio/graph.h"

#define PF_GRAPH_NAME_MAX 256

struct pf_graph_view {
	struct pf_graph_part part;
	void (*on_change)(void *user, struct pf_graph *g);
	void *user;
	struct pf_graph *graph; /* since the last up */
	struct spa_list sinks, ports;
	struct pw_proxy *metadata;
	struct spa_hook listener;
	uint32_t metadata_id;
	struct spa_source *again; /* looks at the default every few seconds; NULL: it does not matter */
	bool follows;
	char default_sink[PF_DEFAULT_NAME_MAX]; /* "" = none or not known */
};

/* follows: no change of the default may be missed. */
void pf_graph_view_init(
	struct pf_graph_view *v, bool follows, void (*on_change)(void *user, struct pf_graph *g), void *user);
/* Its id, or SPA_ID_INVALID when no sink has this name. */
uint32_t pf_graph_view_sink(const struct pf_graph_view *v, const char *name);
/* The port of a sink at that channel ("FL"), or SPA_ID_INVALID. */
uint32_t pf_graph_view_port(const struct pf_graph_view *v, uint32_t sink, const char *channel, bool monitor);
