/* GameStream's input packets become the events of every plane (gamestream 5). */
#include "gamestream/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LOG_MAX 64

static struct pf_gs_translator translator;
static struct pf_input_event log_events[LOG_MAX];
static struct pf_rich_input log_riches[LOG_MAX];
static struct pf_finger last_finger;
static size_t events, riches, fingers, lifts, batteries;
static enum pf_pad_power last_power;

static void on_event(void *user, const struct pf_input_event *e)
{
	assert_true(events < LOG_MAX);
	log_events[events++] = *e;
}

static void on_rich(void *user, const struct pf_rich_input *e)
{
	assert_true(riches < LOG_MAX);
	log_riches[riches++] = *e;
}

static void on_finger(void *user, const struct pf_finger *f)
{
	fingers++;
	last_finger = *f;
}

static void on_lift(void *user)
{
	lifts++;
}

static void on_battery(void *user, unsigned pad, enum pf_pad_power power, uint8_t percent)
{
	assert_int_equal(pad, 3);
	assert_int_equal(percent, 55);
	batteries++;
	last_power = power;
}

static const struct pf_gs_events sink = {on_event, on_rich, on_finger, on_lift, on_battery, NULL};

static int begin(void **state)
{
	pf_gs_translator_init(&translator);
	events = riches = fingers = lifts = batteries = 0;
	return 0;
}

/* The log holds what this packet made. */
static void play(const struct pf_gs_input *in)
{
	events = riches = 0;
	pf_gs_translate(&translator, in, &sink);
}

static void expect(size_t at, enum pf_input_kind kind, uint32_t code, int32_t x, int32_t y, uint32_t flags)
{
	assert_true(at < events);
	assert_int_equal(log_events[at].kind, kind);
	assert_int_equal(log_events[at].code, code);
	assert_int_equal(log_events[at].x, x);
	assert_int_equal(log_events[at].y, y);
	assert_int_equal(log_events[at].flags, flags);
}

/* --- keys --- */

static void key(uint8_t vk, bool down, uint8_t modifiers)
{
	const struct pf_gs_input in = {
		.kind = PF_GS_KEY, .key = {.down = down, .vk = vk, .modifiers = modifiers}};
	play(&in);
}

static void expect_keys(size_t count, const int *vks)
{
	assert_int_equal(events, count);
	for (size_t i = 0; i < count; i++)
		expect(i, vks[i] > 0 ? PF_INPUT_KEY_DOWN : PF_INPUT_KEY_UP,
			(uint32_t)(vks[i] > 0 ? vks[i] : -vks[i]), 0, 0, 0);
}
/* Positive: down; negative: up. */
#define EXPECT_KEYS(...) expect_keys(sizeof((int[]){__VA_ARGS__}) / sizeof(int), (const int[]){__VA_ARGS__})

static void claimed_modifiers_are_pressed_around(void **state)
{
	key('A', true, 0);
	EXPECT_KEYS('A');
	key('A', true, PF_GS_MOD_SHIFT);
	EXPECT_KEYS(0xA0, 'A', -0xA0);
	key('A', true, PF_GS_MOD_CTRL);
	EXPECT_KEYS(0xA2, 'A', -0xA2);
	key('A', true, PF_GS_MOD_ALT);
	EXPECT_KEYS(0xA4, 'A', -0xA4);
	key('A', true, PF_GS_MOD_META);
	EXPECT_KEYS(0x5B, 'A', -0x5B);
	key('A', true, 15);
	EXPECT_KEYS(0xA0, 0xA2, 0xA4, 0x5B, 'A', -0xA0, -0xA2, -0xA4, -0x5B);
	key('A', false, 15);
	EXPECT_KEYS(-'A');
	assert_int_equal(translator.held, 0);
}

static void held_modifiers_are_not_pressed_again(void **state)
{
	static const struct {
		uint8_t vk, modifier;
	} keys[] = {
		{0x10, PF_GS_MOD_SHIFT},
		{0xA0, PF_GS_MOD_SHIFT},
		{0xA1, PF_GS_MOD_SHIFT},
		{0x11, PF_GS_MOD_CTRL},
		{0xA2, PF_GS_MOD_CTRL},
		{0xA3, PF_GS_MOD_CTRL},
		{0x12, PF_GS_MOD_ALT},
		{0xA4, PF_GS_MOD_ALT},
		{0xA5, PF_GS_MOD_ALT},
		{0x5B, PF_GS_MOD_META},
		{0x5C, PF_GS_MOD_META},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		/* Of itself a modifier claims nothing. */
		key(keys[i].vk, true, keys[i].modifier);
		EXPECT_KEYS(keys[i].vk);
		key('C', true, keys[i].modifier);
		EXPECT_KEYS('C');
		key(keys[i].vk, false, 0);
		EXPECT_KEYS(-keys[i].vk);
		key('C', true, keys[i].modifier);
		assert_int_equal(events, 3);
	}
	key(0xA1, true, 0);
	key(0xA2, true, 0xF);
	EXPECT_KEYS(0xA2);
	key('X', true, PF_GS_MOD_SHIFT | PF_GS_MOD_CTRL | PF_GS_MOD_ALT);
	EXPECT_KEYS(0xA4, 'X', -0xA4);
}

/* Letting the left one go leaves the right one held. */
static void two_modifiers_of_a_kind(void **state)
{
	key(0xA0, true, 0);
	key(0xA1, true, 0);
	key(0xA0, false, 0);
	key('A', true, PF_GS_MOD_SHIFT);
	EXPECT_KEYS('A');
	key(0xA1, false, 0);
	key('A', true, PF_GS_MOD_SHIFT);
	EXPECT_KEYS(0xA0, 'A', -0xA0);
}

static void text_is_split_into_characters(void **state)
{
	struct pf_gs_input in = {.kind = PF_GS_TEXT, .text = {.len = 10}};
	memcpy(in.text.bytes, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10);
	play(&in);
	assert_int_equal(events, 4);
	expect(0, PF_INPUT_TEXT, 'A', 0, 0, 0);
	expect(1, PF_INPUT_TEXT, 0xE4, 0, 0, 0);
	expect(2, PF_INPUT_TEXT, 0x20AC, 0, 0, 0);
	expect(3, PF_INPUT_TEXT, 0x1F600, 0, 0, 0);
	in.text.len = 9; /* cut */
	play(&in);
	assert_int_equal(events, 3);
	memcpy(in.text.bytes, "A\xffZ", 3);
	in.text.len = 3;
	play(&in);
	assert_int_equal(events, 1);
}

/* --- pointer --- */

static void the_pointer(void **state)
{
	play(&(struct pf_gs_input){.kind = PF_GS_MOVE, .move = {5, -3}});
	expect(0, PF_INPUT_MOVE, 0, 5, -3, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_MOVE_ABS, .place = {640, -1, 1279, 719}});
	expect(0, PF_INPUT_MOVE_ABS, 0, 640, -1, 1280u << 16 | 720);
	play(&(struct pf_gs_input){.kind = PF_GS_MOVE_ABS, .place = {32767, 719, 1279, 719}});
	expect(0, PF_INPUT_MOVE_ABS, 0, 1279, 719, 1280u << 16 | 720);
	play(&(struct pf_gs_input){.kind = PF_GS_BUTTON, .button = {true, 4}});
	expect(0, PF_INPUT_BUTTON_DOWN, PF_BUTTON_BACK, 0, 0, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_BUTTON, .button = {false, 3}});
	expect(0, PF_INPUT_BUTTON_UP, PF_BUTTON_RIGHT, 0, 0, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_SCROLL, .scroll = {false, -120}});
	expect(0, PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, -120, 0, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_SCROLL, .scroll = {true, 15}});
	expect(0, PF_INPUT_WHEEL, PF_SCROLL_HORIZONTAL, 15, 0, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_HAPTICS});
	assert_int_equal(events + riches, 0);
}

/* --- touch --- */

static void touch(enum pf_gs_contact event, float pressure)
{
	const struct pf_gs_input in = {.kind = PF_GS_TOUCH,
		.touch = {.event = event, .id = 0xdeadbeef, .x = 0.5f, .y = 1, .pressure = pressure}};
	fingers = 0;
	play(&in);
}

static void expect_touch(enum pf_touch_phase phase, uint16_t pressure)
{
	assert_int_equal(fingers, 1);
	assert_int_equal(last_finger.phase, phase);
	assert_int_equal(last_finger.id, 0xdeadbeef);
	assert_int_equal(last_finger.pressure, pressure);
	assert_true(last_finger.x == 0.5f && last_finger.y == 1);
}

static void fingers_keep_their_names_and_pressure(void **state)
{
	touch(PF_GS_DOWN, 0.5f);
	expect_touch(PF_TOUCH_DOWN, 32768);
	touch(PF_GS_MOVED, 0); /* unknown: full */
	expect_touch(PF_TOUCH_MOVE, 65535);
	static const enum pf_gs_contact ups[] = {PF_GS_UP, PF_GS_CANCEL, PF_GS_LEAVE};
	for (size_t i = 0; i < 3; i++) {
		touch(ups[i], 1);
		expect_touch(PF_TOUCH_UP, 65535);
	}
	touch(PF_GS_HOVER, 1);
	touch(PF_GS_BUTTON_ONLY, 1);
	assert_int_equal(fingers + lifts, 0);
	touch(PF_GS_CANCEL_ALL, 1);
	assert_true(fingers == 0 && lifts == 1);
}

/* --- pen --- */

static struct pf_pen_sample pen(enum pf_gs_contact event, float pressure, uint8_t tool, uint8_t buttons)
{
	const struct pf_gs_input in = {.kind = PF_GS_PEN,
		.pen = {.point = {.event = event,
				.x = 0.125f,
				.y = 0.75f,
				.pressure = pressure,
				.rotation_deg = 90},
			.tool = tool,
			.buttons = buttons,
			.tilt_deg = 30}};
	play(&in);
	assert_int_equal(riches, 1);
	assert_int_equal(log_riches[0].kind, PF_RICH_PEN);
	assert_int_equal(log_riches[0].pen.count, 1);
	return log_riches[0].pen.sample[0];
}

static void a_pen_touches(void **state)
{
	struct pf_pen_sample s = pen(PF_GS_DOWN, 0.5f, 1, 0);
	assert_int_equal(s.state, PF_PEN_IN_RANGE | PF_PEN_TOUCHING);
	assert_int_equal(s.tool, 0);
	assert_true(s.x == 0.125f && s.y == 0.75f);
	assert_int_equal(s.pressure, 32768);
	assert_int_equal(s.hover, PF_PEN_UNKNOWN);
	assert_int_equal(s.tilt_deg, 30);
	assert_int_equal(s.azimuth_deg, 270); /* where the upper end leans */
	assert_int_equal(s.roll_deg, PF_PEN_UNKNOWN);
	assert_int_equal(log_riches[0].pen.seq, 1);
	/* A pressure of 0 is an unknown one: full. */
	s = pen(PF_GS_MOVED, 0, 2, 3);
	assert_int_equal(s.state, PF_PEN_IN_RANGE | PF_PEN_TOUCHING | PF_PEN_BARREL_1 | PF_PEN_BARREL_2);
	assert_int_equal(s.tool, 1);
	assert_int_equal(s.pressure, 65535);
	assert_int_equal(log_riches[0].pen.seq, 2);
	s = pen(PF_GS_UP, 0, 0, 2);
	assert_int_equal(s.state, PF_PEN_IN_RANGE | PF_PEN_BARREL_2);
	assert_int_equal(s.tool, 0xFF);
	assert_int_equal(s.pressure, 0);
}

static void a_pen_hovers_and_leaves(void **state)
{
	struct pf_pen_sample s = pen(PF_GS_HOVER, 1, 1, 0);
	assert_int_equal(s.state, PF_PEN_IN_RANGE);
	assert_int_equal(s.pressure, 0);
	assert_int_equal(s.hover, 65535);
	s = pen(PF_GS_HOVER, 0, 1, 0); /* a distance of 0 is an unknown one */
	assert_int_equal(s.hover, PF_PEN_UNKNOWN);
	s = pen(PF_GS_BUTTON_ONLY, 0, 1, 1);
	assert_int_equal(s.state, PF_PEN_IN_RANGE | PF_PEN_BARREL_1);
	s = pen(PF_GS_LEAVE, 0, 1, 0);
	assert_int_equal(s.state, 0);
	play(&(struct pf_gs_input){.kind = PF_GS_PEN, .pen = {.point.event = PF_GS_LEAVE}});
	assert_int_equal(riches, 0);
	s = pen(PF_GS_DOWN, 1, 1, 0);
	s = pen(PF_GS_CANCEL_ALL, 1, 1, 0);
	assert_int_equal(s.state, 0);
}

/* --- pads --- */

static void pad(uint16_t number, uint16_t mask, uint32_t buttons)
{
	const struct pf_gs_input in = {.kind = PF_GS_PAD,
		.pad = {.pad = number,
			.mask = mask,
			.buttons = buttons,
			.lt = 0x10,
			.rt = 0xFF,
			.lx = -32768,
			.ly = 32767,
			.rx = 1,
			.ry = -2}};
	play(&in);
}

static void pads_have_states(void **state)
{
	pad(3, 1 << 3, PF_PAD_A | PF_PAD_TOUCHPAD);
	assert_int_equal(events, 1);
	assert_int_equal(log_events[0].kind, PF_INPUT_PAD_STATE);
	struct pf_pad_state s = pf_input_pad_state(&log_events[0]);
	assert_int_equal(s.pad, 3);
	assert_int_equal(s.seq, 1);
	assert_int_equal(s.buttons, PF_PAD_A | PF_PAD_TOUCHPAD);
	assert_true(s.lx == -32768 && s.ly == 32767 && s.rx == 1 && s.ry == -2);
	assert_true(s.lt == 0x10 && s.rt == 0xFF);
	for (unsigned i = 2; i < 300; i++) {
		pad(3, 1 << 3, 0);
		assert_int_equal(pf_input_pad_seq(&log_events[0]), i & 0xFF);
	}
}

static void pads_out_of_the_mask_are_removed(void **state)
{
	pad(0, 0x8003, 0);
	pad(1, 0x8003, 0);
	pad(15, 0x8003, 0);
	assert_int_equal(events, 1);
	pad(1, 0x8001, 0); /* its own bit is off: it goes, and has no state */
	assert_int_equal(events, 1);
	assert_int_equal(log_events[0].kind, PF_INPUT_PAD_REMOVED);
	assert_int_equal(pf_input_pad(&log_events[0]), 1);
	assert_int_equal(pf_input_pad_seq(&log_events[0]), 2);
	pad(15, 0x8000, 0); /* the whole mask counts */
	assert_int_equal(events, 2);
	assert_int_equal(log_events[0].kind, PF_INPUT_PAD_REMOVED);
	assert_int_equal(pf_input_pad(&log_events[0]), 0);
	assert_int_equal(pf_input_pad(&log_events[1]), 15);
	pad(4, 0x8000, 0); /* was never there */
	assert_int_equal(events, 0);
	pad(1, 0x8002, 0); /* the sequence goes on */
	assert_int_equal(pf_input_pad_seq(&log_events[0]), 3);
	assert_true(pf_pad_seq_newer(pf_input_pad_seq(&log_events[0]), 2));
}

static uint32_t paddles; /* that the arriving pad has */

static void expect_arrival(uint8_t type, uint16_t capabilities, uint32_t wanted, bool haptics)
{
	play(&(struct pf_gs_input){.kind = PF_GS_PAD_ARRIVAL,
		.arrival = {.pad = 2, .type = type, .capabilities = capabilities, .buttons = paddles}});
	assert_int_equal(events, 1);
	assert_int_equal(log_events[0].kind, PF_INPUT_PAD_ARRIVED);
	assert_int_equal(log_events[0].code, wanted);
	assert_int_equal(pf_input_pad(&log_events[0]), 2);
	assert_int_equal(pf_input_pad_has_haptics(&log_events[0]), haptics);
	assert_false(pf_input_pad_has_speaker(&log_events[0]));
}

static void pads_of_every_kind_arrive(void **state)
{
	expect_arrival(0, 0, PF_GAMEPAD_AUTO, false);
	expect_arrival(1, 0x01 | 0x02, PF_GAMEPAD_AUTO, true);
	expect_arrival(1, 0x08, PF_GAMEPAD_DUALSENSE, false);
	expect_arrival(1, 0x10, PF_GAMEPAD_DUALSENSE, false);
	expect_arrival(4, 0x20, PF_GAMEPAD_DUALSENSE, false);
	expect_arrival(0, 0x04 | 0x40 | 0x80, PF_GAMEPAD_AUTO, false);
	expect_arrival(2, 0, PF_GAMEPAD_DUALSENSE, false);
	expect_arrival(2, 0xFF, PF_GAMEPAD_DUALSENSE, true);
	expect_arrival(3, 0xFF, PF_GAMEPAD_SWITCH_PRO, true);
	expect_arrival(200, 0, PF_GAMEPAD_AUTO, false);
	paddles = PF_PAD_PADDLE_3;
	expect_arrival(1, 0, PF_GAMEPAD_XBOX_ELITE, false);
	expect_arrival(2, 0, PF_GAMEPAD_DUALSENSE_EDGE, false);
	paddles = 0;
	/* It exists from its arrival on. */
	pad(0, 1, 0);
	assert_int_equal(events, 2);
	assert_int_equal(log_events[0].kind, PF_INPUT_PAD_REMOVED);
	assert_int_equal(pf_input_pad(&log_events[0]), 2);
}

static void pad_touch(enum pf_gs_contact event, uint32_t id, float x, float y)
{
	play(&(struct pf_gs_input){.kind = PF_GS_PAD_TOUCH,
		.pad_touch = {.pad = 5, .point = {.event = event, .id = id, .x = x, .y = y}}});
}

static void expect_finger(size_t at, unsigned finger, bool touching, unsigned x, unsigned y)
{
	assert_true(at < riches);
	assert_int_equal(log_riches[at].kind, PF_RICH_TOUCHPAD);
	assert_int_equal(log_riches[at].pad, 5);
	assert_int_equal(log_riches[at].touchpad.finger, finger);
	assert_int_equal(log_riches[at].touchpad.touching, touching);
	assert_int_equal(log_riches[at].touchpad.x, x);
	assert_int_equal(log_riches[at].touchpad.y, y);
}

static void two_fingers_on_a_pad(void **state)
{
	pad_touch(PF_GS_MOVED, 70, 0.5f, 0.5f);
	assert_int_equal(riches, 0);
	pad_touch(PF_GS_DOWN, 70, 0.5f, 1);
	expect_finger(0, 0, true, 32768, 65535);
	pad_touch(PF_GS_DOWN, 71, 0, 0);
	expect_finger(0, 1, true, 0, 0);
	pad_touch(PF_GS_DOWN, 72, 0, 0);
	assert_int_equal(riches, 0);
	pad_touch(PF_GS_UP, 70, 1, 1);
	expect_finger(0, 0, false, 65535, 65535);
	pad_touch(PF_GS_UP, 70, 1, 1);
	assert_int_equal(riches, 0);
	pad_touch(PF_GS_DOWN, 72, 0, 0);
	expect_finger(0, 0, true, 0, 0);
	pad_touch(PF_GS_MOVED, 71, 1, 0);
	expect_finger(0, 1, true, 65535, 0);
	pad_touch(PF_GS_HOVER, 71, 1, 0);
	assert_int_equal(riches, 0);
	pad_touch(PF_GS_CANCEL_ALL, 0, 0, 0);
	assert_int_equal(riches, 2);
	expect_finger(0, 0, false, 0, 0);
	expect_finger(1, 1, false, 0, 0);
	pad_touch(PF_GS_MOVED, 71, 1, 0);
	assert_int_equal(riches, 0);
}

static void motion(bool gyro, float x, float y, float z)
{
	play(&(struct pf_gs_input){
		.kind = PF_GS_PAD_MOTION, .motion = {.pad = 9, .gyro = gyro, .axis = {x, y, z}}});
	assert_int_equal(riches, 1);
	assert_int_equal(log_riches[0].kind, PF_RICH_MOTION);
	assert_int_equal(log_riches[0].pad, 9);
}

static void expect_axes(const int16_t got[3], int x, int y, int z)
{
	assert_int_equal(got[0], x);
	assert_int_equal(got[1], y);
	assert_int_equal(got[2], z);
}

static void motion_is_scaled_and_limited(void **state)
{
	motion(true, 1.5f, -2.25f, 0);
	expect_axes(log_riches[0].motion.gyro, 30, -45, 0);
	motion(true, 1e30f, -1e30f, 3.4e38f);
	expect_axes(log_riches[0].motion.gyro, 32767, -32768, 32767);
	motion(true, 1638.35f, -1638.4f, 2000);
	expect_axes(log_riches[0].motion.gyro, 32767, -32768, 32767);
	expect_axes(log_riches[0].motion.accel, 0, 10000, 0); /* at rest until it says otherwise */
	motion(false, 0, 9.80665f, -4.903325f);
	expect_axes(log_riches[0].motion.accel, 0, 10000, -5000);
	expect_axes(log_riches[0].motion.gyro, 32767, -32768, 32767); /* the last of the other sensor */
	motion(false, 1e9f, -1e9f, 0);
	expect_axes(log_riches[0].motion.accel, 32767, -32768, 0);
}

static void batteries_are_told(void **state)
{
	static const enum pf_pad_power powers[] = {PF_PAD_POWER_UNKNOWN, PF_PAD_POWER_UNKNOWN,
		PF_PAD_DISCHARGING, PF_PAD_CHARGING, PF_PAD_DISCHARGING, PF_PAD_FULL};
	for (uint8_t state_of = 0; state_of < 8; state_of++) {
		play(&(struct pf_gs_input){
			.kind = PF_GS_PAD_BATTERY, .battery = {.pad = 3, .state = state_of, .percent = 55}});
		assert_int_equal(batteries, state_of < 6 ? state_of + 1 : 6);
		if (state_of < 6)
			assert_int_equal(last_power, powers[state_of]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(claimed_modifiers_are_pressed_around, begin),
		cmocka_unit_test_setup(held_modifiers_are_not_pressed_again, begin),
		cmocka_unit_test_setup(two_modifiers_of_a_kind, begin),
		cmocka_unit_test_setup(text_is_split_into_characters, begin),
		cmocka_unit_test_setup(the_pointer, begin),
		cmocka_unit_test_setup(fingers_keep_their_names_and_pressure, begin),
		cmocka_unit_test_setup(a_pen_touches, begin),
		cmocka_unit_test_setup(a_pen_hovers_and_leaves, begin),
		cmocka_unit_test_setup(pads_have_states, begin),
		cmocka_unit_test_setup(pads_out_of_the_mask_are_removed, begin),
		cmocka_unit_test_setup(pads_of_every_kind_arrive, begin),
		cmocka_unit_test_setup(two_fingers_on_a_pad, begin),
		cmocka_unit_test_setup(motion_is_scaled_and_limited, begin),
		cmocka_unit_test_setup(batteries_are_told, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
