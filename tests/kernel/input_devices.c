/* Keyboard, pointers, touchscreen and pen of uinput, as the kernel and a compositor see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "evdev.h"
#include "input/input.h"
#include "input/router.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct pf_input *input;
static struct evdev keyboard, mouse, pointer, screen, tablet;

static int begin(void **state)
{
	struct pf_reason reason = {0};
	setenv("XKB_DEFAULT_LAYOUT", "de", 1);
	if (pf_input_uinput_probe(&reason) < 0 || pf_input_uinput_create(&input, "pf", &reason) < 0)
		fail_msg("%s", reason.text);
	assert_true(evdev_open(&keyboard, "pf keyboard", NULL));
	assert_true(evdev_open(&mouse, "pf mouse", NULL));
	assert_true(evdev_open(&pointer, "pf pointer", NULL));
	assert_true(evdev_open(&screen, "pf touchscreen", NULL));
	assert_true(evdev_open(&tablet, "pf pen", NULL));
	return 0;
}

static void forget_readers(void)
{
	evdev_close(&keyboard);
	evdev_close(&mouse);
	evdev_close(&pointer);
	evdev_close(&screen);
	evdev_close(&tablet);
}

static int end(void **state)
{
	input->impl->destroy(input);
	forget_readers();
	return 0;
}

/* The next event, ends of groups included. */
static void expect_next(const struct evdev *d, unsigned type, unsigned code, int value)
{
	struct input_event e;
	assert_true(evdev_next(d, &e, EVDEV_WAIT_MS));
	assert_int_equal(e.type, type);
	assert_int_equal(e.code, code);
	assert_int_equal(e.value, value);
}

static void expect_end(const struct evdev *d)
{
	expect_next(d, EV_SYN, SYN_REPORT, 0);
}

static void expect_silence(const struct evdev *d)
{
	struct input_event e;
	assert_false(evdev_next(d, &e, 30));
}

/* --- keyboard --- */

static void sweep(struct pf_router *r, enum pf_key_dialect dialect)
{
	for (uint32_t vk = 0; vk < 256; vk++) {
		unsigned code = pf_virtual_key_evdev(vk, dialect);
		struct pf_input_event e = {.kind = PF_INPUT_KEY_DOWN, .code = vk};
		pf_router_event(r, &e);
		e.kind = PF_INPUT_KEY_UP;
		if (code) {
			expect_next(&keyboard, EV_KEY, code, 1);
			expect_end(&keyboard);
			assert_true(evdev_key_is_down(&keyboard, code));
		}
		pf_router_event(r, &e);
		if (code) {
			expect_next(&keyboard, EV_KEY, code, 0);
			expect_end(&keyboard);
		}
	}
	expect_silence(&keyboard);
	assert_false(evdev_any_key_is_down(&keyboard));
}

static void every_virtual_key_arrives(void **state)
{
	static const enum pf_key_dialect dialects[] = {PF_KEYS_NATIVE, PF_KEYS_GAMESTREAM};
	for (size_t i = 0; i < COUNT(dialects); i++) {
		struct pf_router r;
		pf_router_init(&r, dialects[i]);
		pf_router_aim(&r, input);
		sweep(&r, dialects[i]);
		pf_router_aim(&r, NULL);
	}
}

static void expect_key(unsigned code, int value)
{
	expect_next(&keyboard, EV_KEY, code, value);
}

static void tap(unsigned code)
{
	expect_key(code, 1);
	expect_end(&keyboard);
	expect_key(code, 0);
	expect_end(&keyboard);
}

static void text_is_typed_on_the_layout(void **state)
{
	input->impl->text(input, 'z');
	tap(KEY_Y);
	input->impl->text(input, 0xC4); /* A umlaut */
	expect_key(KEY_LEFTSHIFT, 1);
	expect_end(&keyboard);
	tap(KEY_APOSTROPHE);
	expect_key(KEY_LEFTSHIFT, 0);
	expect_end(&keyboard);
	input->impl->text(input, 0x20AC); /* euro */
	expect_key(KEY_RIGHTALT, 1);
	expect_end(&keyboard);
	tap(KEY_E);
	expect_key(KEY_RIGHTALT, 0);
	expect_end(&keyboard);
	input->impl->text(input, 0x1F600);
	input->impl->text(input, '\n');
	expect_silence(&keyboard);
}

static void text_is_not_changed_by_what_is_held(void **state)
{
	input->impl->key(input, KEY_LEFTCTRL, true);
	expect_key(KEY_LEFTCTRL, 1);
	expect_end(&keyboard);
	input->impl->text(input, 'a');
	expect_key(KEY_LEFTCTRL, 0);
	expect_end(&keyboard);
	tap(KEY_A);
	expect_key(KEY_LEFTCTRL, 1);
	expect_end(&keyboard);
	input->impl->key(input, KEY_LEFTCTRL, false);
}

/* --- pointer --- */

static void the_mouse_moves(void **state)
{
	input->impl->move(input, -7, 30000);
	expect_next(&mouse, EV_REL, REL_X, -7);
	expect_next(&mouse, EV_REL, REL_Y, 30000);
	expect_end(&mouse);
	input->impl->move(input, 0, 1);
	expect_next(&mouse, EV_REL, REL_Y, 1);
	expect_end(&mouse);
	expect_silence(&pointer);
}

static void expect_place(uint32_t x, uint32_t y, int32_t wanted_x, int32_t wanted_y)
{
	input->impl->place(input, x, y, 1279, 719);
	assert_true(evdev_expect(&pointer, EV_SYN, SYN_REPORT, 0));
	assert_int_equal(evdev_axis(&pointer, ABS_X).value, wanted_x);
	assert_int_equal(evdev_axis(&pointer, ABS_Y).value, wanted_y);
}

static void corners_are_exact(void **state)
{
	assert_int_equal(evdev_axis(&pointer, ABS_X).maximum, 65535);
	assert_int_equal(evdev_axis(&pointer, ABS_Y).maximum, 65535);
	expect_place(1279, 719, 65535, 65535);
	expect_place(0, 719, 0, 65535);
	expect_place(1279, 0, 65535, 0);
	expect_place(0, 0, 0, 0);
	expect_place(640, 360, 32793, 32813);
}

static void buttons_follow_what_has_moved(void **state)
{
	static const struct {
		enum pf_button which;
		unsigned code;
	} buttons[] = {{PF_BUTTON_LEFT, BTN_LEFT}, {PF_BUTTON_MIDDLE, BTN_MIDDLE},
		{PF_BUTTON_RIGHT, BTN_RIGHT}, {PF_BUTTON_BACK, BTN_SIDE}, {PF_BUTTON_FORWARD, BTN_EXTRA}};
	for (size_t i = 0; i < COUNT(buttons); i++) {
		input->impl->move(input, 1, 0);
		evdev_drain(&mouse);
		input->impl->button(input, buttons[i].which, true);
		expect_next(&mouse, EV_KEY, buttons[i].code, 1);
		expect_end(&mouse);
		/* It is let go where it was pressed. */
		input->impl->place(input, (uint32_t)i + 1, 0, 100, 100);
		evdev_drain(&pointer);
		input->impl->button(input, buttons[i].which, false);
		expect_next(&mouse, EV_KEY, buttons[i].code, 0);
		expect_end(&mouse);
		input->impl->button(input, buttons[i].which, true);
		expect_next(&pointer, EV_KEY, buttons[i].code, 1);
		expect_end(&pointer);
		input->impl->button(input, buttons[i].which, false);
		expect_next(&pointer, EV_KEY, buttons[i].code, 0);
		expect_end(&pointer);
		expect_silence(&mouse);
	}
}

static void wheels_are_fine_and_whole(void **state)
{
	static const struct {
		enum pf_scroll_axis axis;
		unsigned fine, whole;
	} wheels[] = {{PF_SCROLL_VERTICAL, REL_WHEEL_HI_RES, REL_WHEEL},
		{PF_SCROLL_HORIZONTAL, REL_HWHEEL_HI_RES, REL_HWHEEL}};
	static const int amounts[][2] = {/* amount, detents; the turn forgets the 70 before it */
		{120, 1}, {-240, -2}, {50, 0}, {50, 0}, {50, 1}, {40, 0}, {-119, 0}, {-1, -1}};
	for (size_t w = 0; w < COUNT(wheels); w++) {
		for (size_t i = 0; i < COUNT(amounts); i++) {
			input->impl->wheel(input, wheels[w].axis, amounts[i][0]);
			expect_next(&mouse, EV_REL, wheels[w].fine, amounts[i][0]);
			if (amounts[i][1])
				expect_next(&mouse, EV_REL, wheels[w].whole, amounts[i][1]);
			expect_end(&mouse);
		}
	}
}

static void fingers_turn_a_fine_wheel(void **state)
{
	/* 15 pixels are a detent. */
	input->impl->finger_scroll(input, PF_SCROLL_VERTICAL, 15 * 256, false);
	expect_next(&mouse, EV_REL, REL_WHEEL_HI_RES, 120);
	expect_next(&mouse, EV_REL, REL_WHEEL, 1);
	expect_end(&mouse);
	/* A unit is 32. What is less is kept, until the finger is lifted. */
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, -20, false);
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, -20, false);
	expect_next(&mouse, EV_REL, REL_HWHEEL_HI_RES, -1);
	expect_end(&mouse);
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, -24, false);
	expect_next(&mouse, EV_REL, REL_HWHEEL_HI_RES, -1);
	expect_end(&mouse);
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, -20, false);
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, 0, true);
	input->impl->finger_scroll(input, PF_SCROLL_HORIZONTAL, -20, false);
	expect_silence(&mouse);
}

/* --- touch --- */

static void touch(enum pf_touch_phase phase, unsigned slot, float x, float y, uint16_t pressure)
{
	const struct pf_touch t = {.phase = phase, .slot = slot, .x = x, .y = y, .pressure = pressure};
	input->impl->touch(input, &t);
}

static void one_finger(void **state)
{
	assert_true(evdev_has_property(&screen, INPUT_PROP_DIRECT));
	assert_int_equal(evdev_axis(&screen, ABS_MT_SLOT).maximum, PF_TOUCH_SLOTS - 1);
	touch(PF_TOUCH_DOWN, 0, 1, 0.5f, 40000);
	expect_next(&screen, EV_ABS, ABS_MT_TRACKING_ID, 0);
	expect_next(&screen, EV_ABS, ABS_MT_POSITION_X, 65535);
	expect_next(&screen, EV_ABS, ABS_MT_POSITION_Y, 32768);
	expect_next(&screen, EV_ABS, ABS_MT_PRESSURE, 40000);
	expect_next(&screen, EV_KEY, BTN_TOUCH, 1);
	expect_next(&screen, EV_ABS, ABS_X, 65535);
	expect_next(&screen, EV_ABS, ABS_Y, 32768);
	expect_end(&screen);
	touch(PF_TOUCH_MOVE, 0, 0, 0.5f, 0);
	expect_next(&screen, EV_ABS, ABS_MT_POSITION_X, 0);
	expect_next(&screen, EV_ABS, ABS_MT_PRESSURE, 1);
	expect_next(&screen, EV_ABS, ABS_X, 0);
	expect_end(&screen);
	touch(PF_TOUCH_UP, 0, 0, 0, 0);
	expect_next(&screen, EV_ABS, ABS_MT_TRACKING_ID, -1);
	expect_next(&screen, EV_KEY, BTN_TOUCH, 0);
	expect_end(&screen);
	touch(PF_TOUCH_UP, 0, 0, 0, 0);
	touch(PF_TOUCH_MOVE, 3, 0.5f, 0.5f, 1);
	expect_silence(&screen);
}

static void read_slots(unsigned code, int32_t values[PF_TOUCH_SLOTS])
{
	struct {
		uint32_t code;
		int32_t values[PF_TOUCH_SLOTS];
	} request = {.code = code};
	assert_true(ioctl(screen.fd, EVIOCGMTSLOTS(sizeof(request)), &request) >= 0);
	memcpy(values, request.values, sizeof(request.values));
}

static void ten_fingers(void **state)
{
	int32_t id[PF_TOUCH_SLOTS], x[PF_TOUCH_SLOTS], y[PF_TOUCH_SLOTS];
	for (unsigned i = 0; i < PF_TOUCH_SLOTS; i++)
		touch(PF_TOUCH_DOWN, i, (float)i / 10, (float)(10 - i) / 10, 1000);
	read_slots(ABS_MT_TRACKING_ID, id);
	read_slots(ABS_MT_POSITION_X, x);
	read_slots(ABS_MT_POSITION_Y, y);
	for (unsigned i = 0; i < PF_TOUCH_SLOTS; i++) {
		assert_int_equal(id[i], i);
		assert_in_range(x[i], i * 6553, i * 6554);
		assert_in_range(y[i], (10 - i) * 6553, (10 - i) * 6554);
	}
	/* The second takes over when the first is lifted; a new one in the old slot is another finger. */
	touch(PF_TOUCH_UP, 0, 0, 0, 0);
	assert_int_equal(evdev_axis(&screen, ABS_X).value, x[1]);
	touch(PF_TOUCH_DOWN, 0, 0.25f, 0.25f, 1000);
	assert_int_equal(evdev_axis(&screen, ABS_X).value, x[1]);
	read_slots(ABS_MT_TRACKING_ID, id);
	assert_int_equal(id[0], 10);
	for (unsigned i = 0; i < PF_TOUCH_SLOTS; i++)
		touch(PF_TOUCH_UP, i, 0, 0, 0);
	assert_false(evdev_any_key_is_down(&screen));
	read_slots(ABS_MT_TRACKING_ID, id);
	for (unsigned i = 0; i < PF_TOUCH_SLOTS; i++)
		assert_int_equal(id[i], -1);
}

/* --- pen --- */

static void pen(struct pf_pen p)
{
	input->impl->pen(input, &p);
	evdev_drain(&tablet);
}

static int at(unsigned axis)
{
	return evdev_axis(&tablet, axis).value;
}

static bool down(unsigned key)
{
	return evdev_key_is_down(&tablet, key);
}

static void a_pen_comes_touches_and_goes(void **state)
{
	assert_true(evdev_has_property(&tablet, INPUT_PROP_DIRECT));
	assert_true(evdev_axis(&tablet, ABS_X).resolution > 0);
	struct pf_pen p = {.near = true,
		.x = 1,
		.y = 0.5f,
		.pressure = 77,
		.hover = 999,
		.tilt_x_deg = -90,
		.tilt_y_deg = 45,
		.roll_deg = 0};
	pen(p);
	assert_true(down(BTN_TOOL_PEN) && !down(BTN_TOOL_RUBBER) && !down(BTN_TOUCH));
	assert_true(at(ABS_X) == 65535 && at(ABS_Y) == 32768);
	assert_true(at(ABS_PRESSURE) == 0 && at(ABS_DISTANCE) == 1000);
	assert_true(at(ABS_TILT_X) == -90 && at(ABS_TILT_Y) == 45);
	assert_int_equal(at(ABS_Z), 450);
	p.touching = p.barrel_1 = true;
	p.pressure = 65535;
	p.roll_deg = 90;
	pen(p);
	assert_true(down(BTN_TOOL_PEN) && down(BTN_TOUCH) && down(BTN_STYLUS) && !down(BTN_STYLUS2));
	assert_true(at(ABS_PRESSURE) == 65535 && at(ABS_DISTANCE) == 0);
	assert_int_equal(at(ABS_Z), -900);
	p.barrel_1 = false;
	p.barrel_2 = true;
	p.roll_deg = PF_PEN_UNKNOWN;
	pen(p);
	assert_true(!down(BTN_STYLUS) && down(BTN_STYLUS2));
	assert_int_equal(at(ABS_Z), -900);
	p.near = false;
	pen(p);
	assert_false(evdev_any_key_is_down(&tablet));
	assert_int_equal(at(ABS_PRESSURE), 0);
}

static void the_other_end_is_an_eraser(void **state)
{
	pen((struct pf_pen){
		.near = true, .eraser = true, .hover = PF_PEN_UNKNOWN, .roll_deg = PF_PEN_UNKNOWN});
	assert_true(down(BTN_TOOL_RUBBER) && !down(BTN_TOOL_PEN));
	assert_int_equal(at(ABS_DISTANCE), 1);
	pen((struct pf_pen){0});
	assert_false(evdev_any_key_is_down(&tablet));
}

/* --- the end --- */

static void everything_goes_at_the_end(void **state)
{
	static const char *const names[] = {
		"pf keyboard", "pf mouse", "pf pointer", "pf touchscreen", "pf pen"};
	begin(NULL);
	input->impl->key(input, KEY_W, true);
	input->impl->button(input, PF_BUTTON_LEFT, true);
	touch(PF_TOUCH_DOWN, 4, 0.5f, 0.5f, 9);
	pen((struct pf_pen){.near = true, .touching = true, .pressure = 9});
	end(NULL);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(evdev_is_there(names[i], NULL));
	begin(NULL);
	assert_false(evdev_any_key_is_down(&keyboard) || evdev_any_key_is_down(&mouse));
	assert_false(evdev_any_key_is_down(&screen) || evdev_any_key_is_down(&tablet));
	end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_virtual_key_arrives, begin, end),
		cmocka_unit_test_setup_teardown(text_is_typed_on_the_layout, begin, end),
		cmocka_unit_test_setup_teardown(text_is_not_changed_by_what_is_held, begin, end),
		cmocka_unit_test_setup_teardown(the_mouse_moves, begin, end),
		cmocka_unit_test_setup_teardown(corners_are_exact, begin, end),
		cmocka_unit_test_setup_teardown(buttons_follow_what_has_moved, begin, end),
		cmocka_unit_test_setup_teardown(wheels_are_fine_and_whole, begin, end),
		cmocka_unit_test_setup_teardown(fingers_turn_a_fine_wheel, begin, end),
		cmocka_unit_test_setup_teardown(one_finger, begin, end),
		cmocka_unit_test_setup_teardown(ten_fingers, begin, end),
		cmocka_unit_test_setup_teardown(a_pen_comes_touches_and_goes, begin, end),
		cmocka_unit_test_setup_teardown(the_other_end_is_an_eraser, begin, end),
		cmocka_unit_test(everything_goes_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
