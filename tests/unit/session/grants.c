#include "session/grants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/native/caps.h"

#define NOW 1800000000

static struct pf_grants grants(uint32_t mask, int64_t expires_unix)
{
	struct pf_grants g = {0};
	pf_grants_set(&g, &(struct pf_access){.grants = mask, .expires_unix = expires_unix}, NOW);
	return g;
}

static void only_what_is_granted_passes(void **state)
{
	static const unsigned all[] = {PF_GRANT_GAMEPAD, PF_GRANT_POINTER, PF_GRANT_KEYBOARD,
		PF_GRANT_CLIPBOARD, PF_GRANT_MIC, PF_GRANT_LAUNCH, PF_GRANT_POWER, PF_GRANT_MANAGE_GAMES};
	for (size_t have = 0; have < sizeof(all) / sizeof(all[0]); have++) {
		struct pf_grants g = grants(all[have], 0);
		for (size_t need = 0; need < sizeof(all) / sizeof(all[0]); need++)
			assert_int_equal(pf_grants_allow(&g, all[need]), have == need);
		assert_true(g.taken == 1 && g.refused == 7);
	}
	struct pf_grants none = grants(0, 0), full = grants(PF_GRANT_ALL, 0), old = grants(0x3F, 0),
			 later = grants(0xFFFFFF00, 0);
	assert_false(pf_grants_allow(&none, PF_GRANT_GAMEPAD));
	assert_false(pf_grants_allow(&full, 0)); /* what only hosts send */
	assert_true(pf_grants_allow(&old, PF_GRANT_MANAGE_GAMES));
	assert_int_equal(pf_grants_mask(&later), 0);
}

static void warnings_come_once_each_and_then_the_end(void **state)
{
	struct pf_grants g = grants(1, NOW + 1000);
	int warned = 0;
	for (int64_t t = NOW; t < NOW + 1000; t++) {
		enum pf_grants_due due = pf_grants_look(&g, t);
		assert_int_equal(due, t == NOW + 700 || t == NOW + 940 ? PF_GRANTS_WARN : PF_GRANTS_FINE);
		warned += due == PF_GRANTS_WARN;
	}
	assert_int_equal(warned, 2);
	assert_int_equal(pf_grants_look(&g, NOW + 1000), PF_GRANTS_OVER);
	assert_int_equal(pf_grants_look(&g, NOW + 5000), PF_GRANTS_OVER);
}

/* The wall clock may jump; an edit gives the warnings that are still to come. */
static void edits_and_jumps(void **state)
{
	struct pf_grants g = grants(1, NOW + 200);
	assert_int_equal(pf_grants_look(&g, NOW), PF_GRANTS_FINE); /* told with Welcome */
	assert_int_equal(pf_grants_look(&g, NOW + 141), PF_GRANTS_WARN);
	pf_grants_set(&g, &(struct pf_access){.grants = 1, .expires_unix = NOW + 1000}, NOW + 141);
	assert_int_equal(pf_grants_look(&g, NOW + 142), PF_GRANTS_FINE);
	assert_int_equal(pf_grants_look(&g, NOW + 990), PF_GRANTS_WARN); /* one for both */
	assert_int_equal(pf_grants_look(&g, NOW + 991), PF_GRANTS_FINE);
	pf_grants_set(&g, &(struct pf_access){.grants = 1}, NOW + 991);
	assert_int_equal(pf_grants_look(&g, NOW + 100000), PF_GRANTS_FINE);
}

static void seconds_left_are_at_least_one(void **state)
{
	struct pf_grants forever = grants(1, 0), soon = grants(1, NOW + 90), past = grants(1, NOW - 5),
			 far = grants(1, INT64_MAX);
	assert_int_equal(pf_grants_seconds_left(&forever, NOW), 0);
	assert_int_equal(pf_grants_seconds_left(&soon, NOW), 90);
	assert_int_equal(pf_grants_seconds_left(&past, NOW), 1);
	assert_int_equal(pf_grants_seconds_left(&far, NOW), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_granted_passes),
		cmocka_unit_test(warnings_come_once_each_and_then_the_end),
		cmocka_unit_test(edits_and_jumps),
		cmocka_unit_test(seconds_left_are_at_least_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
