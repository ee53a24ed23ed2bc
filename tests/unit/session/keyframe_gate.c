/* native-media 5.6. */
#include "session/keyframe_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000ll

static struct pf_keyframe_gate gate;

static int setup(void **state)
{
	pf_keyframe_gate_init(&gate, PF_KEYFRAME_COOLDOWN_NS);
	return 0;
}

static enum pf_keyframe_verdict ask(int64_t ms)
{
	return pf_keyframe_gate_request(&gate, ms * MS);
}

static void the_first_request_is_granted(void **state)
{
	assert_int_equal(ask(0), PF_KEYFRAME_FORCE);
}

static void repeats_before_the_idr_arrives_are_merged(void **state)
{
	assert_int_equal(ask(0), PF_KEYFRAME_FORCE);
	assert_int_equal(ask(100), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(ask(300), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(gate.factor, 1);
}

static void an_idr_that_does_not_heal_doubles_the_cooldown(void **state)
{
	static const struct {
		int64_t forced_ms, cooldown_ms;
	} steps[] = {{0, 1500}, {1500, 3000}, {4500, 3000}, {7500, 3000}};
	int64_t now_ms = 0;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ask(steps[i].forced_ms), PF_KEYFRAME_FORCE);
		int64_t end_ms = steps[i].forced_ms + steps[i].cooldown_ms;
		for (now_ms = steps[i].forced_ms + 500; now_ms < end_ms; now_ms += 500)
			assert_int_equal(ask(now_ms), PF_KEYFRAME_COOLDOWN);
	}
	assert_int_equal(gate.factor, 4);
}

static void the_cooldown_never_exceeds_three_seconds(void **state)
{
	pf_keyframe_gate_init(&gate, PF_KEYFRAME_COOLDOWN_WAVE_NS);
	assert_int_equal(ask(0), PF_KEYFRAME_FORCE);
	for (int64_t ms = 500; ms < 3000; ms += 500)
		assert_int_equal(ask(ms), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(ask(3000), PF_KEYFRAME_FORCE);
}

static void a_pause_begins_a_new_episode(void **state)
{
	assert_int_equal(ask(0), PF_KEYFRAME_FORCE);
	assert_int_equal(ask(500), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(gate.factor, 2);
	assert_int_equal(ask(1501), PF_KEYFRAME_FORCE);
	assert_int_equal(gate.factor, 1);
	/* Exactly a second is no pause. */
	assert_int_equal(ask(2501), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(gate.factor, 2);
}

static void echoes_of_a_granted_rfi_are_swallowed_twice(void **state)
{
	pf_keyframe_gate_rfi_granted(&gate, 1000 * MS);
	assert_int_equal(ask(1050), PF_KEYFRAME_ECHO);
	assert_int_equal(ask(1300), PF_KEYFRAME_ECHO);
	assert_int_equal(ask(1300), PF_KEYFRAME_FORCE);
	pf_keyframe_gate_rfi_granted(&gate, 5000 * MS);
	assert_int_equal(ask(5301), PF_KEYFRAME_FORCE);
}

static void another_rfi_does_not_buy_more_echoes(void **state)
{
	pf_keyframe_gate_rfi_granted(&gate, 1000 * MS);
	assert_int_equal(ask(1100), PF_KEYFRAME_ECHO);
	pf_keyframe_gate_rfi_granted(&gate, 1200 * MS);
	assert_int_equal(ask(1300), PF_KEYFRAME_ECHO);
	pf_keyframe_gate_rfi_granted(&gate, 1400 * MS);
	assert_int_equal(ask(1500), PF_KEYFRAME_FORCE);
}

static void a_declined_rfi_is_no_echo(void **state)
{
	pf_keyframe_gate_rfi_granted(&gate, 1000 * MS);
	assert_int_equal(pf_keyframe_gate_rfi_declined(&gate, 1050 * MS), PF_KEYFRAME_FORCE);
	assert_int_equal(pf_keyframe_gate_rfi_declined(&gate, 1100 * MS), PF_KEYFRAME_COOLDOWN);
}

static void idrs_for_other_reasons_start_the_plain_cooldown(void **state)
{
	pf_keyframe_gate_forced(&gate, 0);
	assert_int_equal(ask(500), PF_KEYFRAME_COOLDOWN);
	assert_int_equal(gate.factor, 1);
	assert_int_equal(ask(750), PF_KEYFRAME_FORCE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static void a_new_loss_after_a_healing_idr_is_no_reason_to_wait_longer(void **state)
{
	struct pf_keyframe_gate g;
	pf_keyframe_gate_init(&g, PF_KEYFRAME_COOLDOWN_SMALL_NS);
	int64_t now = 1000000000;
	assert_int_equal(pf_keyframe_gate_rfi_declined(&g, now), PF_KEYFRAME_FORCE);
	for (int i = 0; i < 10; i++) {
		now += 400000000; /* the last IDR arrived, then something else was lost */
		pf_keyframe_gate_healed(&g);
		assert_int_equal(pf_keyframe_gate_rfi_declined(&g, now), PF_KEYFRAME_FORCE);
		assert_int_equal(pf_keyframe_gate_rfi_declined(&g, now + 100000000), PF_KEYFRAME_COOLDOWN);
	}
	/* Not healed: the cooldown doubles. */
	now += 400000000;
	assert_int_equal(pf_keyframe_gate_rfi_declined(&g, now), PF_KEYFRAME_COOLDOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_request_is_granted),
		TEST(repeats_before_the_idr_arrives_are_merged),
		TEST(an_idr_that_does_not_heal_doubles_the_cooldown),
		TEST(the_cooldown_never_exceeds_three_seconds),
		TEST(a_pause_begins_a_new_episode),
		TEST(echoes_of_a_granted_rfi_are_swallowed_twice),
		TEST(another_rfi_does_not_buy_more_echoes),
		TEST(a_declined_rfi_is_no_echo),
		TEST(idrs_for_other_reasons_start_the_plain_cooldown),
		cmocka_unit_test(a_new_loss_after_a_healing_idr_is_no_reason_to_wait_longer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
