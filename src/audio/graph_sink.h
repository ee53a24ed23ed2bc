/* A sink of our own in a graph, which dies with the connection. A part; everything on the graph's thread. */
#pragma once

#include "audio/graph.h"

struct pf_graph_sink {
	struct pf_graph_part part;
	const char *name, *description; /* outlive it */
	unsigned channels;              /* 2, 6, 8 */
	uint32_t rate_hz;
	struct pf_graph *graph; /* since the last up */
	struct pw_proxy *node;
	struct spa_hook listener;
};

/* The names of the channels in the order of samples: FL FR FC LFE RL RR SL SR. */
extern const char *const pf_channel_names[8];

void pf_graph_sink_init(struct pf_graph_sink *s, const char *name, const char *description, unsigned channels,
	uint32_t rate_hz);
