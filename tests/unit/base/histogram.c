#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void percentiles_stay_within_the_bucket_error(void **state)
{
	struct pf_histogram *h = calloc(1, sizeof(*h));
	for (unsigned i = 1; i <= 10000; i++)
		pf_histogram_add(h, i);
	assert_int_equal(h->count, 10000);
	for (unsigned p = 1; p <= 99; p++) {
		unsigned exact = p * 100;
		unsigned got = pf_histogram_at(h, p);
		assert_in_range(got, exact, exact + exact / 32 + 1);
	}
	assert_int_equal(pf_histogram_at(h, 100), 10000);
	pf_histogram_reset(h);
	assert_int_equal(pf_histogram_at(h, 50), 0);
	free(h);
}

static void extremes_have_a_place(void **state)
{
	struct pf_histogram *h = calloc(1, sizeof(*h));
	pf_histogram_add(h, 0);
	assert_int_equal(pf_histogram_at(h, 50), 0);
	pf_histogram_add(h, UINT64_MAX);
	assert_int_equal(pf_histogram_at(h, 100), UINT32_MAX);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_stay_within_the_bucket_error),
		cmocka_unit_test(extremes_have_a_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
