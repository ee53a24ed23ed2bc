/*
 * Records the monitor of one sink into a store. A part; everything on the graph's thread, except that samples come on
 * PipeWire's data thread.
 */
#pragma once

#include <stdatomic.h>

#include "audio/drift.h"
#include "audio/graph.h"
#include "audio/graph_view.h"
#include "audio/sample_store.h"
#include "os/wake.h"

struct pf_graph_capture {
	struct pf_graph_part part;
	struct pf_sample_store *store; /* outlives it, as does wake */
	struct pf_wake *wake;
	uint32_t rate_hz;
	unsigned quantum_frames; /* wanted */
	bool force;              /* its rate and quantum on the graph: no device of the user's is in it */
	void (*on_live)(void *user, bool live, const struct pf_reason *reason);
	void *user;
	struct pf_graph *graph;   /* since the last up */
	struct spa_source *timer; /* opens the stream anew */
	struct pw_stream *stream;
	struct spa_hook listener;
	char name[PF_GRAPH_NAME_MAX]; /* of the sink */
	uint32_t sink;                /* its id; SPA_ID_INVALID = nothing is recorded */
	/* What the graph tells about its cycles; set between two of them. */
	_Atomic(struct spa_io_position *) position;
	_Atomic(struct spa_io_rate_match *) rate_match;
	_Atomic uint32_t graph_rate_hz, graph_quantum_frames; /* 0 until it runs */
	/* The data thread's, from stream to stream. */
	bool joined; /* a chunk of this stream has come */
	struct pf_drift drift;
	uint32_t clock;    /* of which driver these are: */
	int64_t anchor_ns; /* its time when the count was 0, */
	uint64_t since;    /* frames since then */
};

void pf_graph_capture_init(struct pf_graph_capture *c, struct pf_sample_store *store, struct pf_wake *wake,
	uint32_t rate_hz, unsigned quantum_frames, bool force,
	void (*on_live)(void *user, bool live, const struct pf_reason *reason), void *user);
/* From now on the sink of that name and id, or none (SPA_ID_INVALID). */
void pf_graph_capture_aim(struct pf_graph_capture *c, const char *name, uint32_t sink);
