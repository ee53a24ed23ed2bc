#include "net/quic_cids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ngtcp2_cid cid(unsigned n)
{
	ngtcp2_cid c = {.datalen = PF_QUIC_CID_BYTES};
	memcpy(c.data, &n, sizeof(n));
	c.data[7] = (uint8_t)(n * 31);
	return c;
}

static void *find(const struct pf_quic_cids *t, unsigned n)
{
	ngtcp2_cid c = cid(n);
	return pf_quic_cids_find(t, c.data, c.datalen);
}

static void finds_what_was_added_and_not_removed(void **state)
{
	struct pf_quic_cids *t = calloc(1, sizeof(*t));
	struct pf_quic_cid_set *set = calloc(100, sizeof(*set));
	assert_true(t && set);
	for (unsigned n = 0; n < 100 * PF_QUIC_CIDS_PER_OWNER; n++) {
		ngtcp2_cid c = cid(n * 7);
		assert_true(pf_quic_cids_add(t, &set[n % 100], &c, &set[n % 100]));
	}
	for (unsigned n = 0; n < 100 * PF_QUIC_CIDS_PER_OWNER; n++)
		assert_ptr_equal(find(t, n * 7), &set[n % 100]);
	assert_null(find(t, 1));
	for (unsigned n = 0; n < 100 * PF_QUIC_CIDS_PER_OWNER; n += 3) {
		ngtcp2_cid c = cid(n * 7);
		pf_quic_cids_remove(t, &set[n % 100], &c);
	}
	for (unsigned n = 0; n < 100 * PF_QUIC_CIDS_PER_OWNER; n++)
		assert_ptr_equal(find(t, n * 7), n % 3 == 0 ? NULL : &set[n % 100]);
	for (unsigned i = 0; i < 100; i++)
		pf_quic_cids_remove_all(t, &set[i]);
	for (unsigned i = 0; i < PF_QUIC_CIDS_BUCKETS; i++)
		assert_null(t->bucket[i]);
	free(set);
	free(t);
}

static void refuses_what_it_cannot_hold(void **state)
{
	struct pf_quic_cids *t = calloc(1, sizeof(*t));
	struct pf_quic_cid_set a = {0}, b = {0};
	assert_non_null(t);
	for (unsigned n = 0; n < PF_QUIC_CIDS_PER_OWNER; n++) {
		ngtcp2_cid c = cid(n);
		assert_true(pf_quic_cids_add(t, &a, &c, &a));
		assert_true(pf_quic_cids_add(t, &a, &c, &a)); /* again: no second place */
	}
	ngtcp2_cid more = cid(1000), known = cid(3), longer = cid(2000);
	assert_false(pf_quic_cids_add(t, &a, &more, &a));
	assert_false(pf_quic_cids_add(t, &b, &known, &b)); /* belongs to a */
	pf_quic_cids_remove(t, &b, &known);                /* not b's: stays */
	assert_ptr_equal(find(t, 3), &a);
	longer.datalen = PF_QUIC_CID_BYTES + 1;
	assert_false(pf_quic_cids_add(t, &b, &longer, &b));
	assert_null(pf_quic_cids_find(t, longer.data, longer.datalen));
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added_and_not_removed),
		cmocka_unit_test(refuses_what_it_cannot_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
