/*
 * Who claims one default of the graph (the sink or the source), and what belongs there when nobody does. It is told
 * what the graph holds and answers what to write. "" is a value too: the key is absent. Pure; one thread.
 *
 * A value that is neither ours nor what we have just written is somebody's choice: it voids the claims that stand, and
 * stays. But for a while after the session manager has started, such a value comes from its memory of an earlier
 * life: then it is what to restore later, and the claim is written again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "audio/place.h"

/* What the nodes of every host are called. Such a name is never restored: its node is gone, or not ours to choose. */
#define PF_DEFAULT_OWN_PREFIX "punktfunk-"
#define PF_DEFAULT_NAME_MAX   256
#define PF_DEFAULT_OURS_MAX   8

struct pf_default_claim {
	char node[PF_AUDIO_NODE_MAX]; /* not empty */
	bool overruled;               /* the user chose something else meanwhile */
	struct pf_default_claim *older;
};

/* Zero-initialised is ready: nothing claimed, nothing known. */
struct pf_default_ledger {
	struct pf_default_claim *newest;
	bool owed;                          /* one of our names may stand in the graph: keep the journal */
	bool captured;                      /* previous was read from the graph (or a journal) */
	char previous[PF_DEFAULT_NAME_MAX]; /* to be restored */
	char ours[PF_DEFAULT_OURS_MAX]
		 [PF_AUDIO_NODE_MAX]; /* what may stand there because of us, newest last */
	size_t ours_count;
	bool known;   /* value was seen since the graph is there */
	bool settled; /* what comes now is a choice, not a memory */
	bool flying;  /* written is on its way: older values may still come */
	char value[PF_DEFAULT_NAME_MAX];
	char written[PF_DEFAULT_NAME_MAX];
};

/* The claim stays the caller's and must live until it is released. */
void pf_default_ledger_claim(struct pf_default_ledger *l, struct pf_default_claim *claim);
/* In any order. What stands is undone once the graph is there, see pf_default_ledger_next. */
void pf_default_ledger_release(struct pf_default_ledger *l, struct pf_default_claim *claim);

/* What came: a change, or what a write was before it landed. Longer names are cut. */
void pf_default_ledger_observe(struct pf_default_ledger *l, const char *name);
/* What the graph was found to hold after all that was written. */
void pf_default_ledger_look(struct pf_default_ledger *l, const char *name);
/* The session manager has had its time to remember. */
void pf_default_ledger_settle(struct pf_default_ledger *l);
/* The graph is gone; what it will hold when it comes back is unknown. */
void pf_default_ledger_lose(struct pf_default_ledger *l);

/* What to write now ("": delete the key); NULL: nothing. After writing it, say so. */
const char *pf_default_ledger_next(const struct pf_default_ledger *l);
void pf_default_ledger_wrote(struct pf_default_ledger *l, const char *name);
