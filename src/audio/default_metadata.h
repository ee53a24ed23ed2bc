/*
 * The graph's side of the default devices: what a connection does with the ledgers. The struct is private to defaults.c,
 * whose state it is.
 *
 * The connection's callbacks and the callers share the ledgers under the lock. Callers never wait for the graph: they
 * change a ledger and kick the graph's thread, which writes. A thread of ours opens and closes the connection, because
 * its own cannot end it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "audio/default_journal.h"
#include "audio/default_ledger.h"
#include "audio/graph.h"
#include "base/log.h"

struct pf_audio_defaults {
	struct pf_graph_part part; /* first */
	char *remote;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	struct pf_default_journal journal;
	struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS];
	char playing[PF_AUDIO_DEFAULTS]
		    [PF_DEFAULT_NAME_MAX]; /* chosen by the graph itself, not ours; "" = unknown */
	struct pw_loop *loop;              /* NULL while the graph is down */
	struct spa_source *kick;           /* of it */
	bool absent;                       /* no daemon answered at the last attempt */
	bool ending, hopeless;
	struct pf_log_limit unwritten;
	/* Of the graph's thread. */
	struct pf_graph *graph;
	struct pw_metadata *metadata;
	uint32_t metadata_id;
	struct spa_hook metadata_listener, core_listener;
	struct spa_source *settle, *doubt;
	bool looking;  /* until all values are in `there` */
	bool fresh;    /* just looked */
	bool answered; /* the look has brought values */
	int question;  /* the sync behind which they are complete */
	char there[PF_AUDIO_DEFAULTS][PF_DEFAULT_NAME_MAX];
};

extern const struct pf_graph_part_impl pf_default_metadata_part;

/* The node that a metadata value names, {"name": NAME}; "" for everything else, which is as good as no value. NULL is
 * fine. */
void pf_default_value_read(char out[PF_DEFAULT_NAME_MAX], const char *value);

/* A ledger has changed: the graph's thread writes, and the thread of the connection looks whether it is still needed.
 * Locked. */
void pf_default_metadata_kick(struct pf_audio_defaults *d);
