/*
 * Lets what one sink plays be heard at another one too: links from the ports of its monitor to those of the other, by
 * the names of the channels. A part; everything on the graph's thread.
 */
#pragma once

#include "audio/graph.h"
#include "audio/graph_view.h"

struct pf_graph_links {
	struct pf_graph_part part;
	void (*on_look)(void *user, struct pf_graph *g);
	void *user;
	struct pf_graph *graph; /* since the last up */
	struct spa_source *timer;
	struct {
		uint32_t from, to; /* ports */
		struct pw_proxy *link;
	} channel[8];
};

/* on_look: once a second, for what decides where to and does not tell. */
void pf_graph_links_init(
	struct pf_graph_links *l, void (*on_look)(void *user, struct pf_graph *g), void *user);
/* Sinks by id; SPA_ID_INVALID = no link. Cheap when nothing has changed. */
void pf_graph_links_join(struct pf_graph_links *l, struct pf_graph *g, const struct pf_graph_view *v,
	uint32_t from, uint32_t to);
