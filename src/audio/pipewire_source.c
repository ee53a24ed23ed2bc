#include "audio/pipewire_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/defaults.h"
#include "audio/graph.h"
#include "audio/graph_capture.h"
#include "audio/graph_links.h"
#include "audio/graph_sink.h"
#include "audio/graph_view.h"
#include "base/log.h"

struct pipewire {
	struct pf_audio_source base;
	struct pf_pipewire_source_params params;
	char *sink_name, *description;
	struct pf_wake wake;
	struct pf_sample_store store;
	struct pf_audio_claim *claim;
	struct pf_graph *graph;
	/* Parts of the graph. */
	struct pf_graph_sink sink;
	struct pf_graph_view view;
	struct pf_graph_capture capture;
	struct pf_graph_links links;
	_Atomic bool live;
	bool told; /* the graph's thread's */
};

static struct pipewire *from_base(struct pf_audio_source *s)
{
	return (struct pipewire *)s;
}

static bool has_own_sink(const struct pipewire *s)
{
	return s->params.routing == PF_AUDIO_CLIENT_ONLY || s->params.routing == PF_AUDIO_HOST_AND_CLIENT;
}

static void set_live(void *user, bool live, const struct pf_reason *reason)
{
	struct pipewire *s = user;
	if (s->told && s->live == live)
		return;
	s->told = true;
	s->live = live;
	if (s->params.on_live)
		s->params.on_live(s->params.user, live, reason);
	pf_wake_signal(&s->wake);
}

/* That the daemon answers is not yet sound. */
static void handle_graph(void *user, bool up, const struct pf_reason *reason)
{
	if (!up)
		set_live(user, false, reason);
}

/* Where it is heard too: at what would be the default without us. */
static uint32_t other_sink(struct pipewire *s)
{
	char name[PF_GRAPH_NAME_MAX];
	snprintf(name, sizeof(name), "%s", s->view.default_sink);
	if (s->params.defaults)
		pf_audio_defaults_previous(s->params.defaults, PF_AUDIO_DEFAULT_SINK, name, sizeof(name));
	return strcmp(name, s->sink_name) != 0 ? pf_graph_view_sink(&s->view, name) : SPA_ID_INVALID;
}

static void handle_change(void *user, struct pf_graph *g)
{
	struct pipewire *s = user;
	const char *name = s->params.routing == PF_AUDIO_FOLLOW_DEFAULT ? s->view.default_sink : s->sink_name;
	uint32_t id = pf_graph_view_sink(&s->view, name);
	pf_graph_capture_aim(&s->capture, name, id);
	if (s->params.routing == PF_AUDIO_HOST_AND_CLIENT)
		pf_graph_links_join(&s->links, g, &s->view, id, other_sink(s));
}

static void look(struct pf_audio_source *base, int64_t now_ns, struct pf_audio_news *out)
{
	struct pipewire *s = from_base(base);
	pf_sample_store_look(&s->store, out);
	out->live = s->live;
}

static void read_samples(struct pf_audio_source *base, float *out, unsigned frames)
{
	pf_sample_store_take(&from_base(base)->store, out, frames);
}

static void wait(struct pf_audio_source *base, int64_t deadline_ns)
{
	pf_wake_wait(&from_base(base)->wake, deadline_ns);
}

static void wake(struct pf_audio_source *base)
{
	pf_wake_signal(&from_base(base)->wake);
}

static uint32_t device_rate(const struct pf_audio_source *base)
{
	return ((const struct pipewire *)base)->capture.graph_rate_hz;
}

static void destroy(struct pf_audio_source *base)
{
	struct pipewire *s = from_base(base);
	pf_graph_destroy(s->graph);
	if (s->claim)
		pf_audio_defaults_release(s->params.defaults, s->claim);
	pf_sample_store_finish(&s->store);
	free(s->sink_name);
	free(s->description);
	free(s);
}

static void init_parts(struct pipewire *s)
{
	const struct pf_pipewire_source_params *p = &s->params;
	pf_graph_sink_init(&s->sink, s->sink_name, s->description, p->channels, p->rate_hz);
	pf_graph_view_init(&s->view, p->routing == PF_AUDIO_FOLLOW_DEFAULT, handle_change, s);
	pf_graph_capture_init(&s->capture, &s->store, &s->wake, p->rate_hz, p->quantum_frames,
		p->routing == PF_AUDIO_CLIENT_ONLY || p->routing == PF_AUDIO_PLACED, set_live, s);
	pf_graph_links_init(&s->links, handle_change, s);
}

static int start(struct pipewire *s, struct pf_reason *reason)
{
	const struct pf_pipewire_source_params *p = &s->params;
	s->sink_name = strdup(p->sink ? p->sink : "");
	s->description = strdup(p->description ? p->description : "");
	if (!s->sink_name || !s->description || pf_sample_store_init(&s->store, p->channels, p->rate_hz) < 0)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for a source of sound");
	init_parts(s);
	/* Without the claim programs play elsewhere, but those that name the sink are heard. */
	if (p->defaults && has_own_sink(s) &&
		pf_audio_defaults_claim(p->defaults, &s->claim, PF_AUDIO_DEFAULT_SINK, s->sink_name) < 0)
		pf_warn("audio", "%s does not become the default sink: its predecessor could not be noted",
			s->sink_name);
	return pf_graph_create(&s->graph,
		&(struct pf_graph_params){
			.remote = p->remote,
			.name = "punktfunk",
			/* What is seen goes down last. */
			.part = {&s->view.part, has_own_sink(s) ? &s->sink.part : NULL, &s->capture.part,
				p->routing == PF_AUDIO_HOST_AND_CLIENT ? &s->links.part : NULL},
			.on_state = handle_graph,
			.user = s,
		},
		reason);
}

int pf_pipewire_source_create(struct pf_audio_source **out, const struct pf_pipewire_source_params *params,
	struct pf_reason *reason)
{
	static const struct pf_audio_source_impl impl = {
		"pipewire", look, read_samples, wait, wake, device_rate, destroy};
	struct pipewire *s = calloc(1, sizeof(*s));
	if (!s)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for a source of sound");
	s->base = (struct pf_audio_source){&impl, params->channels, params->rate_hz};
	s->params = *params;
	int rc = start(s, reason);
	if (rc < 0) {
		destroy(&s->base);
		return rc;
	}
	*out = &s->base;
	return PF_OK;
}

void pf_pipewire_source_graph(const struct pf_audio_source *base, uint32_t *rate_hz, unsigned *quantum_frames)
{
	const struct pipewire *s = (const struct pipewire *)base;
	*rate_hz = s->capture.graph_rate_hz;
	*quantum_frames = s->capture.graph_quantum_frames;
}
