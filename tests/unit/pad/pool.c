/* The host's controllers: who gets which device, what games said to it, and when it goes. */
#include "pad/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_pad.h"

static uv_loop_t loop;
static struct pf_pad_pool *pool;
static struct pf_pad_feedback heard[64];
static unsigned heard_count, lost;

static void on_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	assert_true(heard_count < 64);
	heard[heard_count++] = *f;
}

static void on_lost(void *user, unsigned pad)
{
	lost++;
}

static struct pf_pad_owner owner(uint8_t who, unsigned pad)
{
	return (struct pf_pad_owner){
		.key = {who}, .pad = pad, .on_feedback = on_feedback, .on_lost = on_lost};
}

static void make_pool(enum pf_gamepad kind, unsigned rumble_idle_ms)
{
	const struct pf_pad_pool_params params = {
		.loop = &loop, .kind = kind, .rumble_idle_ms = rumble_idle_ms, .backend = fake_backend};
	assert_int_equal(pf_pad_pool_create(&pool, &params), PF_OK);
}

static int set_up(void **state)
{
	uv_loop_init(&loop);
	make_pool(PF_GAMEPAD_AUTO, 0);
	heard_count = lost = 0;
	return 0;
}

static int tear_down(void **state)
{
	pf_pad_pool_destroy(pool, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	for (unsigned i = 0; i < fake_count; i++)
		assert_true(fake_made[i]->released);
	fake_reset();
	return uv_loop_close(&loop);
}

static struct pf_pad_slot *take(uint8_t who, unsigned pad, enum pf_gamepad kind)
{
	struct pf_pad_slot *s = NULL;
	struct pf_pad_owner o = owner(who, pad);
	return pf_pad_pool_take(pool, &o, kind, &s, NULL) == PF_OK ? s : NULL;
}

/* Until the condition holds: the loop's own timers bring it about. */
#define RUN_UNTIL(condition) \
	while (!(condition)) \
	uv_run(&loop, UV_RUN_ONCE)

static void a_controller_comes_back_to_its_client(void **state)
{
	struct pf_pad_slot *s = take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_true(s && pf_pad_slot_kind(s) == PF_GAMEPAD_DUALSENSE);
	const struct pf_pad_report held = {.buttons = PF_PAD_A};
	pf_pad_slot_report(s, &held);
	pf_pad_slot_leave(s, 60000);
	assert_int_equal(fake_made[0]->last.buttons, 0); /* nothing stays held */
	assert_int_equal(pf_pad_pool_slots(pool), 1);
	assert_ptr_not_equal(take(2, 0, PF_GAMEPAD_DUALSENSE), s); /* not to another one */
	assert_ptr_not_equal(take(1, 1, PF_GAMEPAD_DUALSENSE), s);
	assert_ptr_equal(take(1, 0, PF_GAMEPAD_DUALSENSE), s);
	assert_int_equal(fake_count, 3);
	assert_int_equal(pf_pad_pool_slots(pool), 7);
}

static void one_of_another_kind_is_replaced(void **state)
{
	pf_pad_slot_leave(take(1, 0, PF_GAMEPAD_DUALSENSE), 60000);
	struct pf_pad_slot *s = take(1, 0, PF_GAMEPAD_SWITCH_PRO);
	assert_int_equal(pf_pad_slot_kind(s), PF_GAMEPAD_SWITCH_PRO);
	assert_true(fake_made[0]->released && fake_count == 2);
	assert_int_equal(pf_pad_pool_slots(pool), 1);
	/* The same device in two words of the client's. */
	pf_pad_slot_leave(s, 60000);
	assert_ptr_equal(take(1, 0, PF_GAMEPAD_JOYCON_PAIR), s);
}

static void the_host_may_decide_the_kind(void **state)
{
	pf_pad_pool_destroy(pool, NULL, NULL);
	make_pool(PF_GAMEPAD_DUALSHOCK_4, 0);
	assert_int_equal(pf_pad_slot_kind(take(1, 0, PF_GAMEPAD_SWITCH_PRO)), PF_GAMEPAD_DUALSHOCK_4);
}

static void what_cannot_be_made_is_an_xbox_pad(void **state)
{
	assert_int_equal(pf_pad_pool_kind(pool, PF_GAMEPAD_DUALSENSE), PF_GAMEPAD_DUALSENSE);
	assert_int_equal(pf_pad_pool_kind(pool, PF_GAMEPAD_SWITCH_2_PRO), PF_GAMEPAD_SWITCH_PRO);
	assert_int_equal(pf_pad_pool_kind(pool, PF_GAMEPAD_AUTO), PF_GAMEPAD_XBOX_360);
	fake_hid_fails = true;
	assert_int_equal(pf_pad_pool_kind(pool, PF_GAMEPAD_DUALSENSE), PF_GAMEPAD_XBOX_360);
	assert_int_equal(pf_pad_slot_kind(take(1, 0, PF_GAMEPAD_DUALSENSE)), PF_GAMEPAD_XBOX_360);
	fake_all_fail = true;
	struct pf_pad_owner o = owner(1, 1);
	struct pf_pad_slot *s;
	struct pf_reason reason = {0};
	assert_int_equal(pf_pad_pool_take(pool, &o, PF_GAMEPAD_DUALSENSE, &s, &reason), PF_ERR_AUTH);
	assert_string_equal(reason.text, "no permission");
}

static void addresses_are_unique_and_stay(void **state)
{
	uint8_t first[PF_PAD_MAC_BYTES];
	pf_pad_slot_leave(take(1, 0, PF_GAMEPAD_DUALSENSE), 0);
	memcpy(first, fake_made[0]->params.mac, sizeof(first));
	assert_int_equal(first[0] & 3, 2); /* one station, locally administered */
	uv_run(&loop, UV_RUN_DEFAULT);     /* until it is gone */
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_memory_equal(fake_made[1]->params.mac, first, sizeof(first));
	take(1, 1, PF_GAMEPAD_DUALSENSE);
	take(2, 0, PF_GAMEPAD_DUALSENSE);
	assert_memory_not_equal(fake_made[2]->params.mac, first, sizeof(first));
	assert_memory_not_equal(fake_made[3]->params.mac, first, sizeof(first));
	/* The same client once more, and another kind in the place of one that is still on its way out. */
	struct pf_pad_slot *second = take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_memory_not_equal(fake_made[4]->params.mac, first, sizeof(first));
	pf_pad_slot_leave(second, 60000);
	take(1, 0, PF_GAMEPAD_SWITCH_PRO);
	assert_memory_not_equal(fake_made[5]->params.mac, fake_made[4]->params.mac, sizeof(first));
}

static void sixteen_and_no_more(void **state)
{
	struct pf_pad_slot *s[PF_PAD_SLOTS], *none;
	struct pf_reason reason = {0};
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++)
		s[i] = take(1, i, PF_GAMEPAD_XBOX_360);
	struct pf_pad_owner o = owner(2, 0);
	assert_int_equal(pf_pad_pool_take(pool, &o, PF_GAMEPAD_AUTO, &none, &reason), PF_ERR_LIMIT);
	assert_string_equal(reason.text, "all 16 controllers are in use");
	/* Whoever is gone longest makes room. */
	pf_pad_slot_leave(s[9], 1000);
	pf_pad_slot_leave(s[4], 500);
	assert_non_null(take(2, 0, PF_GAMEPAD_AUTO));
	assert_true(fake_made[4]->released && !fake_made[9]->released);
	assert_int_equal(fake_made[16]->params.slot, 4);
}

static void a_client_that_stays_away_loses_it(void **state)
{
	pf_pad_slot_leave(take(1, 0, PF_GAMEPAD_XBOX_360), 20);
	assert_false(fake_made[0]->released);
	RUN_UNTIL(fake_made[0]->released);
	assert_int_equal(pf_pad_pool_slots(pool), 0);
}

static void a_device_that_vanishes_is_told(void **state)
{
	take(1, 0, PF_GAMEPAD_XBOX_360);
	fake_made[0]->gone = true;
	assert_int_equal(write(fake_made[0]->writer, "x", 1), 1);
	RUN_UNTIL(lost);
	assert_int_equal(pf_pad_pool_slots(pool), 0);
}

static void what_the_kernel_says_is_taken(void **state)
{
	take(1, 0, PF_GAMEPAD_XBOX_360);
	assert_int_equal(write(fake_made[0]->writer, "x", 1), 1);
	RUN_UNTIL(fake_made[0]->takes);
	assert_int_equal(lost, 0);
}

static void rumble(unsigned low)
{
	const struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE, .rumble.low = (uint16_t)low};
	fake_say(fake_made[0], &f);
}

static void only_changes_are_told(void **state)
{
	const struct pf_pad_feedback led = {.kind = PF_PAD_LED, .led = {1, 2, 3}};
	struct pf_pad_feedback left = {.kind = PF_PAD_TRIGGER, .trigger.effect = {0x21, 5}};
	struct pf_pad_slot *s = take(1, 0, PF_GAMEPAD_DUALSENSE);
	for (int i = 0; i < 3; i++) {
		rumble(7);
		fake_say(fake_made[0], &led);
		fake_say(fake_made[0], &left);
	}
	RUN_UNTIL(heard_count == 3);
	left.trigger.right = true; /* the other side is another thing */
	fake_say(fake_made[0], &left);
	rumble(8);
	RUN_UNTIL(heard_count == 5);
	rumble(0);
	/* A client that comes back hears what is on. */
	pf_pad_slot_leave(s, 60000);
	rumble(9);
	assert_int_equal(heard_count, 8); /* motors stand still, triggers are free */
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_int_equal(heard_count, 12);
	assert_true(heard[8].kind == PF_PAD_RUMBLE && heard[8].rumble.low == 9);
	rumble(0);
	pf_pad_slot_leave(s, 60000);
	assert_int_equal(heard_count, 15);
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_int_equal(heard_count, 18);
}

static void a_game_that_changes_its_mind_is_heard_in_the_end(void **state)
{
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	for (unsigned level = 1; level <= 1000; level++)
		rumble(level);
	assert_int_equal(heard_count, 1);
	RUN_UNTIL(heard_count == 2);
	assert_int_equal(heard[1].rumble.low, 1000);
}

/* Whoever was told of a motor that runs goes on renewing it. */
static void motors_do_not_outlive_the_controller(void **state)
{
	struct pf_pad_slot *s = take(1, 0, PF_GAMEPAD_DUALSENSE);
	rumble(7);
	pf_pad_slot_leave(s, 60000);
	assert_int_equal(heard_count, 2);
	assert_true(heard[1].kind == PF_PAD_RUMBLE && heard[1].rumble.low == 0);
	s = take(1, 0, PF_GAMEPAD_DUALSENSE);
	assert_true(heard_count == 3 && heard[2].rumble.low == 7);
	pf_pad_slot_leave(s, 0);
	assert_true(heard_count == 4 && heard[3].rumble.low == 0);
}

static void nor_one_that_vanishes(void **state)
{
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	rumble(7);
	fake_made[0]->gone = true;
	assert_int_equal(write(fake_made[0]->writer, "x", 1), 1);
	RUN_UNTIL(lost);
	assert_true(heard_count == 2 && heard[1].rumble.low == 0);
}

static void forgotten_motors_are_stopped(void **state)
{
	pf_pad_pool_destroy(pool, NULL, NULL);
	make_pool(PF_GAMEPAD_AUTO, 30);
	take(1, 0, PF_GAMEPAD_DUALSENSE);
	rumble(7);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(heard_count, 1);
	RUN_UNTIL(heard_count == 2);
	assert_int_equal(heard[1].rumble.low, 0);
	rumble(7); /* and it may go on */
	assert_int_equal(heard_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_controller_comes_back_to_its_client, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_of_another_kind_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_host_may_decide_the_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_made_is_an_xbox_pad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_are_unique_and_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sixteen_and_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_stays_away_loses_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_device_that_vanishes_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_kernel_says_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_changes_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(motors_do_not_outlive_the_controller, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nor_one_that_vanishes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_game_that_changes_its_mind_is_heard_in_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forgotten_motors_are_stopped, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
