/*
 * A client's microphone as a source of the graph: Opus packets in, a node that programs record from. The packets come
 * on the net loop; they are decoded when the graph asks for samples, on PipeWire's data thread.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "proto/native/datagram.h"

struct pf_audio_defaults;
struct pf_microphone;

struct pf_microphone_params {
	const char *remote;                 /* path of the daemon's socket; NULL = the user's own daemon */
	const char *node;                   /* name for programs: "punktfunk-mic" or what the display says */
	const char *description;            /* for people: names the client */
	struct pf_audio_defaults *defaults; /* claims the default source; NULL = does not */
	/* The device came or went, with the reason; on another thread, must only post. May be NULL. */
	void (*on_live)(void *user, bool live, const struct pf_reason *reason);
	void *user;
};

struct pf_microphone_stats {
	uint64_t packets, late, lost, concealed, malformed,
		dropped;   /* packets; concealed also counts their gaps */
	uint32_t delay_us; /* stored now, as sound */
};

/* Strings are copied. A graph that is not there is no error. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_microphone_create(
	struct pf_microphone **out, const struct pf_microphone_params *params, struct pf_reason *reason);
/* Never waits. A packet that finds no room is dropped. */
void pf_microphone_take(struct pf_microphone *m, const struct pf_audio_packet *packet, int64_t now_ns);
void pf_microphone_stats(const struct pf_microphone *m, struct pf_microphone_stats *out);
/* NULL is fine. */
void pf_microphone_destroy(struct pf_microphone *m);
