/* Which source a stream's sound comes from: by the host's settings, the display's place and the client's wish. */
#pragma once

#include "audio/place.h"
#include "audio/source.h"
#include "session/host.h"

struct pf_sound_source_params {
	struct pf_host *host;
	const struct pf_audio_place *place; /* of the display */
	uint64_t number;                    /* of the stream: tells sinks apart */
	unsigned channels;
	uint32_t rate_hz;
	bool keep_host_audio; /* the client wants the machine to stay audible */
	/* See pf_pipewire_source_params; may be NULL. */
	void (*on_live)(void *user, bool live, const struct pf_reason *reason);
	void *user;
};

/* Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED, with a reason. */
int pf_sound_source_open(
	struct pf_audio_source **out, const struct pf_sound_source_params *params, struct pf_reason *reason);
