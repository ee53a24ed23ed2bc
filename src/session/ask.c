#include "session/ask.h"

#include <errno.h>
#include <time.h>

static struct pf_question *take(struct pf_asks *a)
{
	pthread_mutex_lock(&a->lock);
	struct pf_question *q = a->first;
	if (q) {
		a->first = q->next;
		q->state = PF_QUESTION_RUNNING;
	}
	pthread_mutex_unlock(&a->lock);
	return q;
}

static void settle(struct pf_asks *a, struct pf_question *q)
{
	pthread_mutex_lock(&a->lock);
	q->state = PF_QUESTION_ANSWERED;
	pthread_cond_broadcast(&a->answered);
	pthread_mutex_unlock(&a->lock);
}

static void handle_wake(uv_async_t *wake)
{
	struct pf_asks *a = wake->data;
	struct pf_question *q;
	while ((q = take(a))) {
		q->work(q->arg, a->user);
		settle(a, q);
	}
}

int pf_asks_init(struct pf_asks *a, uv_loop_t *loop, void *user)
{
	pthread_condattr_t monotonic;
	*a = (struct pf_asks){.user = user};
	if (uv_async_init(loop, &a->wake, handle_wake) < 0)
		return PF_ERR_NOMEM;
	a->wake.data = a;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&a->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return PF_OK;
}

/* The lock is held. */
static void append(struct pf_asks *a, struct pf_question *q)
{
	struct pf_question **at = &a->first;
	while (*at)
		at = &(*at)->next;
	*at = q;
}

static void remove_question(struct pf_asks *a, const struct pf_question *q)
{
	struct pf_question **at = &a->first;
	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
}

/* The lock is held. What has begun is always waited for: it uses the asker's memory, and takes no time. */
static int wait_for(struct pf_asks *a, struct pf_question *q)
{
	struct timespec limit;
	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += PF_ASK_LIMIT_MS / 1000;
	int late = 0;
	while (q->state == PF_QUESTION_RUNNING || (q->state == PF_QUESTION_WAITING && !late)) {
		if (q->state == PF_QUESTION_RUNNING)
			pthread_cond_wait(&a->answered, &a->lock);
		else
			late = pthread_cond_timedwait(&a->answered, &a->lock, &limit) == ETIMEDOUT;
	}
	if (q->state == PF_QUESTION_ANSWERED)
		return PF_OK;
	if (q->state == PF_QUESTION_REFUSED)
		return PF_ERR_CLOSED;
	remove_question(a, q);
	return PF_ERR_TIMEOUT;
}

int pf_asks_ask(struct pf_asks *a, void (*work)(void *arg, void *user), void *arg)
{
	struct pf_question q = {.work = work, .arg = arg};
	int rc = PF_ERR_CLOSED;
	pthread_mutex_lock(&a->lock);
	if (!a->closed) {
		append(a, &q);
		uv_async_send(&a->wake);
		rc = wait_for(a, &q);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

void pf_asks_close(struct pf_asks *a)
{
	pthread_mutex_lock(&a->lock);
	a->closed = true;
	for (struct pf_question *q = a->first; q; q = q->next)
		q->state = PF_QUESTION_REFUSED;
	a->first = NULL;
	pthread_cond_broadcast(&a->answered);
	pthread_mutex_unlock(&a->lock);
}

void pf_asks_finish(struct pf_asks *a, uv_close_cb on_gone)
{
	pthread_cond_destroy(&a->answered);
	pthread_mutex_destroy(&a->lock);
	uv_close((uv_handle_t *)&a->wake, on_gone);
}
