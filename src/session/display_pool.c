#include "session/display_pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "os/clock.h"

struct kept {
	struct pf_display *display; /* NULL = free place */
	struct pf_fingerprint owner;
	int64_t until_ns;
};

struct pf_display_pool {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	struct kept kept[PF_DISPLAY_KEPT_MAX];
	pthread_t thread;
};

/* With the lock held: the one that ends first, or NULL. */
static struct kept *first_to_go(struct pf_display_pool *pool)
{
	struct kept *first = NULL;
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++) {
		struct kept *k = &pool->kept[i];
		if (k->display && (!first || k->until_ns < first->until_ns))
			first = k;
	}
	return first;
}

/* Removes without the lock: taking a compositor down takes a moment. */
static void destroy_unlocked(struct pf_display_pool *pool, struct kept *k)
{
	struct pf_display *display = k->display;
	k->display = NULL;
	pthread_mutex_unlock(&pool->lock);
	pf_display_destroy(display);
	pthread_mutex_lock(&pool->lock);
}

static void *run(void *arg)
{
	struct pf_display_pool *pool = arg;
	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		struct kept *first = first_to_go(pool);
		if (first && first->until_ns <= pf_now_ns()) {
			destroy_unlocked(pool, first);
		} else if (first) {
			struct timespec t = {.tv_sec = first->until_ns / 1000000000,
				.tv_nsec = first->until_ns % 1000000000};
			pthread_cond_timedwait(&pool->changed, &pool->lock, &t);
		} else {
			pthread_cond_wait(&pool->changed, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int pf_display_pool_create(struct pf_display_pool **out)
{
	struct pf_display_pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return PF_ERR_NOMEM;
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&pool->thread, NULL, run, pool) != 0) {
		pthread_cond_destroy(&pool->changed);
		pthread_mutex_destroy(&pool->lock);
		free(pool);
		return PF_ERR_NOMEM;
	}
	*out = pool;
	return PF_OK;
}

static void *destroy_one(void *display)
{
	pf_display_destroy(display);
	return NULL;
}

/* All at once: a compositor whose programs ignore SIGTERM takes its time, and there may be many. */
static void destroy_all(struct pf_display_pool *pool)
{
	pthread_t thread[PF_DISPLAY_KEPT_MAX];
	bool started[PF_DISPLAY_KEPT_MAX];
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++) {
		struct pf_display *display = pool->kept[i].display;
		started[i] = display && pthread_create(&thread[i], NULL, destroy_one, display) == 0;
		if (display && !started[i])
			pf_display_destroy(display);
	}
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++) {
		if (started[i])
			pthread_join(thread[i], NULL);
	}
}

void pf_display_pool_destroy(struct pf_display_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	pthread_join(pool->thread, NULL);
	destroy_all(pool);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct kept *free_place(struct pf_display_pool *pool)
{
	for (;;) {
		for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++) {
			if (!pool->kept[i].display)
				return &pool->kept[i];
		}
		destroy_unlocked(pool, first_to_go(pool));
	}
}

void pf_display_pool_put(struct pf_display_pool *pool, const struct pf_fingerprint *owner,
	struct pf_display *display, unsigned keep_ms)
{
	if (!owner || pf_display_check(display, NULL) < 0)
		keep_ms = 0;
	pthread_mutex_lock(&pool->lock);
	struct kept *k = free_place(pool);
	k->display = display;
	k->owner = owner ? *owner : (struct pf_fingerprint){0};
	k->until_ns = pf_now_ns() + (int64_t)keep_ms * 1000000;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

/* With the lock held: the living display of that owner; one that has ended goes soon. */
static struct kept *find_living(struct pf_display_pool *pool, const struct pf_fingerprint *owner)
{
	int64_t now = pf_now_ns();
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++) {
		struct kept *k = &pool->kept[i];
		struct pf_reason reason = {0};
		if (!k->display || k->until_ns <= now || !pf_fingerprint_equal(&k->owner, owner))
			continue;
		if (pf_display_check(k->display, &reason) == PF_OK)
			return k;
		pf_info("display", "a kept display has ended: %s", reason.text);
		k->until_ns = now;
	}
	return NULL;
}

bool pf_display_pool_has(struct pf_display_pool *pool, const struct pf_fingerprint *owner)
{
	pthread_mutex_lock(&pool->lock);
	bool found = find_living(pool, owner) != NULL;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	return found;
}

struct pf_display *pf_display_pool_take(struct pf_display_pool *pool, const struct pf_fingerprint *owner)
{
	struct pf_display *display = NULL;
	pthread_mutex_lock(&pool->lock);
	struct kept *k = owner ? find_living(pool, owner) : NULL;
	if (k) {
		display = k->display;
		k->display = NULL;
	}
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	return display;
}
