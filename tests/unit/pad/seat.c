/* One client's controllers: its events become whole states of devices. */
#include "pad/seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_pad.h"

#define MS INT64_C(1000000)

static uv_loop_t loop;
static struct pf_pad_pool *pool;
static struct pf_pad_seat *seat;
static unsigned heard_pad, heard_count, made_count;
static enum pf_gamepad made_kind;

static void on_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	heard_pad = pad;
	heard_count++;
}

static void on_made(void *user, unsigned pad, enum pf_gamepad kind)
{
	made_kind = kind;
	made_count++;
}

static void sit(enum pf_gamepad preferred)
{
	const struct pf_pad_client client = {.key = {1},
		.label = "test",
		.preferred = preferred,
		.on_feedback = on_feedback,
		.on_made = on_made};
	assert_int_equal(pf_pad_seat_open(&seat, pool, &client), PF_OK);
}

static int set_up(void **state)
{
	const struct pf_pad_pool_params params = {.loop = &loop, .backend = fake_backend};
	uv_loop_init(&loop);
	heard_count = made_count = 0;
	if (pf_pad_pool_create(&pool, &params) < 0)
		return -1;
	sit(PF_GAMEPAD_AUTO);
	return 0;
}

static int tear_down(void **state)
{
	pf_pad_seat_close(seat, 0);
	pf_pad_pool_destroy(pool, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	fake_reset();
	return uv_loop_close(&loop);
}

static void arrive(unsigned pad, enum pf_gamepad kind)
{
	const struct pf_input_event e = {.kind = PF_INPUT_PAD_ARRIVED, .code = kind, .flags = pad};
	pf_pad_seat_event(seat, &e);
}

static void remove_pad(unsigned pad, uint8_t seq)
{
	const struct pf_input_event e = {.kind = PF_INPUT_PAD_REMOVED, .flags = pad | (uint32_t)seq << 24};
	pf_pad_seat_event(seat, &e);
}

static void hold(unsigned pad, uint8_t seq, uint32_t buttons)
{
	const struct pf_pad_state s = {.pad = (uint8_t)pad,
		.seq = seq,
		.buttons = buttons,
		.lx = -32768,
		.ly = 32767,
		.rx = 1,
		.ry = -2,
		.lt = 3,
		.rt = 255};
	const struct pf_input_event e = pf_input_of_pad_state(&s);
	pf_pad_seat_event(seat, &e);
}

static void old_event(enum pf_input_kind kind, uint32_t code, int32_t x)
{
	const struct pf_input_event e = {.kind = kind, .code = code, .x = x, .flags = 2};
	pf_pad_seat_event(seat, &e);
}

static void the_first_state_makes_the_pad(void **state)
{
	hold(2, 77, PF_PAD_A);
	assert_true(fake_count == 1 && made_count == 1 && made_kind == PF_GAMEPAD_XBOX_360);
	pf_pad_seat_flush(seat);
	const struct pf_pad_report *r = &fake_made[0]->last;
	assert_true(r->buttons == PF_PAD_A && r->lx == -32768 && r->ly == 32767 && r->rx == 1 && r->ry == -2);
	assert_true(r->lt == 3 && r->rt == 255 && r->accel[1] == PF_PAD_ACCEL_UNITS);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->reports, 2); /* nothing held, then A */
}

static void arrival_says_what_it_is(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	assert_true(made_count == 1 && made_kind == PF_GAMEPAD_DUALSENSE);
	arrive(0, PF_GAMEPAD_DUALSENSE);
	assert_int_equal(fake_count, 1);
	arrive(0, PF_GAMEPAD_SWITCH_PRO);
	assert_true(fake_count == 2 && fake_made[0]->released && made_kind == PF_GAMEPAD_SWITCH_PRO);
}

static void hello_says_what_the_others_are(void **state)
{
	pf_pad_seat_close(seat, 0);
	sit(PF_GAMEPAD_DUALSHOCK_4);
	hold(0, 0, 0);
	assert_int_equal(made_kind, PF_GAMEPAD_DUALSHOCK_4);
	arrive(1, PF_GAMEPAD_XBOX_ONE);
	assert_int_equal(made_kind, PF_GAMEPAD_XBOX_ONE);
}

/* The sequence is shared by states and removals, and survives them. */
static void late_news_is_no_news(void **state)
{
	hold(0, 200, PF_PAD_A);
	hold(0, 200, PF_PAD_B);
	hold(0, 199, PF_PAD_B);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->last.buttons, PF_PAD_A);
	remove_pad(0, 150);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->last.buttons, PF_PAD_A);
	remove_pad(0, 10); /* wrapped: 66 ahead */
	assert_int_equal(fake_made[0]->last.buttons, 0);
	hold(0, 10, PF_PAD_B);
	hold(0, 9, PF_PAD_B);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->last.buttons, 0);
	hold(0, 11, PF_PAD_B);
	pf_pad_seat_flush(seat);
	assert_true(fake_count == 1 && fake_made[0]->last.buttons == PF_PAD_B);
}

static void what_comes_together_is_one_report(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	pf_pad_seat_flush(seat);
	unsigned before = fake_made[0]->reports;
	struct pf_rich_input motion = {.kind = PF_RICH_MOTION, .motion = {{1, 2, 3}, {4, 5, 6}}};
	hold(0, 1, 0);
	pf_pad_seat_rich(seat, &motion, 1);
	hold(0, 2, 0);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->reports, before + 1);
	assert_true(fake_made[0]->last.gyro[2] == 3 && fake_made[0]->last.accel[0] == 4);
}

static void a_tap_within_a_batch_is_seen(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	pf_pad_seat_flush(seat);
	unsigned before = fake_made[0]->reports;
	for (uint8_t seq = 1; seq <= 4; seq++)
		hold(0, seq, seq % 2 ? PF_PAD_A : 0);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->reports, before + 4);
	struct pf_rich_input touch = {.kind = PF_RICH_TOUCHPAD, .touchpad = {1, true, 100, 200}};
	pf_pad_seat_rich(seat, &touch, 1);
	touch.touchpad.touching = false;
	pf_pad_seat_rich(seat, &touch, 1);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_made[0]->reports, before + 6);
}

static void old_clients_send_one_thing_at_a_time(void **state)
{
	old_event(PF_INPUT_PAD_BUTTON, PF_PAD_X, 1);
	old_event(PF_INPUT_PAD_BUTTON, PF_PAD_Y, 1);
	old_event(PF_INPUT_PAD_BUTTON, PF_PAD_X, 0);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_LX, -5);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_LY, 6);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_RX, 7);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_RY, 8);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_LT, 9);
	old_event(PF_INPUT_PAD_AXIS, PF_AXIS_RT, 10);
	pf_pad_seat_flush(seat);
	const struct pf_pad_report *r = &fake_made[0]->last;
	assert_true(r->buttons == PF_PAD_Y && r->lx == -5 && r->ly == 6 && r->rx == 7 && r->ry == 8);
	assert_true(r->lt == 9 && r->rt == 10);
}

static void touch_pads_of_both_kinds(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	const struct pf_pad_report *r = &fake_made[0]->last;
	struct pf_rich_input t = {.kind = PF_RICH_TOUCHPAD, .touchpad = {1, true, 1000, 65535}};
	pf_pad_seat_rich(seat, &t, 1);
	t.touchpad.finger = 2; /* more than it can hold */
	pf_pad_seat_rich(seat, &t, 1);
	pf_pad_seat_flush(seat);
	assert_true(!r->touch[0].down && r->touch[1].down && r->touch[1].x == 1000 && r->touch[1].y == 65535);
	t.touchpad.finger = 1;
	t.touchpad.touching = false;
	t.touchpad.x = 5;
	pf_pad_seat_rich(seat, &t, 1);
	pf_pad_seat_flush(seat);
	assert_true(!r->touch[1].down && r->touch[1].x == 1000);
	struct pf_rich_input e = {.kind = PF_RICH_TOUCHPAD_EXT,
		.touchpad_ext = {.surface = 1, .touched = true, .clicked = true, .x = 32767, .y = 32767}};
	pf_pad_seat_rich(seat, &e, 1);
	pf_pad_seat_flush(seat);
	assert_true(r->touch[0].down && r->touch[0].x == 32767 && r->touch[0].y == 0);
	assert_int_equal(r->buttons, PF_PAD_TOUCHPAD);
	e.touchpad_ext.surface = 2;
	e.touchpad_ext.x = -32768;
	e.touchpad_ext.y = -32768;
	e.touchpad_ext.clicked = false;
	pf_pad_seat_rich(seat, &e, 1);
	pf_pad_seat_flush(seat);
	assert_true(r->touch[1].down && r->touch[1].x == 32768 && r->touch[1].y == 65535);
	assert_int_equal(r->buttons, PF_PAD_TOUCHPAD); /* by the other one */
	e.touchpad_ext.surface = 1;
	pf_pad_seat_rich(seat, &e, 1);
	pf_pad_seat_flush(seat);
	assert_int_equal(r->buttons, 0);
}

static void motion_that_stops_is_rest(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	assert_true(pf_pad_seat_tick(seat, 0) == PF_PAD_NEVER);
	const struct pf_rich_input m = {.kind = PF_RICH_MOTION, .motion = {{1, 2, 3}, {4, 5, 6}}};
	pf_pad_seat_rich(seat, &m, 1000 * MS);
	pf_pad_seat_flush(seat);
	assert_true(pf_pad_seat_tick(seat, 1050 * MS) == 1100 * MS);
	assert_int_equal(fake_made[0]->last.gyro[0], 1);
	assert_true(pf_pad_seat_tick(seat, 1100 * MS) == PF_PAD_NEVER);
	assert_int_equal(fake_made[0]->last.gyro[0], 0);
	assert_int_equal(fake_made[0]->last.accel[0], 4); /* it still lies as it lay */
}

static void rich_words_make_no_pad(void **state)
{
	const struct pf_rich_input m = {.kind = PF_RICH_MOTION};
	pf_pad_seat_rich(seat, &m, 1);
	pf_pad_seat_battery(seat, 3, PF_PAD_CHARGING, 50);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_count, 0);
	hold(3, 1, 0);
	pf_pad_seat_flush(seat);
	assert_true(fake_made[0]->last.power == PF_PAD_CHARGING && fake_made[0]->last.battery_percent == 50);
}

static void without_devices_the_client_goes_on(void **state)
{
	fake_all_fail = true;
	for (uint8_t seq = 1; seq < 100; seq++)
		hold(0, seq, seq);
	pf_pad_seat_flush(seat);
	assert_int_equal(fake_count, 0);
	fake_all_fail = false;
	hold(0, 100, 1); /* not tried again at once */
	assert_int_equal(fake_count, 0);
	arrive(0, PF_GAMEPAD_AUTO); /* but when it is plugged in anew */
	assert_int_equal(fake_count, 1);
}

static void games_reach_the_right_pad(void **state)
{
	const struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE, .rumble = {1, 2, 3, 4}};
	arrive(4, PF_GAMEPAD_DUALSENSE);
	arrive(9, PF_GAMEPAD_DUALSENSE);
	fake_say(fake_made[1], &f);
	assert_true(heard_count == 1 && heard_pad == 9);
	remove_pad(9, 1);
	assert_true(heard_count == 2 && heard_pad == 9); /* its motors stand still */
	fake_say(fake_made[1], &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE});
	assert_int_equal(heard_count, 2);
}

static void a_client_that_resumes_finds_its_pads(void **state)
{
	arrive(0, PF_GAMEPAD_DUALSENSE);
	hold(0, 1, PF_PAD_A);
	pf_pad_seat_close(seat, 60000);
	assert_int_equal(fake_made[0]->last.buttons, 0);
	sit(PF_GAMEPAD_AUTO);
	arrive(0, PF_GAMEPAD_DUALSENSE);
	hold(0, 0, PF_PAD_B);
	pf_pad_seat_flush(seat);
	assert_true(fake_count == 1 && fake_made[0]->last.buttons == PF_PAD_B);
	pf_pad_seat_unplug(seat, 0);
	assert_true(fake_made[0]->released);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_state_makes_the_pad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(arrival_says_what_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hello_says_what_the_others_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_news_is_no_news, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_together_is_one_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tap_within_a_batch_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_clients_send_one_thing_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(touch_pads_of_both_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(motion_that_stops_is_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rich_words_make_no_pad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_devices_the_client_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(games_reach_the_right_pad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_resumes_finds_its_pads, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
