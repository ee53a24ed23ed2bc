#include "audio/default_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A graph that takes every write, and a session manager that has been there for long. */
struct world {
	struct pf_default_ledger l;
	char value[PF_DEFAULT_NAME_MAX];
};

static struct pf_default_claim one = {.node = "punktfunk-speaker-7-1"},
			       two = {.node = "punktfunk-speaker-7-2"};

static void put(struct world *w, const char *name)
{
	snprintf(w->value, sizeof(w->value), "%s", name);
	pf_default_ledger_observe(&w->l, name);
}

static void run(struct world *w)
{
	for (const char *name; (name = pf_default_ledger_next(&w->l));) {
		char written[PF_DEFAULT_NAME_MAX];
		snprintf(written, sizeof(written), "%s", name);
		pf_default_ledger_wrote(&w->l, written);
		put(w, written);
	}
}

static void meet(struct world *w, const char *name)
{
	put(w, name);
	pf_default_ledger_settle(&w->l);
	run(w);
}

static void claim(struct world *w, struct pf_default_claim *c)
{
	pf_default_ledger_claim(&w->l, c);
	assert_true(w->l.owed);
	run(w);
}

static void release(struct world *w, struct pf_default_claim *c)
{
	pf_default_ledger_release(&w->l, c);
	run(w);
}

static void assert_rest(struct world *w, const char *name)
{
	assert_string_equal(w->value, name);
	assert_null(w->l.newest);
	assert_false(w->l.owed);
}

static void the_newest_wins_and_the_last_restores(void **state)
{
	static const char *const before[] = {"", "alsa_output.pci"};
	for (size_t i = 0; i < 2; i++) {
		for (int order = 0; order < 2; order++) {
			struct world w = {0};
			meet(&w, before[i]);
			assert_string_equal(w.value, before[i]);
			claim(&w, &one);
			assert_string_equal(w.value, one.node);
			claim(&w, &two);
			assert_string_equal(w.value, two.node);
			release(&w, order ? &one : &two);
			assert_string_equal(w.value, order ? two.node : one.node);
			release(&w, order ? &two : &one);
			assert_rest(&w, before[i]);
		}
	}
}

static void a_claim_before_the_graph_is_made_when_it_comes(void **state)
{
	struct world w = {0};
	claim(&w, &one);
	assert_null(pf_default_ledger_next(&w.l));
	meet(&w, "hdmi");
	assert_string_equal(w.value, one.node);
	release(&w, &one);
	assert_rest(&w, "hdmi");
}

static void a_claim_that_was_never_written_leaves_nothing(void **state)
{
	struct world w = {0};
	meet(&w, "hdmi");
	pf_default_ledger_claim(&w.l, &one);
	release(&w, &one);
	assert_rest(&w, "hdmi");
}

static void a_choice_stays(void **state)
{
	static const char *const choices[] = {"usb", "", "punktfunk-speaker-8-1"};
	for (size_t i = 0; i < 3; i++) {
		struct world w = {0};
		meet(&w, "hdmi");
		claim(&w, &one);
		put(&w, choices[i]);
		run(&w);
		assert_string_equal(w.value, choices[i]);
		assert_false(w.l.owed);
		/* A newer stream comes and goes above it; another host's name is not ours to give back. */
		claim(&w, &two);
		assert_string_equal(w.value, two.node);
		release(&w, &two);
		assert_string_equal(w.value, i < 2 ? choices[i] : "");
		release(&w, &one);
		assert_rest(&w, i < 2 ? choices[i] : "");
	}
}

static void what_comes_before_our_own_is_no_choice(void **state)
{
	struct world w = {0};
	meet(&w, "hdmi");
	pf_default_ledger_claim(&w.l, &one);
	pf_default_ledger_wrote(&w.l, one.node);
	put(&w, "usb"); /* on its way when we wrote */
	put(&w, one.node);
	assert_null(pf_default_ledger_next(&w.l));
	/* Undone and made again before either was seen. */
	pf_default_ledger_release(&w.l, &one);
	pf_default_ledger_wrote(&w.l, "hdmi");
	pf_default_ledger_claim(&w.l, &one);
	pf_default_ledger_wrote(&w.l, pf_default_ledger_next(&w.l));
	put(&w, "hdmi");
	put(&w, one.node);
	run(&w);
	assert_string_equal(w.value, one.node);
	release(&w, &one);
	assert_rest(&w, "hdmi");
}

/* Changes may be withheld: each decision is made on what a look finds. */
static void looks_replace_what_was_not_heard(void **state)
{
	static const char *const found[] = {"punktfunk-speaker-7-1", "hdmi", "usb"};
	for (size_t i = 0; i < 3; i++) {
		struct world w = {0};
		meet(&w, "hdmi");
		pf_default_ledger_claim(&w.l, &one);
		pf_default_ledger_look(&w.l, "hdmi"); /* before the write: no choice against it */
		assert_string_equal(pf_default_ledger_next(&w.l), one.node);
		pf_default_ledger_wrote(&w.l, one.node);
		snprintf(w.value, sizeof(w.value), "%s",
			found[i]); /* after it: one, also when it is the former */
		pf_default_ledger_look(&w.l, found[i]);
		run(&w);
		assert_string_equal(w.value, found[i]);
		assert_int_equal(w.l.owed, i == 0);
		release(&w, &one);
		assert_rest(&w, i == 2 ? "usb" : "hdmi");
	}
}

static void a_leftover_name_is_no_restore_target(void **state)
{
	struct world w = {0};
	meet(&w, "punktfunk-speaker-3-1");
	assert_string_equal(w.value, "punktfunk-speaker-3-1"); /* maybe another host's: not ours to change */
	claim(&w, &one);
	release(&w, &one);
	assert_rest(&w, "");
}

/* The session manager starts anew and remembers what it may. */
static void a_memory_is_no_choice(void **state)
{
	static const struct {
		const char *memory, *restored;
	} cases[] = {{"punktfunk-speaker-7-1", "hdmi"}, {"hdmi", "hdmi"}, {"usb", "usb"}, {"", "hdmi"},
		{"punktfunk-speaker-3-1", "hdmi"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int late = 0; late < 2; late++) {
			struct world w = {0};
			meet(&w, "hdmi");
			claim(&w, &one);
			pf_default_ledger_lose(&w.l);
			assert_null(pf_default_ledger_next(&w.l));
			if (late) {
				put(&w, "");
				run(&w);
			}
			if (!late || cases[i].memory[0])
				put(&w, cases[i].memory);
			run(&w);
			assert_string_equal(w.value, one.node);
			pf_default_ledger_settle(&w.l);
			release(&w, &one);
			assert_rest(&w, cases[i].restored);
		}
	}
}

static void a_late_memory_counts_while_ours_is_on_its_way(void **state)
{
	struct world w = {0};
	claim(&w, &one);
	put(&w, "");
	pf_default_ledger_wrote(&w.l, pf_default_ledger_next(&w.l));
	put(&w, "hdmi");
	put(&w, one.node);
	pf_default_ledger_settle(&w.l);
	run(&w);
	release(&w, &one);
	assert_rest(&w, "hdmi");
}

static void what_is_owed_waits_for_the_graph(void **state)
{
	struct world w = {0};
	meet(&w, "hdmi");
	claim(&w, &one);
	pf_default_ledger_lose(&w.l);
	release(&w, &one);
	assert_true(w.l.owed);
	put(&w, ""); /* the session manager has not remembered yet */
	run(&w);
	assert_true(w.l.owed);
	put(&w, one.node);
	run(&w);
	assert_true(w.l.owed);
	pf_default_ledger_settle(&w.l);
	assert_rest(&w, "hdmi");
}

/* As read from a journal. */
static void a_debt_is_paid_only_where_our_name_stands(void **state)
{
	static const struct {
		const char *there, *after;
	} cases[] = {{"punktfunk-speaker-7-1", "hdmi"}, {"usb", "usb"}, {"", ""},
		{"punktfunk-speaker-9-1", "punktfunk-speaker-9-1"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w = {.l = {.owed = true,
					  .captured = true,
					  .previous = "hdmi",
					  .ours = {"punktfunk-speaker-7-1"},
					  .ours_count = 1}};
		meet(&w, cases[i].there);
		assert_rest(&w, cases[i].after);
	}
}

static void a_claim_on_top_of_a_debt_restores_the_same(void **state)
{
	struct world w = {.l = {.owed = true,
				  .captured = true,
				  .previous = "hdmi",
				  .ours = {"punktfunk-speaker-3-1"},
				  .ours_count = 1}};
	claim(&w, &one);
	meet(&w, "punktfunk-speaker-3-1");
	assert_string_equal(w.value, one.node);
	release(&w, &one);
	assert_rest(&w, "hdmi");
}

static unsigned random_of(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Any order of everything: a rest is never one of our own names, and claims that stand are never lost. */
static void random_lives_end_at_rest(void **state)
{
	static const char *const devices[] = {"hdmi", "usb", ""};
	uint32_t seed = 1;
	for (int life = 0; life < 2000; life++) {
		struct pf_default_claim c[12] = {0};
		bool held[12] = {0};
		struct world w = {0};
		meet(&w, devices[random_of(&seed) % 3]);
		for (int step = 0; step < 40; step++) {
			unsigned i = random_of(&seed) % 12;
			if (random_of(&seed) % 8 == 0) {
				put(&w, devices[random_of(&seed) % 3]);
				run(&w);
			} else if (held[i]) {
				release(&w, &c[i]);
				held[i] = false;
			} else {
				snprintf(c[i].node, sizeof(c[i].node), "punktfunk-speaker-%u", i);
				claim(&w, &c[i]);
				assert_string_equal(w.value, c[i].node);
				held[i] = true;
			}
		}
		for (int i = 0; i < 12; i++)
			if (held[i])
				release(&w, &c[i]);
		assert_null(strstr(w.value, PF_DEFAULT_OWN_PREFIX));
		assert_rest(&w, w.value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_wins_and_the_last_restores),
		cmocka_unit_test(a_claim_before_the_graph_is_made_when_it_comes),
		cmocka_unit_test(a_claim_that_was_never_written_leaves_nothing),
		cmocka_unit_test(a_choice_stays),
		cmocka_unit_test(what_comes_before_our_own_is_no_choice),
		cmocka_unit_test(looks_replace_what_was_not_heard),
		cmocka_unit_test(a_leftover_name_is_no_restore_target),
		cmocka_unit_test(a_memory_is_no_choice),
		cmocka_unit_test(a_late_memory_counts_while_ours_is_on_its_way),
		cmocka_unit_test(what_is_owed_waits_for_the_graph),
		cmocka_unit_test(a_debt_is_paid_only_where_our_name_stands),
		cmocka_unit_test(a_claim_on_top_of_a_debt_restores_the_same),
		cmocka_unit_test(random_lives_end_at_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
