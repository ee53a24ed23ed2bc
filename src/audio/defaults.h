/*
 * Which sink and source are the user's defaults while streams run, and what they were (product 8.1): the newest claim
 * wins, the last release restores. What was there is on disk before it is changed, and a host that was killed
 * restores it at its next start, or as soon as the graph comes. A choice that the user makes meanwhile stays.
 * It has a connection of its own to the user's graph while there is something to do. Thread-safety: safe.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct pf_audio_defaults;
struct pf_audio_claim;

enum pf_audio_default { PF_AUDIO_DEFAULT_SINK, PF_AUDIO_DEFAULT_SOURCE };
#define PF_AUDIO_DEFAULTS 2

/* directory: of the journal (the host's configuration), exists. remote: as in graph.h. Both copied. Restores what a
 * predecessor left; waits for that at most wait_ms when the graph is there. Errors: PF_ERR_NOMEM, PF_ERR_IO, with a
 * reason. */
int pf_audio_defaults_create(struct pf_audio_defaults **out, const char *directory, const char *remote,
	unsigned wait_ms, struct pf_reason *reason);
/* Every claim has been released. Waits at most 500 ms for the graph to take the last change; what it does not take
 * stays in the journal. NULL is fine. */
void pf_audio_defaults_destroy(struct pf_audio_defaults *d);

/* The node of that name is the default from now on, also before it exists. Errors: PF_ERR_NOMEM, PF_ERR_IO (the
 * journal cannot be written: nothing is changed then). */
int pf_audio_defaults_claim(struct pf_audio_defaults *d, struct pf_audio_claim **out,
	enum pf_audio_default which, const char *node);
void pf_audio_defaults_release(struct pf_audio_defaults *d, struct pf_audio_claim *claim);
/* The name of the default as it would be without us (for playing there too); "" = unknown. */
void pf_audio_defaults_previous(
	struct pf_audio_defaults *d, enum pf_audio_default which, char *out, size_t cap);
