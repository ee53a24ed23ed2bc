#include "audio/defaults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audio/default_metadata.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/thread.h"

#define DESTROY_NS INT64_C(500000000)

struct pf_audio_claim {
	struct pf_default_claim entry;
	enum pf_audio_default which;
};

/* A journal that says so is still to be removed. */
static bool owes(const struct pf_audio_defaults *d)
{
	bool owed = d->journal.text != NULL;
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		owed = owed || d->ledger[w].owed;
	return owed;
}

static bool is_busy(const struct pf_audio_defaults *d)
{
	bool claimed = false;
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++)
		claimed = claimed || d->ledger[w].newest;
	return claimed || owes(d);
}

static void handle_state(void *user, bool is_up, const struct pf_reason *reason)
{
	struct pf_audio_defaults *d = user;
	pthread_mutex_lock(&d->lock);
	d->absent = !is_up;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	if (!is_up)
		pf_info("audio", "the default devices are changed when the graph is there: %s", reason->text);
}

static struct pf_graph *connect_graph(struct pf_audio_defaults *d)
{
	struct pf_graph *g = NULL;
	struct pf_reason reason = {0};
	struct pf_graph_params params = {
		.remote = d->remote,
		.name = "punktfunk-host defaults",
		.part = {&d->part},
		.on_state = handle_state,
		.user = d,
	};
	if (pf_graph_create(&g, &params, &reason) < 0)
		pf_warn("audio", "the default devices stay as they are: %s", reason.text);
	return g;
}

/* The connection lives while there is something to do. Locked but while it comes or goes. */
static void *run(void *user)
{
	struct pf_audio_defaults *d = user;
	struct pf_graph *g = NULL;
	pf_thread_enter("pf-defaults");
	pthread_mutex_lock(&d->lock);
	while (!d->ending || g) {
		bool wanted = !d->ending && is_busy(d);
		if (wanted == (g != NULL) || (wanted && d->hopeless)) {
			pthread_cond_wait(&d->changed, &d->lock);
			continue;
		}
		pthread_mutex_unlock(&d->lock);
		struct pf_graph *next = wanted ? connect_graph(d) : NULL;
		pf_graph_destroy(g);
		g = next;
		pthread_mutex_lock(&d->lock);
		d->hopeless = wanted && !g;
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* Until nothing is owed, no daemon answers, or the time is up. Locked. */
static void wait_for_the_graph(struct pf_audio_defaults *d, int64_t deadline_ns)
{
	struct timespec until = {deadline_ns / 1000000000, deadline_ns % 1000000000};
	while (owes(d) && !d->absent && !d->hopeless)
		if (pthread_cond_timedwait(&d->changed, &d->lock, &until) == ETIMEDOUT)
			return;
}

static void init_locks(struct pf_audio_defaults *d)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&d->lock, NULL);
}

static void discard(struct pf_audio_defaults *d)
{
	pf_default_journal_finish(&d->journal);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->changed);
	free(d->remote);
	free(d);
}

static int start(
	struct pf_audio_defaults *d, const char *directory, const char *remote, struct pf_reason *reason)
{
	d->remote = remote ? strdup(remote) : NULL;
	if (remote && !d->remote)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the default devices");
	int rc = pf_default_journal_open(&d->journal, directory, d->ledger, reason);
	if (rc == PF_OK && pthread_create(&d->thread, NULL, run, d))
		rc = pf_reason(reason, PF_ERR_NOMEM, "no thread for the default devices");
	return rc;
}

int pf_audio_defaults_create(struct pf_audio_defaults **out, const char *directory, const char *remote,
	unsigned wait_ms, struct pf_reason *reason)
{
	struct pf_audio_defaults *d = calloc(1, sizeof(*d));
	if (!d)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the default devices");
	d->part.impl = &pf_default_metadata_part;
	init_locks(d);
	int rc = start(d, directory, remote, reason);
	if (rc < 0) {
		discard(d);
		return rc;
	}
	pthread_mutex_lock(&d->lock);
	wait_for_the_graph(d, pf_now_ns() + (int64_t)wait_ms * 1000000);
	pthread_mutex_unlock(&d->lock);
	*out = d;
	return PF_OK;
}

void pf_audio_defaults_destroy(struct pf_audio_defaults *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	wait_for_the_graph(d, pf_now_ns() + DESTROY_NS);
	d->ending = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	discard(d);
}

int pf_audio_defaults_claim(struct pf_audio_defaults *d, struct pf_audio_claim **out,
	enum pf_audio_default which, const char *node)
{
	struct pf_audio_claim *c = calloc(1, sizeof(*c));
	if (!c)
		return PF_ERR_NOMEM;
	c->which = which;
	strncpy(c->entry.node, node, sizeof(c->entry.node) - 1);
	pthread_mutex_lock(&d->lock);
	struct pf_default_ledger before = d->ledger[which];
	pf_default_ledger_claim(&d->ledger[which], &c->entry);
	int rc = pf_default_journal_save(&d->journal, d->ledger);
	if (rc < 0)
		d->ledger[which] = before;
	else
		pf_default_metadata_kick(d);
	pthread_mutex_unlock(&d->lock);
	if (rc < 0)
		free(c);
	else
		*out = c;
	return rc;
}

void pf_audio_defaults_release(struct pf_audio_defaults *d, struct pf_audio_claim *claim)
{
	pthread_mutex_lock(&d->lock);
	pf_default_ledger_release(&d->ledger[claim->which], &claim->entry);
	pf_default_metadata_kick(d);
	pthread_mutex_unlock(&d->lock);
	free(claim);
}

void pf_audio_defaults_previous(
	struct pf_audio_defaults *d, enum pf_audio_default which, char *out, size_t cap)
{
	pthread_mutex_lock(&d->lock);
	const char *playing = d->playing[which];
	snprintf(out, cap, "%s", playing[0] ? playing : d->ledger[which].previous);
	pthread_mutex_unlock(&d->lock);
}
