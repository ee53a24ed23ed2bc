#include "audio/graph_sink.h"

#include <stdio.h>

const char *const pf_channel_names[8] = {"FL", "FR", "FC", "LFE", "RL", "RR", "SL", "SR"};

static void failed(struct pf_graph_sink *s, const char *why)
{
	struct pf_reason reason;
	pf_reason(&reason, PF_ERR_IO,
		"PipeWire does not keep the sink %s (%s): is its package complete (support.null-audio-sink)?",
		s->name, why);
	pf_graph_fail(s->graph, &reason);
}

static void handle_error(void *data, int seq, int res, const char *message)
{
	failed(data, message);
}

static void handle_removed(void *data)
{
	failed(data, "it was taken away");
}

static const struct pw_proxy_events events = {
	PW_VERSION_PROXY_EVENTS,
	.removed = handle_removed,
	.error = handle_error,
};

static struct pw_properties *properties(const struct pf_graph_sink *s)
{
	char position[64];
	int len = snprintf(position, sizeof(position), "[");
	for (unsigned c = 0; c < s->channels; c++)
		len += snprintf(position + len, sizeof(position) - (size_t)len, " %s", pf_channel_names[c]);
	snprintf(position + len, sizeof(position) - (size_t)len, " ]");
	struct pw_properties *p = pw_properties_new("factory.name", "support.null-audio-sink",
		PW_KEY_MEDIA_CLASS, "Audio/Sink", PW_KEY_NODE_NAME, s->name, PW_KEY_NODE_DESCRIPTION,
		s->description, "audio.position", position,
		/* An unclaimed one never wins over a device. */
		PW_KEY_PRIORITY_SESSION, "50", "monitor.channel-volumes", "true", NULL);
	if (p) {
		pw_properties_setf(p, "audio.rate", "%u", s->rate_hz);
		pw_properties_setf(p, "audio.channels", "%u", s->channels);
	}
	return p;
}

static void up(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_sink *s = (struct pf_graph_sink *)part;
	struct pw_properties *p = properties(s);
	s->graph = g;
	s->node = p ? pw_core_create_object(pf_graph_core(g), "adapter", PW_TYPE_INTERFACE_Node,
			      PW_VERSION_NODE, &p->dict, 0)
		    : NULL;
	pw_properties_free(p);
	if (s->node)
		pw_proxy_add_listener(s->node, &s->listener, &events, s);
	else
		failed(s, "no memory");
}

static void down(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_sink *s = (struct pf_graph_sink *)part;
	if (s->node) {
		spa_hook_remove(&s->listener);
		pw_proxy_destroy(s->node);
		s->node = NULL;
	}
}

void pf_graph_sink_init(struct pf_graph_sink *s, const char *name, const char *description, unsigned channels,
	uint32_t rate_hz)
{
	static const struct pf_graph_part_impl impl = {up, NULL, NULL, down};
	*s = (struct pf_graph_sink){
		.part = {&impl},
		.name = name,
		.description = description,
		.channels = channels,
		.rate_hz = rate_hz,
	};
}
