/*
 * The sound of a PipeWire graph as a source: a sink of our own (or another one) whose monitor is recorded. Reopened by
 * itself when the graph dies; look tells.
 */
#pragma once

#include "audio/source.h"

#define PF_AUDIO_QUANTUM_HZ 200 /* cycles of a graph per second: 5 ms each, a packet of Opus */

struct pf_audio_defaults;

enum pf_audio_routing {
	PF_AUDIO_CLIENT_ONLY,     /* a sink of our own is the default: the machine is silent */
	PF_AUDIO_HOST_AND_CLIENT, /* the same, and what it plays is also heard at the previous default */
	PF_AUDIO_FOLLOW_DEFAULT,  /* nothing is touched: whatever is the default is recorded */
	PF_AUDIO_PLACED,          /* a private display's sink, which its graph brings */
};

struct pf_pipewire_source_params {
	const char *remote; /* path of the daemon's socket; NULL = the user's own daemon */
	enum pf_audio_routing routing;
	const char *sink; /* its name: of our own, or of the one that is there; not for FOLLOW_DEFAULT */
	const char *description; /* of our own, for people */
	unsigned channels;       /* 2, 6, 8 */
	uint32_t rate_hz;
	unsigned quantum_frames; /* wanted: rate_hz / PF_AUDIO_QUANTUM_HZ */
	struct pf_audio_defaults
		*defaults; /* where our own sink is claimed as the default; NULL = it is not */
	/* The device came or went, with the reason; on another thread, must only post. May be NULL. */
	void (*on_live)(void *user, bool live, const struct pf_reason *reason);
	void *user;
};

/* All strings are copied. A graph that is not there is no error, it may come. Errors: PF_ERR_NOMEM,
 * PF_ERR_UNSUPPORTED. */
int pf_pipewire_source_create(struct pf_audio_source **out, const struct pf_pipewire_source_params *params,
	struct pf_reason *reason);
/* What the graph really runs at: frames per second of its driver and of one cycle; 0 until it runs. Any thread. */
void pf_pipewire_source_graph(const struct pf_audio_source *s, uint32_t *rate_hz, unsigned *quantum_frames);
