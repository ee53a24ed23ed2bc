#include "mgmt/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void events_come_in_order_from_any_place(void **state)
{
	struct pf_event_ring *r;
	struct pf_ring_event e;
	uint64_t seq = 0;
	assert_int_equal(pf_event_ring_create(&r), PF_OK);
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_NOTHING);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(pf_event_ring_put(r, i == 2 ? "b" : "a", "{}"), i);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_EVENT);
		assert_true(e.seq == i && seq == i);
		assert_string_equal(e.kind, i == 2 ? "b" : "a");
	}
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_NOTHING);
	seq = 2;
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_EVENT);
	assert_true(e.seq == 3);
	pf_event_ring_destroy(r);
}

static void what_is_gone_is_told_once(void **state)
{
	struct pf_event_ring *r;
	struct pf_ring_event e;
	uint64_t seq = 5;
	assert_int_equal(pf_event_ring_create(&r), PF_OK);
	for (int i = 0; i < PF_RING_EVENTS + 100; i++)
		pf_event_ring_put(r, "a", "{}");
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_GAP);
	assert_int_equal(seq, 100);
	for (uint64_t i = 101; i <= PF_RING_EVENTS + 100; i++) {
		assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_EVENT);
		assert_true(e.seq == i);
	}
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_NOTHING);
	/* A number of a former run: everything that is there comes again. */
	seq = 1000000;
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_GAP);
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_EVENT);
	assert_int_equal(e.seq, 101);
	pf_event_ring_destroy(r);

	assert_int_equal(pf_event_ring_create(&r), PF_OK);
	seq = 7; /* and nothing has happened yet */
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_GAP);
	assert_int_equal(pf_event_ring_next(r, &seq, &e), PF_RING_NOTHING);
	pf_event_ring_destroy(r);
}

static void kinds_are_names_or_families(void **state)
{
	static const struct {
		const char *kinds, *kind;
		bool wanted;
	} row[] = {
		{"", "pairing.pending", true},
		{"pairing.pending", "pairing.pending", true},
		{"pairing.*", "pairing.pending", true},
		{"client.connected,pairing.*", "pairing.denied", true},
		{"pairing.*", "pairings.denied", false},
		{"pairing", "pairing.denied", false},
		{"pairing.den", "pairing.denied", false},
		{"pairing.denied.more", "pairing.denied", false},
		{"*", "pairing.denied", false},
		{",", "pairing.denied", false},
		{",pairing.denied,", "pairing.denied", true},
		{".*", "pairing.denied", false},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (pf_event_kind_wanted(row[i].kinds, row[i].kind) != row[i].wanted)
			fail_msg("'%s' and %s", row[i].kinds, row[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_in_order_from_any_place),
		cmocka_unit_test(what_is_gone_is_told_once),
		cmocka_unit_test(kinds_are_names_or_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
