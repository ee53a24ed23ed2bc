#include "audio/graph_view.h"

#include <pipewire/extensions/metadata.h>
#include <spa/utils/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/default_metadata.h"

#define AGAIN_S 2

struct sink {
	struct spa_list link;
	uint32_t id;
	char name[PF_GRAPH_NAME_MAX];
};

struct port {
	struct spa_list link;
	uint32_t id, node;
	bool monitor;
	char channel[16];
};

static struct pf_graph_view *from_part(struct pf_graph_part *p)
{
	return (struct pf_graph_view *)p;
}

static void changed(struct pf_graph_view *v)
{
	v->on_change(v->user, v->graph);
}

static void add_sink(struct pf_graph_view *v, uint32_t id, const char *name)
{
	struct sink *s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->id = id;
	snprintf(s->name, sizeof(s->name), "%s", name);
	spa_list_append(&v->sinks, &s->link);
}

static void add_port(struct pf_graph_view *v, uint32_t id, const struct spa_dict *props)
{
	const char *node = spa_dict_lookup(props, PW_KEY_NODE_ID);
	const char *channel = spa_dict_lookup(props, PW_KEY_AUDIO_CHANNEL);
	const char *monitor = spa_dict_lookup(props, PW_KEY_PORT_MONITOR);
	const char *direction = spa_dict_lookup(props, PW_KEY_PORT_DIRECTION);
	bool out = direction && strcmp(direction, "out") == 0;
	/* Of an output port only the monitor's: a sink with others is something special. */
	if (!node || !channel || out != (monitor && spa_atob(monitor)))
		return;
	struct port *p = calloc(1, sizeof(*p));
	if (!p)
		return;
	p->id = id;
	p->node = (uint32_t)strtoul(node, NULL, 10);
	p->monitor = out;
	snprintf(p->channel, sizeof(p->channel), "%s", channel);
	spa_list_append(&v->ports, &p->link);
}

static int handle_property(void *data, uint32_t subject, const char *key, const char *type, const char *value)
{
	struct pf_graph_view *v = data;
	if (subject == PW_ID_CORE && (!key || strcmp(key, "default.audio.sink") == 0)) {
		pf_default_value_read(v->default_sink, key ? value : NULL);
		changed(v);
	}
	return 0;
}

static const struct pw_metadata_events metadata_events = {
	PW_VERSION_METADATA_EVENTS,
	.property = handle_property,
};

static void watch_metadata(struct pf_graph_view *v, struct pf_graph *g, uint32_t id)
{
	v->metadata = pw_registry_bind(
		pf_graph_registry(g), id, PW_TYPE_INTERFACE_Metadata, PW_VERSION_METADATA, 0);
	if (!v->metadata)
		return;
	v->metadata_id = id;
	pw_proxy_add_object_listener(v->metadata, &v->listener, &metadata_events, v);
}

static void release_metadata(struct pf_graph_view *v)
{
	if (v->metadata) {
		spa_hook_remove(&v->listener);
		pw_proxy_destroy(v->metadata);
	}
	v->metadata = NULL;
}

static void forget_metadata(struct pf_graph_view *v)
{
	release_metadata(v);
	v->default_sink[0] = 0;
}

/* PipeWire (0.3.65) withholds a change from us while another client binds the same metadata; a new binding tells all. */
static void look_again(void *data, uint64_t expirations)
{
	struct pf_graph_view *v = data;
	if (!v->metadata)
		return;
	release_metadata(v);
	watch_metadata(v, v->graph, v->metadata_id);
}

static bool is(const struct spa_dict *props, const char *key, const char *value)
{
	const char *found = spa_dict_lookup(props, key);
	return found && strcmp(found, value) == 0;
}

static void added(struct pf_graph_part *part, struct pf_graph *g, uint32_t id, const char *type,
	const struct spa_dict *props)
{
	struct pf_graph_view *v = from_part(part);
	if (!props)
		return;
	const char *name = spa_dict_lookup(props, PW_KEY_NODE_NAME);
	if (strcmp(type, PW_TYPE_INTERFACE_Node) == 0 && name && is(props, PW_KEY_MEDIA_CLASS, "Audio/Sink"))
		add_sink(v, id, name);
	else if (strcmp(type, PW_TYPE_INTERFACE_Port) == 0)
		add_port(v, id, props);
	else if (strcmp(type, PW_TYPE_INTERFACE_Metadata) == 0 && !v->metadata &&
		 is(props, PW_KEY_METADATA_NAME, "default"))
		watch_metadata(v, g, id);
	else
		return;
	changed(v);
}

static void removed(struct pf_graph_part *part, struct pf_graph *g, uint32_t id)
{
	struct pf_graph_view *v = from_part(part);
	struct sink *s, *next_sink;
	struct port *p, *next_port;
	if (v->metadata && v->metadata_id == id)
		forget_metadata(v);
	spa_list_for_each_safe(s, next_sink, &v->sinks, link)
	{
		if (s->id == id || id == SPA_ID_INVALID) {
			spa_list_remove(&s->link);
			free(s);
		}
	}
	spa_list_for_each_safe(p, next_port, &v->ports, link)
	{
		if (p->id == id || id == SPA_ID_INVALID) {
			spa_list_remove(&p->link);
			free(p);
		}
	}
	changed(v);
}

static void up(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_view *v = from_part(part);
	struct timespec every = {.tv_sec = AGAIN_S};
	v->graph = g;
	v->again = v->follows ? pw_loop_add_timer(pf_graph_loop(g), look_again, v) : NULL;
	if (v->again)
		pw_loop_update_timer(pf_graph_loop(g), v->again, &every, &every, false);
}

static void down(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_view *v = from_part(part);
	if (v->again)
		pw_loop_destroy_source(pf_graph_loop(g), v->again);
	v->again = NULL;
	forget_metadata(v);
	removed(part, g, SPA_ID_INVALID); /* everything */
}

void pf_graph_view_init(
	struct pf_graph_view *v, bool follows, void (*on_change)(void *user, struct pf_graph *g), void *user)
{
	static const struct pf_graph_part_impl impl = {up, added, removed, down};
	*v = (struct pf_graph_view){
		.part = {&impl}, .on_change = on_change, .user = user, .follows = follows};
	spa_list_init(&v->sinks);
	spa_list_init(&v->ports);
}

uint32_t pf_graph_view_sink(const struct pf_graph_view *v, const char *name)
{
	const struct sink *s;
	spa_list_for_each(s, &v->sinks, link)
	{
		if (strcmp(s->name, name) == 0)
			return s->id;
	}
	return SPA_ID_INVALID;
}

uint32_t pf_graph_view_port(const struct pf_graph_view *v, uint32_t sink, const char *channel, bool monitor)
{
	const struct port *p;
	spa_list_for_each(p, &v->ports, link)
	{
		if (p->node == sink && p->monitor == monitor && strcmp(p->channel, channel) == 0)
			return p->id;
	}
	return SPA_ID_INVALID;
}
