#include "session/redundancy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static void on_while_the_link_loses(void **state)
{
	struct pf_redundancy r = {.possible = true, .choice = PF_CHOICE_AUTO};
	assert_false(pf_redundancy_wanted(&r, 1 * S));
	pf_redundancy_loss(&r, 100, 1 * S); /* one packet in ten thousand is not worth it */
	assert_false(pf_redundancy_wanted(&r, 1 * S));
	pf_redundancy_loss(&r, 20000, 2 * S);
	assert_true(pf_redundancy_wanted(&r, 2 * S));
	pf_redundancy_loss(&r, 0, 3 * S);
	assert_true(pf_redundancy_wanted(&r, 31 * S));
	assert_false(pf_redundancy_wanted(&r, 32 * S));
}

static void the_operator_decides(void **state)
{
	struct pf_redundancy r = {.possible = true, .choice = PF_CHOICE_ON};
	assert_true(pf_redundancy_wanted(&r, S));
	r.possible = false; /* no client that understands, or no room */
	assert_false(pf_redundancy_wanted(&r, S));
	r = (struct pf_redundancy){.possible = true, .choice = PF_CHOICE_OFF};
	pf_redundancy_loss(&r, 100000, S);
	assert_false(pf_redundancy_wanted(&r, S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_while_the_link_loses),
		cmocka_unit_test(the_operator_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
