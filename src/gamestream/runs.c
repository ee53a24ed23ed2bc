#include <gnutls/crypto.h>
#include <string.h>

#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "session/planes.h"

/* A run without a stream whose display is gone is over: its program has ended. */
static bool is_alive(struct pf_gamestream *g, struct pf_gs_run *run)
{
	if (!run->used)
		return false;
	if (!run->stream && !pf_display_pool_has(pf_host_pool(g->p.host), &run->owner))
		run->used = false;
	return run->used;
}

struct pf_gs_run *pf_gs_run_for(struct pf_gamestream *g, const struct pf_fingerprint *client)
{
	struct pf_gs_run *left = NULL;
	for (size_t i = 0; i < PF_GS_RUNS_MAX; i++) {
		struct pf_gs_run *run = &g->runs[i];
		if (!is_alive(g, run))
			continue;
		if (pf_fingerprint_equal(&run->client, client))
			return run;
		if (!run->stream && (!left || run->left_ns > left->left_ns))
			left = run;
	}
	return left;
}

int pf_gs_run_begin(struct pf_gamestream *g, struct pf_gs_run **out, const struct pf_gs_app *app,
	const struct pf_fingerprint *client)
{
	for (size_t i = 0; i < PF_GS_RUNS_MAX; i++) {
		struct pf_gs_run *run = &g->runs[i];
		if (is_alive(g, run))
			continue;
		*run = (struct pf_gs_run){.used = true, .app = app->id, .client = *client};
		gnutls_rnd(GNUTLS_RND_NONCE, run->owner.bytes, sizeof(run->owner.bytes));
		memcpy(run->title, app->title, sizeof(run->title));
		*out = run;
		return PF_OK;
	}
	return PF_ERR_LIMIT;
}

void pf_gs_run_left(struct pf_gs_run *run, bool over)
{
	run->stream = NULL;
	run->left_ns = pf_now_ns();
	if (over)
		run->used = false;
}

void pf_gs_run_quit(struct pf_gamestream *g, struct pf_gs_run *run)
{
	pf_info("gamestream", "%s is quit", run->title);
	if (run->stream && pf_gs_stream_lives(run->stream)) {
		pf_gs_stream_end(run->stream, PF_GS_END_NORMAL, true, "quit");
		return;
	}
	/* A stream that is ending already finds out when it gives its display back. */
	run->used = false;
	pf_gs_run_release(g, &run->owner);
}

void pf_gs_run_release(struct pf_gamestream *g, const struct pf_fingerprint *owner)
{
	struct pf_display_pool *pool = pf_host_pool(g->p.host);
	struct pf_display *kept = pf_display_pool_take(pool, owner);
	if (kept)
		pf_display_pool_put(pool, NULL, kept, 0);
}

void pf_gs_runs_tick(struct pf_gamestream *g, int64_t now_ns)
{
	int64_t keep_ns = (int64_t)g->p.keep_s * 1000000000;
	for (size_t i = 0; i < PF_GS_RUNS_MAX; i++) {
		struct pf_gs_run *run = &g->runs[i];
		if (run->used && !run->stream && now_ns - run->left_ns > keep_ns)
			run->used = false; /* the pool takes the display down */
	}
}
