#include "audio/graph_links.h"

#include "audio/graph_sink.h"

static void cut(struct pf_graph_links *l, unsigned c)
{
	if (l->channel[c].link)
		pw_proxy_destroy(l->channel[c].link);
	l->channel[c].link = NULL;
}

static void join(struct pf_graph_links *l, struct pf_graph *g, unsigned c)
{
	struct pw_properties *p = pw_properties_new(NULL, NULL);
	if (!p)
		return;
	pw_properties_setf(p, PW_KEY_LINK_OUTPUT_PORT, "%u", l->channel[c].from);
	pw_properties_setf(p, PW_KEY_LINK_INPUT_PORT, "%u", l->channel[c].to);
	l->channel[c].link = pw_core_create_object(
		pf_graph_core(g), "link-factory", PW_TYPE_INTERFACE_Link, PW_VERSION_LINK, &p->dict, 0);
	pw_properties_free(p);
}

void pf_graph_links_join(struct pf_graph_links *l, struct pf_graph *g, const struct pf_graph_view *v,
	uint32_t from, uint32_t to)
{
	for (unsigned c = 0; c < 8; c++) {
		uint32_t a = pf_graph_view_port(v, from, pf_channel_names[c], true);
		uint32_t b = pf_graph_view_port(v, to, pf_channel_names[c], false);
		if (a == l->channel[c].from && b == l->channel[c].to)
			continue;
		cut(l, c);
		l->channel[c].from = a;
		l->channel[c].to = b;
		if (a != SPA_ID_INVALID && b != SPA_ID_INVALID)
			join(l, g, c);
	}
}

static void handle_timer(void *data, uint64_t expirations)
{
	struct pf_graph_links *l = data;
	l->on_look(l->user, l->graph);
}

static void up(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_links *l = (struct pf_graph_links *)part;
	struct timespec second = {.tv_sec = 1};
	l->graph = g;
	l->timer = pw_loop_add_timer(pf_graph_loop(g), handle_timer, l);
	if (l->timer)
		pw_loop_update_timer(pf_graph_loop(g), l->timer, &second, &second, false);
}

static void cut_all(struct pf_graph_links *l)
{
	for (unsigned c = 0; c < 8; c++) {
		cut(l, c);
		l->channel[c].from = l->channel[c].to = SPA_ID_INVALID;
	}
}

static void down(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_links *l = (struct pf_graph_links *)part;
	if (l->timer)
		pw_loop_destroy_source(pf_graph_loop(g), l->timer);
	l->timer = NULL;
	cut_all(l);
}

void pf_graph_links_init(
	struct pf_graph_links *l, void (*on_look)(void *user, struct pf_graph *g), void *user)
{
	static const struct pf_graph_part_impl impl = {up, NULL, NULL, down};
	*l = (struct pf_graph_links){.part = {&impl}, .on_look = on_look, .user = user};
	cut_all(l);
}
