#include "audio/graph.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"

#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 8000
#define ANSWER_MS    5000
#define STEADY_NS    1000000000 /* a connection that held so long starts again at the shortest wait */

enum state {
	ABSENT, /* the timer connects */
	ASKING, /* connected; the timer gives up */
	UP,
	BROKEN, /* the timer takes everything down: never from inside a callback of what is destroyed */
};

struct pf_graph {
	struct pf_graph_params params;
	char *remote, *name;
	struct pw_thread_loop *thread;
	struct pw_loop *loop;
	struct pw_context *context;
	struct spa_source *timer;
	/* The rest belongs to the thread. */
	enum state state;
	bool parts_up, told, told_up;
	struct pw_core *core;
	struct pw_registry *registry;
	struct spa_hook core_listener, registry_listener;
	int question; /* the sync that shows whether the daemon answers */
	unsigned retry_ms;
	int64_t up_since_ns;
	struct pf_reason reason; /* why it is BROKEN */
};

static void arm(struct pf_graph *g, unsigned ms)
{
	struct timespec in = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 + 1};
	pw_loop_update_timer(g->loop, g->timer, &in, NULL, false);
}

static void tell(struct pf_graph *g, bool up, const struct pf_reason *reason)
{
	if (g->told && g->told_up == up)
		return;
	g->told = true;
	g->told_up = up;
	if (g->params.on_state)
		g->params.on_state(g->params.user, up, reason);
}

/* How people find the daemon that is meant. */
static void absent(const struct pf_graph *g, struct pf_reason *reason, const char *why)
{
	if (g->remote)
		pf_reason(reason, PF_ERR_CLOSED, "no PipeWire daemon answers at %s (%s): start it again",
			g->remote, why);
	else
		pf_reason(reason, PF_ERR_CLOSED,
			"no PipeWire daemon of this user answers (%s): start it (systemctl --user start "
			"pipewire wireplumber) and see that XDG_RUNTIME_DIR is that of its session",
			why);
}

static void take_down(struct pf_graph *g)
{
	if (g->parts_up) {
		g->parts_up = false;
		for (size_t i = PF_GRAPH_PARTS_MAX; i-- > 0;) {
			if (g->params.part[i])
				g->params.part[i]->impl->down(g->params.part[i], g);
		}
	}
	if (g->registry) {
		spa_hook_remove(&g->registry_listener);
		pw_proxy_destroy((struct pw_proxy *)g->registry);
		g->registry = NULL;
	}
	if (g->core) {
		spa_hook_remove(&g->core_listener);
		pw_core_disconnect(g->core);
		g->core = NULL;
	}
}

static void fall(struct pf_graph *g, const struct pf_reason *reason)
{
	bool steady = g->parts_up && pf_now_ns() - g->up_since_ns > STEADY_NS;
	take_down(g);
	g->state = ABSENT;
	if (steady)
		g->retry_ms = RETRY_MIN_MS;
	arm(g, g->retry_ms);
	g->retry_ms = g->retry_ms * 2 < RETRY_MAX_MS ? g->retry_ms * 2 : RETRY_MAX_MS;
	tell(g, false, reason);
}

static void handle_global(void *data, uint32_t id, uint32_t permissions, const char *type, uint32_t version,
	const struct spa_dict *props)
{
	struct pf_graph *g = data;
	for (size_t i = 0; i < PF_GRAPH_PARTS_MAX; i++) {
		struct pf_graph_part *p = g->params.part[i];
		if (p && p->impl->added)
			p->impl->added(p, g, id, type, props);
	}
}

static void handle_global_remove(void *data, uint32_t id)
{
	struct pf_graph *g = data;
	for (size_t i = 0; i < PF_GRAPH_PARTS_MAX; i++) {
		struct pf_graph_part *p = g->params.part[i];
		if (p && p->impl->removed)
			p->impl->removed(p, g, id);
	}
}

static const struct pw_registry_events registry_events = {
	PW_VERSION_REGISTRY_EVENTS,
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_done(void *data, uint32_t id, int seq)
{
	struct pf_graph *g = data;
	if (g->state != ASKING || id != PW_ID_CORE || seq != g->question)
		return;
	g->registry = pw_core_get_registry(g->core, PW_VERSION_REGISTRY, 0);
	if (!g->registry) {
		pf_graph_fail(g, &(struct pf_reason){"no memory for PipeWire's registry"});
		return;
	}
	pw_registry_add_listener(g->registry, &g->registry_listener, &registry_events, g);
	g->state = UP;
	g->up_since_ns = pf_now_ns();
	g->parts_up = true;
	for (size_t i = 0; i < PF_GRAPH_PARTS_MAX; i++) {
		if (g->params.part[i])
			g->params.part[i]->impl->up(g->params.part[i], g);
	}
	if (g->state == UP) {
		arm(g, 0); /* forgets the deadline of the answer */
		tell(g, true, &(struct pf_reason){0});
	}
}

static void handle_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	struct pf_graph *g = data;
	if (id != PW_ID_CORE || res != -EPIPE)
		return; /* of one object: its part hears it too */
	struct pf_reason reason;
	absent(g, &reason, "it has closed the connection");
	pf_graph_fail(g, &reason);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.done = handle_done,
	.error = handle_error,
};

/* Its lines (no real-time kit, no D-Bus) say nothing that the reasons here do not, unless somebody asks. */
static void quieten(void)
{
	if (!getenv("PIPEWIRE_DEBUG"))
		pw_log_set_level(SPA_LOG_LEVEL_NONE);
}

/* The configuration whose data thread is real-time; from PipeWire 1.4 on the name means the usual one, which is too. Takes
 * milliseconds: never on the thread of whoever wants a graph. */
static struct pw_context *make_context(struct pw_loop *loop)
{
	struct pw_properties *props = pw_properties_new(PW_KEY_CONFIG_NAME, "client-rt.conf", NULL);
	struct pw_context *c = props ? pw_context_new(loop, props, 0) : NULL;
	quieten(); /* the configuration has a level of its own */
	return c;
}

static void ask(struct pf_graph *g)
{
	if (!g->context && !(g->context = make_context(g->loop))) {
		struct pf_reason reason;
		pf_reason(&reason, PF_ERR_UNSUPPORTED,
			"PipeWire's library does not start (%s): are its package and client.conf complete?",
			strerror(errno));
		fall(g, &reason);
		return;
	}
	struct pw_properties *props = pw_properties_new(PW_KEY_APP_NAME, g->name, NULL);
	if (props && g->remote)
		pw_properties_set(props, PW_KEY_REMOTE_NAME, g->remote);
	g->core = props ? pw_context_connect(g->context, props, 0) : NULL;
	if (!g->core) {
		struct pf_reason reason;
		absent(g, &reason, errno == EHOSTDOWN ? "nothing listens there" : strerror(errno));
		fall(g, &reason);
		return;
	}
	g->state = ASKING;
	pw_core_add_listener(g->core, &g->core_listener, &core_events, g);
	g->question = pw_core_sync(g->core, PW_ID_CORE, 0);
	arm(g, ANSWER_MS);
}

static void handle_timer(void *data, uint64_t expirations)
{
	struct pf_graph *g = data;
	struct pf_reason reason;
	switch (g->state) {
	case ABSENT:
		ask(g);
		break;
	case ASKING:
		absent(g, &reason, "it says nothing for 5 s");
		fall(g, &reason);
		break;
	case BROKEN:
		reason = g->reason;
		fall(g, &reason);
		break;
	case UP:
		break;
	}
}

void pf_graph_fail(struct pf_graph *g, const struct pf_reason *reason)
{
	if (g->state != UP && g->state != ASKING)
		return;
	g->state = BROKEN;
	g->reason = *reason;
	arm(g, 0);
}

static pthread_once_t library = PTHREAD_ONCE_INIT;

static void start_library(void)
{
	pw_init(NULL, NULL);
}

static int start(struct pf_graph *g, const struct pf_graph_params *params, struct pf_reason *reason)
{
	g->params = *params;
	g->retry_ms = RETRY_MIN_MS;
	g->remote = params->remote ? strdup(params->remote) : NULL;
	g->name = strdup(params->name);
	if (!g->name || (params->remote && !g->remote))
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for a connection to PipeWire");
	pthread_once(&library, start_library);
	quieten();
	g->thread = pw_thread_loop_new("pf-graph", NULL);
	if (!g->thread)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"PipeWire's library does not start (%s): is its package complete (SPA plugins)?",
			strerror(errno));
	g->loop = pw_thread_loop_get_loop(g->thread);
	g->timer = pw_loop_add_timer(g->loop, handle_timer, g);
	if (!g->timer || pw_thread_loop_start(g->thread) < 0)
		return pf_reason(reason, PF_ERR_NOMEM, "no thread for PipeWire's graph: %s", strerror(errno));
	pf_graph_lock(g);
	arm(g, 0);
	pf_graph_unlock(g);
	return PF_OK;
}

int pf_graph_create(struct pf_graph **out, const struct pf_graph_params *params, struct pf_reason *reason)
{
	struct pf_graph *g = calloc(1, sizeof(*g));
	if (!g)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for a connection to PipeWire");
	int rc = start(g, params, reason);
	if (rc < 0) {
		pf_graph_destroy(g);
		return rc;
	}
	*out = g;
	return PF_OK;
}

void pf_graph_destroy(struct pf_graph *g)
{
	if (!g)
		return;
	if (g->timer) {
		pf_graph_lock(g);
		take_down(g);
		pw_loop_destroy_source(g->loop, g->timer);
		pf_graph_unlock(g);
		pw_thread_loop_stop(g->thread);
	}
	if (g->context)
		pw_context_destroy(g->context);
	if (g->thread)
		pw_thread_loop_destroy(g->thread);
	free(g->remote);
	free(g->name);
	free(g);
}

struct pw_core *pf_graph_core(struct pf_graph *g)
{
	return g->core;
}

struct pw_registry *pf_graph_registry(struct pf_graph *g)
{
	return g->registry;
}

struct pw_loop *pf_graph_loop(struct pf_graph *g)
{
	return g->loop;
}

void pf_graph_lock(struct pf_graph *g)
{
	pw_thread_loop_lock(g->thread);
}

void pf_graph_unlock(struct pf_graph *g)
{
	pw_thread_loop_unlock(g->thread);
}
