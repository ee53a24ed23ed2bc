#include "session/display_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LONG_MS 600000

static struct pf_display *make(uint32_t width_px)
{
	struct pf_display *display = NULL;
	struct pf_display_params params = {.mode = {width_px, 480, 60}};
	assert_int_equal(pf_display_create(&display, "synthetic", &params, NULL), PF_OK);
	return display;
}

static struct pf_fingerprint device(unsigned number)
{
	return (struct pf_fingerprint){.bytes = {(uint8_t)number, 1}};
}

static void keep(struct pf_display_pool *pool, unsigned number, unsigned keep_ms)
{
	struct pf_fingerprint owner = device(number);
	pf_display_pool_put(pool, &owner, make(640 + 2 * number), keep_ms);
}

static struct pf_display *take(struct pf_display_pool *pool, unsigned number)
{
	struct pf_fingerprint owner = device(number);
	return pf_display_pool_take(pool, &owner);
}

static void a_device_finds_its_own_display_once(void **state)
{
	struct pf_display_pool *pool;
	assert_int_equal(pf_display_pool_create(&pool), PF_OK);
	keep(pool, 1, LONG_MS);
	keep(pool, 2, LONG_MS);
	assert_null(take(pool, 3));
	struct pf_display *found = take(pool, 2);
	assert_non_null(found);
	assert_int_equal(found->mode.width_px, 644);
	assert_null(take(pool, 2));
	pf_display_pool_put(pool, NULL, found, LONG_MS); /* nobody's: not kept */
	assert_null(pf_display_pool_take(pool, NULL));
	keep(pool, 4, 0);
	assert_null(take(pool, 4));
	pf_display_pool_destroy(pool); /* and the display of 1 */
}

static void the_oldest_makes_place(void **state)
{
	struct pf_display_pool *pool;
	assert_int_equal(pf_display_pool_create(&pool), PF_OK);
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX + 2; i++)
		keep(pool, i, LONG_MS);
	assert_null(take(pool, 0));
	assert_null(take(pool, 1));
	for (unsigned i = 2; i < PF_DISPLAY_KEPT_MAX + 2; i++) {
		struct pf_display *found = take(pool, i);
		assert_non_null(found);
		pf_display_destroy(found);
	}
	pf_display_pool_destroy(pool);
}

static void a_full_pool_is_destroyed_with_everything_in_it(void **state)
{
	struct pf_display_pool *pool;
	assert_int_equal(pf_display_pool_create(&pool), PF_OK);
	for (unsigned i = 0; i < PF_DISPLAY_KEPT_MAX; i++)
		keep(pool, i, i % 2 ? LONG_MS : 1);
	pf_display_pool_destroy(pool); /* the leak check looks */
	pf_display_pool_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_finds_its_own_display_once),
		cmocka_unit_test(the_oldest_makes_place),
		cmocka_unit_test(a_full_pool_is_destroyed_with_everything_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
