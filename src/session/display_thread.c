#include "session/display_thread.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "os/clock.h"

#define JOBS_MAX          32
#define REBUILDS_MAX      3 /* within REBUILD_WINDOW_NS */
#define REBUILD_WINDOW_NS (10 * INT64_C(1000000000))
#define PORTS_MAX         16
#define POST_MORTEM_NS    500000000

enum job_kind { JOB_CREATE, JOB_RUN, JOB_SET_MODE, JOB_WAKE, JOB_ENDED, JOB_STOP };

struct job {
	enum job_kind kind;
	struct pf_mode mode;
	struct pf_pipeline_params pipeline;
	unsigned generation;
	unsigned keep_ms;
	struct pf_sender *sender;
	struct pf_reason reason;
};

struct pf_display_thread {
	struct pf_display_thread_params p;
	struct pf_fingerprint owner;
	bool has_owner;
	pthread_t thread;

	pthread_mutex_t lock; /* guards the four below */
	pthread_cond_t changed;
	struct job job[JOBS_MAX];
	unsigned first, count;

	/* The thread's own. */
	struct pf_display *display;
	struct pf_pipeline *pipeline;
	struct pf_pipeline_params pipeline_params;
	struct pf_display_ports port[PORTS_MAX]; /* the last one is in use, the others may still be */
	unsigned ports;
	bool running;      /* a pipeline was asked for */
	unsigned current;  /* generation of the pipeline that counts; 0 = none does */
	unsigned prepared; /* generation given out last */
	unsigned rebuilds;
	int64_t rebuild_window_ns;
};

/* Only a stage that ends again and again could fill the queue; what it says then is known already. */
static void post(struct pf_display_thread *t, const struct job *job)
{
	pthread_mutex_lock(&t->lock);
	if (t->count < JOBS_MAX || job->kind == JOB_STOP) {
		if (t->count == JOBS_MAX)
			t->count--;
		t->job[(t->first + t->count++) % JOBS_MAX] = *job;
	}
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static void next_job(struct pf_display_thread *t, struct job *out)
{
	pthread_mutex_lock(&t->lock);
	while (t->count == 0)
		pthread_cond_wait(&t->changed, &t->lock);
	*out = t->job[t->first];
	t->first = (t->first + 1) % JOBS_MAX;
	t->count--;
	pthread_mutex_unlock(&t->lock);
}

static void handle_pipeline_ended(void *user, unsigned generation, const struct pf_reason *reason)
{
	struct job job = {.kind = JOB_ENDED, .generation = generation, .reason = *reason};
	post(user, &job);
}

static int make_display(
	struct pf_display_thread *t, struct pf_display **out, struct pf_mode mode, struct pf_reason *reason)
{
	struct pf_display_params params = t->p.display;
	params.mode = mode;
	return pf_display_create(out, t->p.backend, &params, reason);
}

/* A kept display in another mode is changed if it can be, else replaced. */
static int resume_or_make(struct pf_display_thread *t, struct pf_mode mode, struct pf_reason *reason)
{
	struct pf_display *kept = t->has_owner ? pf_display_pool_take(t->p.pool, &t->owner) : NULL;
	if (kept && !pf_mode_equal(kept->mode, mode) && pf_display_set_mode(kept, mode, reason) < 0) {
		pf_display_pool_put(t->p.pool, NULL, kept, 0);
		kept = NULL;
	}
	if (kept) {
		pf_info("display", "resuming the desktop of %s", t->p.display.client_label);
		t->display = kept;
		return PF_OK;
	}
	return make_display(t, &t->display, mode, reason);
}

/* A display that takes no input is still worth seeing. */
static void open_ports(struct pf_display_thread *t)
{
	struct pf_reason reason = {0};
	if (!t->p.events->on_ports || t->ports == PORTS_MAX)
		return;
	struct pf_display_ports *port = &t->port[t->ports++];
	port->input = NULL;
	if (pf_display_open_input(t->display, &port->input, &reason) < 0)
		pf_warn("input", "no input for %s: %s", t->p.display.client_label, reason.text);
	pf_display_sound(t->display, &port->sound);
	t->p.events->on_ports(t->p.user, port);
}

static void close_ports(struct pf_display_thread *t)
{
	for (; t->ports > 0; t->ports--) {
		struct pf_input *input = t->port[t->ports - 1].input;
		if (input)
			input->impl->destroy(input);
	}
}

static void create(struct pf_display_thread *t, struct pf_mode mode)
{
	struct pf_reason reason = {0};
	int rc = resume_or_make(t, mode, &reason);
	if (rc == PF_OK)
		open_ports(t);
	t->p.events->on_display(t->p.user, rc, rc == PF_OK ? t->display->mode : mode, &reason);
}

/* A pipeline on the given display, ready to run. */
static int prepare(struct pf_display_thread *t, struct pf_display *display, struct pf_pipeline **out,
	struct pf_reason *reason)
{
	struct pf_pipeline_params params = t->pipeline_params;
	params.display = display;
	params.generation = ++t->prepared;
	params.on_ended = handle_pipeline_ended;
	params.user = t;
	return pf_pipeline_prepare(out, &params, reason);
}

/* Old out, new in; returns the milliseconds without an encoder. */
static int swap(
	struct pf_display_thread *t, struct pf_pipeline *fresh, unsigned *gap_ms, struct pf_reason *reason)
{
	int64_t start = pf_now_ns();
	pf_pipeline_destroy(t->pipeline);
	t->pipeline = fresh;
	int rc = pf_pipeline_run(fresh, reason);
	t->current = rc == PF_OK ? t->prepared : 0;
	*gap_ms = (unsigned)((pf_now_ns() - start) / 1000000);
	return rc;
}

static void fail(struct pf_display_thread *t, const struct pf_reason *reason)
{
	pf_pipeline_destroy(t->pipeline);
	t->pipeline = NULL;
	t->running = false;
	t->p.events->on_failed(t->p.user, reason);
}

static void start_pipeline(struct pf_display_thread *t)
{
	struct pf_reason reason = {0};
	struct pf_pipeline *fresh = NULL;
	unsigned gap_ms = 0;
	if (!t->display)
		return; /* which has been told */
	int rc = prepare(t, t->display, &fresh, &reason);
	if (rc == PF_OK)
		rc = swap(t, fresh, &gap_ms, &reason);
	if (rc < 0) {
		fail(t, &reason);
		return;
	}
	t->running = true;
	t->p.events->on_mode(t->p.user, PF_OK, t->display->mode, false, 0, &reason);
}

/* Changes the display in place where it can, so that what runs on it stays. */
static int change_in_place(
	struct pf_display_thread *t, struct pf_mode mode, unsigned *gap_ms, struct pf_reason *reason)
{
	struct pf_mode before = t->display->mode;
	unsigned before_change = t->current;
	t->current = 0; /* the old capture ends with the old size: not a failure */
	int rc = pf_display_set_mode(t->display, mode, reason);
	if (rc == PF_ERR_UNSUPPORTED)
		t->current = before_change;
	if (rc < 0)
		return rc;
	int64_t start = pf_now_ns();
	struct pf_pipeline *fresh = NULL;
	rc = prepare(t, t->display, &fresh, reason);
	if (rc == PF_OK)
		rc = swap(t, fresh, gap_ms, reason);
	else
		pf_display_set_mode(t->display, before, NULL);
	*gap_ms = (unsigned)((pf_now_ns() - start) / 1000000);
	return rc;
}

static int change_by_new_display(
	struct pf_display_thread *t, struct pf_mode mode, unsigned *gap_ms, struct pf_reason *reason)
{
	struct pf_display *display = NULL;
	struct pf_pipeline *fresh = NULL;
	int rc = make_display(t, &display, mode, reason);
	if (rc == PF_OK)
		rc = prepare(t, display, &fresh, reason);
	if (rc < 0) {
		if (display)
			pf_display_pool_put(t->p.pool, NULL, display, 0);
		return rc;
	}
	rc = swap(t, fresh, gap_ms, reason);
	pf_display_pool_put(t->p.pool, NULL, t->display, 0);
	t->display = display;
	open_ports(t);
	return rc;
}

/* Capture loses its connection before anyone knows how the compositor died: waits a moment for the better
 * reason, and keeps the one it has when the display lives on. */
static void find_cause(struct pf_display_thread *t, struct pf_reason *reason)
{
	struct pf_reason better = {0};
	int64_t deadline = pf_now_ns() + POST_MORTEM_NS;
	while (pf_display_check(t->display, &better) == PF_OK && pf_now_ns() < deadline)
		pf_sleep_until_ns(pf_now_ns() + POST_MORTEM_NS / 20);
	if (better.text[0])
		*reason = better;
}

/* The source ended by itself, or a mode change broke it: once more on the same display, if that lives. */
static void rebuild(struct pf_display_thread *t, const struct pf_reason *why)
{
	struct pf_reason reason = {0};
	int64_t now = pf_now_ns();
	if (now - t->rebuild_window_ns > REBUILD_WINDOW_NS) {
		t->rebuild_window_ns = now;
		t->rebuilds = 0;
	}
	if (pf_display_check(t->display, &reason) < 0) {
		fail(t, reason.text[0] ? &reason : why);
		return;
	}
	if (++t->rebuilds > REBUILDS_MAX) {
		fail(t, why);
		return;
	}
	pf_warn("display", "rebuilding the stream of %s: %s", t->p.display.client_label, why->text);
	struct pf_pipeline *fresh = NULL;
	unsigned gap_ms = 0;
	pf_pipeline_destroy(t->pipeline);
	t->pipeline = NULL;
	int rc = prepare(t, t->display, &fresh, &reason);
	if (rc == PF_OK)
		rc = swap(t, fresh, &gap_ms, &reason);
	if (rc < 0) {
		find_cause(t, &reason);
		fail(t, &reason);
		return;
	}
	gap_ms = (unsigned)((pf_now_ns() - now) / 1000000);
	t->p.events->on_mode(t->p.user, PF_OK, t->display->mode, false, gap_ms, why);
}

/* Before the stream runs: the display alone. After it, nobody minds. */
static void adjust(struct pf_display_thread *t, struct pf_mode mode)
{
	struct pf_reason reason = {0};
	if (!t->display || pf_mode_equal(t->display->mode, mode))
		return;
	int rc = pf_display_set_mode(t->display, mode, &reason);
	if (rc == PF_ERR_UNSUPPORTED) {
		pf_display_pool_put(t->p.pool, NULL, t->display, 0);
		t->display = NULL;
		rc = make_display(t, &t->display, mode, &reason);
		if (rc == PF_OK)
			open_ports(t);
	}
	if (rc < 0)
		fail(t, &reason);
}

/* The client has prepared for new pictures when it was told yes: they begin with an IDR in any case. */
static void change_mode(struct pf_display_thread *t, struct pf_mode mode)
{
	struct pf_reason reason = {0};
	unsigned gap_ms = 0;
	if (!t->running) {
		adjust(t, mode);
		return;
	}
	bool same = pf_mode_equal(t->display->mode, mode);
	int rc = same ? PF_OK : change_in_place(t, mode, &gap_ms, &reason);
	if (rc == PF_ERR_UNSUPPORTED)
		rc = change_by_new_display(t, mode, &gap_ms, &reason);
	t->p.events->on_mode(t->p.user, rc, t->display->mode, true, gap_ms, &reason);
	if (rc < 0 && t->current == 0)
		rebuild(t, &reason); /* the old pipeline ended with the try */
	else if (rc < 0 || same)
		pf_pipeline_force_key(t->pipeline);
}

static void end(struct pf_display_thread *t, struct pf_sender *sender, unsigned keep_ms)
{
	pf_pipeline_destroy(t->pipeline);
	t->pipeline = NULL;
	pf_sender_destroy(sender);
	close_ports(t);
	if (t->display)
		pf_display_pool_put(t->p.pool, t->has_owner ? &t->owner : NULL, t->display, keep_ms);
	t->display = NULL;
	t->p.events->on_stopped(t->p.user);
}

static void *run(void *arg)
{
	struct pf_display_thread *t = arg;
	for (;;) {
		struct job job;
		next_job(t, &job);
		switch (job.kind) {
		case JOB_CREATE:
			create(t, job.mode);
			break;
		case JOB_RUN:
			t->pipeline_params = job.pipeline;
			start_pipeline(t);
			break;
		case JOB_SET_MODE:
			change_mode(t, job.mode);
			break;
		case JOB_WAKE:
			if (t->pipeline)
				pf_pipeline_wake(t->pipeline);
			break;
		case JOB_ENDED:
			if (job.generation != t->current || !t->running)
				break;
			if (job.reason.text[0])
				rebuild(t, &job.reason);
			else
				fail(t, &job.reason);
			break;
		case JOB_STOP:
			end(t, job.sender, job.keep_ms);
			return NULL;
		}
	}
}

int pf_display_thread_start(struct pf_display_thread **out, const struct pf_display_thread_params *params)
{
	struct pf_display_thread *t = calloc(1, sizeof(*t));
	if (!t)
		return PF_ERR_NOMEM;
	t->p = *params;
	t->has_owner = params->owner != NULL;
	if (t->has_owner)
		t->owner = *params->owner;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	post(t, &(struct job){.kind = JOB_CREATE, .mode = params->display.mode});
	if (pthread_create(&t->thread, NULL, run, t) != 0) {
		pthread_cond_destroy(&t->changed);
		pthread_mutex_destroy(&t->lock);
		free(t);
		return PF_ERR_NOMEM;
	}
	pthread_setname_np(t->thread, "pf-display");
	*out = t;
	return PF_OK;
}

void pf_display_thread_run(struct pf_display_thread *t, const struct pf_pipeline_params *params)
{
	post(t, &(struct job){.kind = JOB_RUN, .pipeline = *params});
}

void pf_display_thread_set_mode(struct pf_display_thread *t, struct pf_mode mode)
{
	post(t, &(struct job){.kind = JOB_SET_MODE, .mode = mode});
}

void pf_display_thread_wake(struct pf_display_thread *t)
{
	post(t, &(struct job){.kind = JOB_WAKE});
}

void pf_display_thread_stop(struct pf_display_thread *t, struct pf_sender *sender, unsigned keep_ms)
{
	post(t, &(struct job){.kind = JOB_STOP, .sender = sender, .keep_ms = keep_ms});
}

void pf_display_thread_join(struct pf_display_thread *t)
{
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
