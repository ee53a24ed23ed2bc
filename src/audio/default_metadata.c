#include "audio/default_metadata.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pipewire/extensions/metadata.h> /* includes less than it needs */

#include "os/clock.h"

#define LOOK_NS    INT64_C(1000000000) /* until metadata that says nothing is empty */
#define LAND_NS    INT64_C(250000000)  /* until a write is looked after */
#define VALUE_TYPE "Spa:String:JSON"
#define SETTLE_NS  INT64_C(2000000000) /* of a session manager that has just started */

/*
 * PipeWire (0.3.65) withholds changes of the metadata from a client while another one is binding it. So what a decision
 * hangs on is looked up by binding anew: before each write, and after one that was not heard to land.
 */
static struct pf_audio_defaults *from_part(struct pf_graph_part *p)
{
	return (struct pf_audio_defaults *)p;
}

void pf_default_value_read(char out[PF_DEFAULT_NAME_MAX], const char *value)
{
	json_t *root = value ? json_loads(value, 0, NULL) : NULL;
	const char *name = json_string_value(json_object_get(root, "name"));
	out[0] = 0;
	if (name && strlen(name) < PF_DEFAULT_NAME_MAX)
		memcpy(out, name, strlen(name) + 1);
	json_decref(root);
}

static void write_value(struct pf_audio_defaults *d, enum pf_audio_default which, const char *name)
{
	char *value = NULL;
	json_t *root = name[0] ? json_pack("{s:s}", "name", name) : NULL;
	if (root)
		value = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (name[0] && !value)
		return; /* out of memory: the next change tries again */
	pw_metadata_set_property(
		d->metadata, PW_ID_CORE, pf_default_key(which), value ? VALUE_TYPE : NULL, value);
	free(value);
	pf_default_ledger_wrote(&d->ledger[which], name);
}

static void warn_unwritten(struct pf_audio_defaults *d)
{
	if (pf_log_allow(&d->unwritten, pf_now_ns(), 60000000000))
		pf_warn("audio",
			"cannot write %s (%s): the default device stays as it is, make room or give it back "
			"its permissions",
			d->journal.path, strerror(errno));
}

static void arm(struct pf_audio_defaults *d, struct spa_source *timer, int64_t in_ns)
{
	struct timespec in = {.tv_sec = in_ns / 1000000000, .tv_nsec = in_ns % 1000000000};
	pw_loop_update_timer(pf_graph_loop(d->graph), timer, &in, NULL, false);
}

static void ask(struct pf_audio_defaults *d)
{
	d->question = pw_core_sync(pf_graph_core(d->graph), PW_ID_CORE, d->question);
}

static void unbind(struct pf_audio_defaults *d)
{
	if (!d->metadata)
		return;
	spa_hook_remove(&d->metadata_listener);
	pw_proxy_destroy((struct pw_proxy *)d->metadata);
	d->metadata = NULL;
}

static const struct pw_metadata_events metadata_events;

static void look(struct pf_audio_defaults *d)
{
	unbind(d);
	d->metadata = pw_registry_bind(pf_graph_registry(d->graph), d->metadata_id,
		PW_TYPE_INTERFACE_Metadata, PW_VERSION_METADATA, 0);
	if (!d->metadata)
		return;
	d->looking = true;
	d->answered = false;
	memset(d->there, 0, sizeof(d->there));
	pw_metadata_add_listener(d->metadata, &d->metadata_listener, &metadata_events, d);
	arm(d, d->doubt, LOOK_NS);
}

/* Locked. */
static void write_what_is_due(struct pf_audio_defaults *d)
{
	for (enum pf_audio_default w = 0; w < PF_AUDIO_DEFAULTS; w++) {
		const char *name = pf_default_ledger_next(&d->ledger[w]);
		if (!name)
			continue;
		if (!d->fresh) {
			look(d);
			return;
		}
		write_value(d, w, name);
		arm(d, d->doubt, LAND_NS);
	}
}

/* The journal first: what is not on disk is not changed in the graph. Locked. */
static void catch_up(struct pf_audio_defaults *d)
{
	if (pf_default_journal_save(&d->journal, d->ledger) < 0)
		warn_unwritten(d);
	else if (d->metadata && !d->looking)
		write_what_is_due(d);
	pthread_cond_broadcast(&d->changed);
}

static void handle_kick(void *data, uint64_t count)
{
	struct pf_audio_defaults *d = data;
	pthread_mutex_lock(&d->lock);
	catch_up(d);
	pthread_mutex_unlock(&d->lock);
}

static void settle_all(struct pf_audio_defaults *d)
{
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		pf_default_ledger_settle(&d->ledger[w]);
}

static void handle_settle(void *data, uint64_t expirations)
{
	struct pf_audio_defaults *d = data;
	pthread_mutex_lock(&d->lock);
	settle_all(d);
	catch_up(d);
	pthread_mutex_unlock(&d->lock);
}

static void note_playing(struct pf_audio_defaults *d, enum pf_audio_default which, const char *name)
{
	if (name[0] && strncmp(name, PF_DEFAULT_OWN_PREFIX, strlen(PF_DEFAULT_OWN_PREFIX)) != 0)
		memcpy(d->playing[which], name, PF_DEFAULT_NAME_MAX);
}

void pf_default_metadata_kick(struct pf_audio_defaults *d)
{
	if (d->kick)
		pw_loop_signal_event(d->loop, d->kick);
	d->hopeless = false;
	pthread_cond_broadcast(&d->changed);
}

static void note_value(struct pf_audio_defaults *d, enum pf_audio_default which, const char *name)
{
	if (d->looking) {
		memcpy(d->there[which], name, PF_DEFAULT_NAME_MAX);
		return;
	}
	pf_default_ledger_observe(&d->ledger[which], name);
	pf_default_metadata_kick(d); /* what to do about it may unbind what has called us */
}

static int handle_property(void *data, uint32_t subject, const char *key, const char *type, const char *value)
{
	struct pf_audio_defaults *d = data;
	char name[PF_DEFAULT_NAME_MAX];
	if (subject != PW_ID_CORE || (key && strncmp(key, "default.", 8) != 0))
		return 0;
	pf_default_value_read(name, value);
	pthread_mutex_lock(&d->lock);
	/* They come together, all before the answer to this. */
	if (d->looking && !d->answered && value)
		ask(d);
	d->answered = d->answered || value;
	for (enum pf_audio_default w = 0; w < PF_AUDIO_DEFAULTS; w++) {
		/* No key: all of them are gone. */
		if (!key || !strcmp(key, pf_default_key(w)))
			note_value(d, w, name);
		else if (!strcmp(key,
				 w == PF_AUDIO_DEFAULT_SINK ? "default.audio.sink" : "default.audio.source"))
			note_playing(d, w, name);
	}
	pthread_mutex_unlock(&d->lock);
	return 0;
}

static const struct pw_metadata_events metadata_events = {
	PW_VERSION_METADATA_EVENTS,
	.property = handle_property,
};

/* A session manager that has values already has remembered what it will. */
static void finish_look(struct pf_audio_defaults *d)
{
	pthread_mutex_lock(&d->lock);
	d->looking = false;
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		pf_default_ledger_look(&d->ledger[w], d->there[w]);
	if (d->answered)
		settle_all(d);
	d->fresh = true;
	catch_up(d);
	d->fresh = false;
	pthread_mutex_unlock(&d->lock);
}

static void handle_done(void *data, uint32_t id, int seq)
{
	struct pf_audio_defaults *d = data;
	if (id == PW_ID_CORE && seq == d->question && d->looking && d->answered)
		finish_look(d);
}

static bool is_flying(struct pf_audio_defaults *d)
{
	bool flying = false;
	pthread_mutex_lock(&d->lock);
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		flying = flying || d->ledger[w].flying;
	pthread_mutex_unlock(&d->lock);
	return flying;
}

static void handle_doubt(void *data, uint64_t expirations)
{
	struct pf_audio_defaults *d = data;
	if (d->looking)
		finish_look(d);
	else if (d->metadata && is_flying(d))
		look(d);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.done = handle_done,
};

static void up(struct pf_graph_part *p, struct pf_graph *g)
{
	struct pf_audio_defaults *d = from_part(p);
	d->graph = g;
	pw_core_add_listener(pf_graph_core(g), &d->core_listener, &core_events, d);
	d->settle = pw_loop_add_timer(pf_graph_loop(g), handle_settle, d);
	d->doubt = pw_loop_add_timer(pf_graph_loop(g), handle_doubt, d);
	pthread_mutex_lock(&d->lock);
	d->loop = pf_graph_loop(g);
	d->kick = pw_loop_add_event(d->loop, handle_kick, d);
	pthread_mutex_unlock(&d->lock);
	if (!d->settle || !d->doubt || !d->kick)
		pf_graph_fail(g, &(struct pf_reason){"no memory for the default devices"});
}

static void added(struct pf_graph_part *p, struct pf_graph *g, uint32_t id, const char *type,
	const struct spa_dict *props)
{
	struct pf_audio_defaults *d = from_part(p);
	const char *name = props ? spa_dict_lookup(props, PW_KEY_METADATA_NAME) : NULL;
	if (d->metadata || !d->settle || !d->doubt || strcmp(type, PW_TYPE_INTERFACE_Metadata) != 0 ||
		!name || strcmp(name, "default") != 0)
		return;
	d->metadata_id = id;
	look(d);
	arm(d, d->settle, SETTLE_NS);
}

static void lose_metadata(struct pf_audio_defaults *d)
{
	unbind(d);
	d->looking = false;
	pthread_mutex_lock(&d->lock);
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		pf_default_ledger_lose(&d->ledger[w]);
	memset(d->playing, 0, sizeof(d->playing));
	pthread_mutex_unlock(&d->lock);
}

static void removed(struct pf_graph_part *p, struct pf_graph *g, uint32_t id)
{
	struct pf_audio_defaults *d = from_part(p);
	if (!d->metadata || id != d->metadata_id)
		return;
	lose_metadata(d);
	pw_loop_update_timer(pf_graph_loop(g), d->settle, NULL, NULL, false);
}

static void destroy_source(struct pf_graph *g, struct spa_source **source)
{
	if (*source)
		pw_loop_destroy_source(pf_graph_loop(g), *source);
	*source = NULL;
}

static void down(struct pf_graph_part *p, struct pf_graph *g)
{
	struct pf_audio_defaults *d = from_part(p);
	lose_metadata(d);
	pthread_mutex_lock(&d->lock);
	destroy_source(g, &d->kick);
	d->loop = NULL;
	pthread_mutex_unlock(&d->lock);
	destroy_source(g, &d->settle);
	destroy_source(g, &d->doubt);
	spa_hook_remove(&d->core_listener);
}

const struct pf_graph_part_impl pf_default_metadata_part = {
	.up = up,
	.added = added,
	.removed = removed,
	.down = down,
};
