#include "media/unit_pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct pooled_unit {
	struct pf_unit unit;
	size_t capacity; /* without the padding */
	struct pf_unit_pool *pool;
	struct pooled_unit *next; /* in the idle list */
};

struct pf_unit_pool {
	pthread_mutex_t lock; /* guards all below */
	struct pooled_unit *idle;
	size_t first_bytes;
	unsigned out, max_units;
	bool destroyed;
};

static void unit_free(struct pooled_unit *u)
{
	free(u->unit.data);
	free(u);
}

static void pool_free(struct pf_unit_pool *pool)
{
	while (pool->idle) {
		struct pooled_unit *u = pool->idle;
		pool->idle = u->next;
		unit_free(u);
	}
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

int pf_unit_pool_create(struct pf_unit_pool **out, size_t bytes, unsigned max_units)
{
	if (bytes > PF_UNIT_BYTES_MAX || max_units == 0)
		return PF_ERR_INVALID;
	struct pf_unit_pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return PF_ERR_NOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pool->first_bytes = bytes;
	pool->max_units = max_units;
	*out = pool;
	return PF_OK;
}

void pf_unit_pool_destroy(struct pf_unit_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->destroyed = true;
	bool last = pool->out == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
}

static void take_back(struct pf_unit *unit, void *owner)
{
	struct pooled_unit *u = owner;
	struct pf_unit_pool *pool = u->pool;
	pthread_mutex_lock(&pool->lock);
	u->next = pool->idle;
	pool->idle = u;
	pool->out--;
	bool last = pool->destroyed && pool->out == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
}

static int unit_new(struct pf_unit_pool *pool, struct pooled_unit **out)
{
	struct pooled_unit *u = calloc(1, sizeof(*u));
	if (!u)
		return PF_ERR_NOMEM;
	u->pool = pool;
	int err = pf_unit_reserve(&u->unit, pool->first_bytes);
	if (err != PF_OK) {
		unit_free(u);
		return err;
	}
	*out = u;
	return PF_OK;
}

int pf_unit_pool_take(struct pf_unit_pool *pool, struct pf_unit **out)
{
	pthread_mutex_lock(&pool->lock);
	struct pooled_unit *u = pool->idle;
	int err = PF_OK;
	if (u)
		pool->idle = u->next;
	else
		err = pool->out < pool->max_units ? unit_new(pool, &u) : PF_ERR_LIMIT;
	if (err == PF_OK)
		pool->out++;
	pthread_mutex_unlock(&pool->lock);
	if (err != PF_OK)
		return err;
	u->unit = (struct pf_unit){.data = u->unit.data, .on_release = take_back, .owner = u};
	atomic_init(&u->unit.refs, 1);
	*out = &u->unit;
	return PF_OK;
}

int pf_unit_reserve(struct pf_unit *unit, size_t bytes)
{
	struct pooled_unit *u = (struct pooled_unit *)unit;
	if (bytes > PF_UNIT_BYTES_MAX)
		return PF_ERR_LIMIT;
	if (unit->data && bytes <= u->capacity)
		return PF_OK;
	/* A quarter more than asked, so that slowly growing units do not move each time. */
	size_t room = bytes + bytes / 4;
	uint8_t *data = malloc(room + PF_UNIT_PADDING);
	if (!data)
		return PF_ERR_NOMEM;
	free(unit->data);
	unit->data = data;
	u->capacity = room;
	return PF_OK;
}

void pf_unit_set_len(struct pf_unit *unit, size_t len)
{
	assert(len <= ((struct pooled_unit *)unit)->capacity);
	unit->len = len;
	memset(unit->data + len, 0, PF_UNIT_PADDING);
}
