#include "media/unit_pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void memory_is_kept_and_units_come_clean(void **state)
{
	struct pf_unit_pool *pool;
	assert_int_equal(pf_unit_pool_create(&pool, 1000, 4), PF_OK);
	struct pf_unit *u;
	assert_int_equal(pf_unit_pool_take(pool, &u), PF_OK);
	assert_int_equal(pf_unit_reserve(u, 50000), PF_OK);
	uint8_t *memory = u->data;
	memset(u->data, 0xEE, 50000 + PF_UNIT_PADDING);
	pf_unit_set_len(u, 50000);
	for (size_t i = 0; i < PF_UNIT_PADDING; i++)
		assert_int_equal(u->data[50000 + i], 0);
	assert_int_equal(u->data[49999], 0xEE);
	u->key = u->repeat = true;
	u->frame_index = 7;
	u->stamps.encode_us = 9;
	pf_unit_unref(u);

	assert_int_equal(pf_unit_pool_take(pool, &u), PF_OK);
	assert_ptr_equal(u->data, memory);
	assert_int_equal(pf_unit_reserve(u, 50001), PF_OK);
	assert_ptr_equal(u->data, memory);
	assert_int_equal(u->len, 0);
	assert_false(u->key || u->repeat);
	assert_int_equal(u->frame_index, 0);
	assert_int_equal(u->stamps.encode_us, 0);
	pf_unit_unref(u);
	pf_unit_pool_destroy(pool);
}

static void bounds_are_kept(void **state)
{
	struct pf_unit_pool *pool;
	assert_int_equal(pf_unit_pool_create(&pool, 0, 0), PF_ERR_INVALID);
	assert_int_equal(pf_unit_pool_create(&pool, (size_t)PF_UNIT_BYTES_MAX + 1, 1), PF_ERR_INVALID);
	assert_int_equal(pf_unit_pool_create(&pool, 0, 2), PF_OK);
	struct pf_unit *a, *b, *c = NULL;
	assert_int_equal(pf_unit_pool_take(pool, &a), PF_OK);
	assert_int_equal(pf_unit_pool_take(pool, &b), PF_OK);
	assert_int_equal(pf_unit_pool_take(pool, &c), PF_ERR_LIMIT);
	assert_null(c);
	assert_int_equal(pf_unit_reserve(a, (size_t)PF_UNIT_BYTES_MAX + 1), PF_ERR_LIMIT);
	assert_int_equal(pf_unit_reserve(a, SIZE_MAX), PF_ERR_LIMIT);
	pf_unit_unref(a);
	assert_int_equal(pf_unit_pool_take(pool, &c), PF_OK);
	pf_unit_unref(b);
	pf_unit_unref(c);
	pf_unit_pool_destroy(pool);
	pf_unit_pool_destroy(NULL);
}

static void units_outlive_their_pool(void **state)
{
	struct pf_unit_pool *pool;
	assert_int_equal(pf_unit_pool_create(&pool, 100, 3), PF_OK);
	struct pf_unit *a, *b;
	assert_int_equal(pf_unit_pool_take(pool, &a), PF_OK);
	assert_int_equal(pf_unit_pool_take(pool, &b), PF_OK);
	pf_unit_ref(a);
	pf_unit_unref(b);
	pf_unit_pool_destroy(pool);
	memset(a->data, 1, 100);
	pf_unit_unref(a);
	a->data[99] = 2;
	pf_unit_unref(a); /* a sanitizer sees what this would leak or free twice */
}

#define HANDOVERS 20000
#define DEPTH     8

struct handover {
	_Atomic(struct pf_unit *) slot[DEPTH];
};

static void *drop_all(void *user)
{
	struct handover *h = user;
	for (unsigned i = 0; i < HANDOVERS; i++) {
		struct pf_unit *u;
		while (!(u = atomic_exchange(&h->slot[i % DEPTH], NULL)))
			sched_yield();
		if (u->data[0] != (uint8_t)i)
			abort();
		pf_unit_unref(u);
	}
	return NULL;
}

static void another_thread_may_drop(void **state)
{
	static struct handover h;
	struct pf_unit_pool *pool;
	assert_int_equal(pf_unit_pool_create(&pool, 16, DEPTH + 2), PF_OK);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, drop_all, &h), 0);
	for (unsigned i = 0; i < HANDOVERS; i++) {
		struct pf_unit *u;
		assert_int_equal(pf_unit_pool_take(pool, &u), PF_OK);
		u->data[0] = (uint8_t)i;
		struct pf_unit *none = NULL;
		while (!atomic_compare_exchange_strong(&h.slot[i % DEPTH], &none, u)) {
			none = NULL;
			sched_yield();
		}
	}
	pf_unit_pool_destroy(pool);
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_kept_and_units_come_clean),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(units_outlive_their_pool),
		cmocka_unit_test(another_thread_may_drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
