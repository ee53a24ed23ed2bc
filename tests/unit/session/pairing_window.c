#include "session/pairing_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define S ((int64_t)1000000000)

static struct pf_fingerprint fp(uint8_t with)
{
	struct pf_fingerprint f;
	memset(f.bytes, with, sizeof(f.bytes));
	return f;
}

static bool is_pin(const char *pin)
{
	return strlen(pin) == 4 && strspn(pin, "0123456789") == 4;
}

static void a_window_opens_for_its_time(void **state)
{
	struct pf_pairing_window w = {0};
	const struct pf_fingerprint one = fp(1);
	assert_false(pf_pairing_window_is_open(&w, 0));
	pf_pairing_window_open(&w, 100 * S, 120 * S, NULL, NULL);
	assert_true(is_pin(w.pin));
	assert_true(pf_pairing_window_is_open(&w, 219 * S));
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 219 * S), PF_CLOSE_NORMAL);
	assert_false(pf_pairing_window_is_open(&w, 220 * S));
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 222 * S), PF_CLOSE_NOT_ARMED);
}

static void one_attempt_spends_the_pin(void **state)
{
	struct pf_pairing_window w = {0};
	const struct pf_fingerprint one = fp(1);
	pf_pairing_window_open(&w, 0, 120 * S, NULL, NULL);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 1 * S), PF_CLOSE_NORMAL);
	pf_pairing_window_spend(&w);
	assert_false(pf_pairing_window_is_open(&w, 1 * S));
	assert_true(sodium_is_zero((const unsigned char *)w.pin, sizeof(w.pin)));
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 4 * S), PF_CLOSE_NOT_ARMED);
}

/* Charged before anything else is looked at, and not renewed by those that come too soon. */
static void attempts_are_spaced(void **state)
{
	struct pf_pairing_window w = {0};
	const struct pf_fingerprint one = fp(1);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 0), PF_CLOSE_NOT_ARMED);
	pf_pairing_window_open(&w, 0, 120 * S, NULL, NULL);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 1 * S), PF_CLOSE_RATE_LIMITED);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 2 * S - 1), PF_CLOSE_RATE_LIMITED);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 2 * S), PF_CLOSE_NORMAL);
	pf_pairing_window_close(&w);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, true, 3 * S), PF_CLOSE_RATE_LIMITED);
}

static void a_bound_window_is_for_its_device_only(void **state)
{
	struct pf_pairing_window w = {0};
	const struct pf_fingerprint mine = fp(1), other = fp(2);
	const struct pf_access guest = {.grants = 1};
	pf_pairing_window_open(&w, 0, 120 * S, &mine, &guest);
	assert_int_equal(pf_pairing_window_attempt(&w, &other, true, 10 * S), PF_CLOSE_BOUND_TO_OTHER);
	assert_true(pf_pairing_window_is_open(&w, 10 * S));
	assert_int_equal(pf_pairing_window_attempt(&w, &mine, false, 20 * S), PF_CLOSE_NORMAL);
	assert_true(w.has_access && w.access.grants == 1);
}

static void strangers_from_elsewhere_cannot_use_an_open_window(void **state)
{
	struct pf_pairing_window w = {0};
	const struct pf_fingerprint one = fp(1);
	pf_pairing_window_open(&w, 0, 120 * S, NULL, NULL);
	assert_int_equal(pf_pairing_window_attempt(&w, &one, false, 0), PF_CLOSE_NOT_ARMED);
	assert_true(pf_pairing_window_is_open(&w, 0));
}

static void every_window_has_a_pin_of_its_own(void **state)
{
	struct pf_pairing_window w = {0};
	char first[5] = "";
	unsigned same = 0;
	for (int i = 0; i < 8; i++) {
		pf_pairing_window_open(&w, 0, 120 * S, NULL, NULL);
		assert_true(is_pin(w.pin));
		same += strcmp(first, w.pin) == 0;
		memcpy(first, w.pin, sizeof(first));
	}
	assert_true(same < 3);
}

static void a_standing_window_is_not_spent(void **state)
{
	struct pf_pairing_window w = {0};
	pf_pairing_window_open_always(&w, "0007");
	pf_pairing_window_spend(&w);
	assert_true(pf_pairing_window_is_open(&w, INT64_MAX));
	assert_string_equal(w.pin, "0007");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_opens_for_its_time),
		cmocka_unit_test(one_attempt_spends_the_pin),
		cmocka_unit_test(attempts_are_spaced),
		cmocka_unit_test(a_bound_window_is_for_its_device_only),
		cmocka_unit_test(strangers_from_elsewhere_cannot_use_an_open_window),
		cmocka_unit_test(every_window_has_a_pin_of_its_own),
		cmocka_unit_test(a_standing_window_is_not_spent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
