#include "session/sound_source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audio/pipewire_source.h"
#include "session/planes.h"

static int open_pipewire(
	struct pf_audio_source **out, const struct pf_sound_source_params *p, struct pf_reason *reason)
{
	char sink[PF_AUDIO_NODE_MAX];
	snprintf(sink, sizeof(sink), "punktfunk-speaker-%d-%llu", (int)getpid(),
		(unsigned long long)p->number);
	struct pf_pipewire_source_params params = {
		.routing = p->keep_host_audio ? PF_AUDIO_FOLLOW_DEFAULT
					      : pf_host_get_params(p->host)->sound.routing,
		.sink = sink,
		.description = "Punktfunk Stream Speaker",
		.channels = p->channels,
		.rate_hz = p->rate_hz,
		.quantum_frames = p->rate_hz / PF_AUDIO_QUANTUM_HZ,
		.defaults = pf_host_audio_defaults(p->host),
		.on_live = p->on_live,
		.user = p->user,
	};
	if (p->place->own) {
		params.routing = PF_AUDIO_PLACED;
		params.remote = p->place->remote;
		params.sink = p->place->sink;
		params.defaults = NULL;
	}
	return pf_pipewire_source_create(out, &params, reason);
}

int pf_sound_source_open(
	struct pf_audio_source **out, const struct pf_sound_source_params *p, struct pf_reason *reason)
{
	const char *setting = pf_host_get_params(p->host)->sound.source,
		   *name = setting ? setting : "silence";
	if (strcmp(name, PF_SOUND_PIPEWIRE) == 0)
		return open_pipewire(out, p, reason);
	int rc = pf_audio_source_create(out, name, p->channels, p->rate_hz);
	return rc < 0 ? pf_reason(reason, rc, "no source of sound named %s can be made: %s", name,
				pf_strerror(rc))
		      : rc;
}
