/*
 * The sound of a native session on its way out (native-media 6.1 to 6.3): frames of the audio thread become Opus or PCM,
 * then datagrams, which the net loop hands to the connection. Sound is late or it is lost, it never waits.
 * Everything here belongs to the net loop.
 */
#pragma once

#include <uv.h>

#include "audio/source.h"
#include "base/histogram.h"
#include "session/sound_plan.h"

struct pf_sound_out;

struct pf_sound_stats {
	uint64_t packets, bytes;     /* sent */
	uint64_t redundant;          /* of them with the packet before */
	uint64_t dropped;            /* the loop was too slow, or one did not fit the path */
	struct pf_histogram sent_us; /* first sample captured -> given to the connection */
};

struct pf_sound_out_params {
	uv_loop_t *loop;
	const struct pf_sound_plan *plan;
	struct pf_audio_source *source; /* channels and rate of the plan; taken over once created */
	float gain;
	bool muted;                   /* from the first packet on */
	uint32_t first_seq;           /* of the first packet: one row for the whole session */
	struct pf_sound_stats before; /* of the session so far: counted on */
	size_t datagram_max;          /* see pf_sound_out_set_room */
	/* On the loop. Errors: PF_ERR_LIMIT: too large. */
	int (*send)(void *user, const uint8_t *data, size_t len);
	void *user;
};

/* Errors: PF_ERR_NOMEM, PF_ERR_INVALID: the source is still the caller's then. */
int pf_sound_out_create(struct pf_sound_out **out, const struct pf_sound_out_params *params);
/* Largest datagram that fits the path from now on. */
void pf_sound_out_set_room(struct pf_sound_out *o, size_t datagram_max);
void pf_sound_out_set_redundant(struct pf_sound_out *o, bool redundant);
void pf_sound_out_mute(struct pf_sound_out *o, bool muted);
void pf_sound_out_stats(const struct pf_sound_out *o, struct pf_sound_stats *out);
/* See audio/source.h. */
uint32_t pf_sound_out_device_rate(const struct pf_sound_out *o);
/* Ends the thread (waits for it: a few milliseconds), then on_gone(its user) from the loop. Returns the
 * number of the packet that would be next. */
uint32_t pf_sound_out_destroy(struct pf_sound_out *o, void (*on_gone)(void *user));
