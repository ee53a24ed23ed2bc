#include "session/knocks.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S ((int64_t)1000000000)

static struct pf_fingerprint fp(unsigned n)
{
	struct pf_fingerprint f = {0};
	memcpy(f.bytes, &n, sizeof(n));
	return f;
}

static unsigned knock(struct pf_knocks *k, unsigned device, unsigned host, int64_t now_ns)
{
	const struct pf_fingerprint f = fp(device);
	const struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + host)};
	return pf_knocks_add(k, &f, "device", (const struct sockaddr *)&a, false, now_ns);
}

static unsigned count(const struct pf_knocks *k, int64_t now_ns)
{
	unsigned n = 0;
	for (const struct pf_knock *e = pf_knocks_next(k, 0, now_ns); e; e = pf_knocks_next(k, e->id, now_ns))
		n++;
	return n;
}

static void a_second_knock_renews_the_entry(void **state)
{
	struct pf_knocks *k = calloc(1, sizeof(*k));
	unsigned first = knock(k, 1, 1, 0), other = knock(k, 2, 1, 1), again = knock(k, 1, 1, 500 * S);
	assert_true(first != 0 && again != 0 && again != first);
	assert_null(pf_knocks_find(k, first, 500 * S));
	assert_non_null(pf_knocks_find(k, again, 500 * S));
	assert_int_equal(count(k, 500 * S), 2);
	assert_int_equal(pf_knocks_next(k, 0, 500 * S)->id, other);
	/* Ten minutes from the last knock on. */
	assert_null(pf_knocks_find(k, other, 600 * S + 1));
	assert_non_null(pf_knocks_find(k, again, 1100 * S - 1));
	assert_null(pf_knocks_find(k, again, 1100 * S));
	assert_null(pf_knocks_find(k, 0, 0));
	free(k);
}

static void the_list_is_bounded_per_address_and_in_all(void **state)
{
	struct pf_knocks *k = calloc(1, sizeof(*k));
	for (unsigned i = 0; i < PF_KNOCKS_PER_ADDRESS; i++)
		assert_true(knock(k, 100 + i, 1, 0) != 0);
	assert_int_equal(knock(k, 200, 1, 0), 0);
	assert_true(knock(k, 101, 1, 0) != 0); /* one that is there already */
	for (unsigned i = PF_KNOCKS_PER_ADDRESS; i < PF_KNOCKS_MAX; i++)
		assert_true(knock(k, 100 + i, 2 + i, 0) != 0);
	assert_int_equal(knock(k, 300, 99, 1 * S), 0);
	assert_int_equal(count(k, 1 * S), PF_KNOCKS_MAX);

	/* Whose connection is gone makes room, the oldest first. */
	const struct pf_fingerprint gone = fp(110);
	pf_knocks_left(k, pf_knocks_find_device(k, &gone, 1 * S)->id);
	assert_true(knock(k, 300, 99, 1 * S) != 0);
	assert_null(pf_knocks_find_device(k, &gone, 1 * S));
	/* And everything is over after ten minutes. */
	assert_int_equal(count(k, 602 * S), 0);
	assert_true(knock(k, 400, 1, 602 * S) != 0);
	free(k);
}

static void what_is_decided_is_gone(void **state)
{
	struct pf_knocks *k = calloc(1, sizeof(*k));
	unsigned id = knock(k, 1, 1, 0);
	pf_knocks_left(k, id);
	assert_false(pf_knocks_find(k, id, 0)->waiting);
	pf_knocks_remove(k, id);
	pf_knocks_remove(k, 0);
	assert_null(pf_knocks_find(k, id, 0));
	assert_int_equal(count(k, 0), 0);
	free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_knock_renews_the_entry),
		cmocka_unit_test(the_list_is_bounded_per_address_and_in_all),
		cmocka_unit_test(what_is_decided_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
