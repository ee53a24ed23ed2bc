/* What reaches a backend: once each, inside the picture, and let go at the end. */
#include "input/router.h"

#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct pf_router router;
static struct pf_input_dummy dummy;

static int aim(void **state)
{
	pf_input_dummy_init(&dummy);
	pf_router_init(&router, PF_KEYS_GAMESTREAM);
	pf_router_aim(&router, &dummy.base);
	return 0;
}

static void send_event(enum pf_input_kind kind, uint32_t code, int32_t x, int32_t y, uint32_t flags)
{
	const struct pf_input_event e = {.kind = kind, .code = code, .x = x, .y = y, .flags = flags};
	pf_router_event(&router, &e);
}

static void press(uint32_t vk)
{
	send_event(PF_INPUT_KEY_DOWN, vk, 0, 0, 0);
}

static void let_go(uint32_t vk)
{
	send_event(PF_INPUT_KEY_UP, vk, 0, 0, 0);
}

static void keys_arrive_once(void **state)
{
	press('A');
	assert_true(dummy.keys == 1 && dummy.last_key == KEY_A && dummy.last_down);
	press('A');
	press('A');
	assert_int_equal(dummy.keys, 1);
	let_go('A');
	assert_true(dummy.keys == 2 && dummy.last_key == KEY_A && !dummy.last_down);
	let_go('A');
	let_go('B');
	assert_int_equal(dummy.keys, 2);
	press('A');
	assert_true(dummy.keys == 3 && dummy.last_down);
}

/* Two names of one key are one key. */
static void names_of_the_same_key(void **state)
{
	press(0x10);
	press(0xA0);
	assert_true(dummy.keys == 1 && dummy.last_key == KEY_LEFTSHIFT);
	press(0xA1);
	assert_true(dummy.keys == 2 && dummy.last_key == KEY_RIGHTSHIFT);
}

static void unknown_keys_are_dropped(void **state)
{
	static const uint32_t none[] = {0, 1, 0x2B, 0x3A, 0xFF, 0x100, 0x8041, 0xffffffff};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		press(none[i]);
		let_go(none[i]);
	}
	assert_int_equal(dummy.keys, 0);
}

static void buttons_arrive_once(void **state)
{
	for (uint32_t b = PF_BUTTON_LEFT; b <= PF_BUTTON_FORWARD; b++) {
		send_event(PF_INPUT_BUTTON_UP, b, 0, 0, 0);
		assert_int_equal(dummy.buttons, (b - 1) * 2);
		send_event(PF_INPUT_BUTTON_DOWN, b, 0, 0, 0);
		send_event(PF_INPUT_BUTTON_DOWN, b, 0, 0, 0);
		assert_true(dummy.buttons == b * 2 - 1 && dummy.last_key == b && dummy.last_down);
		send_event(PF_INPUT_BUTTON_UP, b, 0, 0, 0);
		assert_true(dummy.buttons == b * 2 && dummy.last_key == b && !dummy.last_down);
	}
}

static void everything_is_let_go(void **state)
{
	press('A');
	press(0xA5);
	send_event(PF_INPUT_BUTTON_DOWN, PF_BUTTON_RIGHT, 0, 0, 0);
	pf_router_release_all(&router);
	assert_int_equal(dummy.keys, 4);
	assert_int_equal(dummy.buttons, 2);
	assert_true(dummy.last_key == PF_BUTTON_RIGHT && !dummy.last_down);
	pf_router_release_all(&router);
	assert_true(dummy.keys == 4 && dummy.buttons == 2);
	press('A');
	assert_int_equal(dummy.keys, 5);
}

static void another_backend_begins_with_nothing_held(void **state)
{
	struct pf_input_dummy other;
	pf_input_dummy_init(&other);
	press('A');
	pf_router_aim(&router, &other.base);
	assert_true(dummy.keys == 2 && dummy.last_key == KEY_A && !dummy.last_down);
	assert_int_equal(other.keys, 0);
	let_go('A');
	assert_int_equal(other.keys, 0);
	press('A');
	assert_true(other.keys == 1 && dummy.keys == 2);
	pf_router_aim(&router, NULL);
	assert_int_equal(other.keys, 2);
}

static void without_a_backend_nothing_happens(void **state)
{
	const struct pf_rich_input rich = {.kind = PF_RICH_MOTION};
	pf_router_aim(&router, NULL);
	press('A');
	send_event(PF_INPUT_BUTTON_DOWN, PF_BUTTON_LEFT, 0, 0, 0);
	send_event(PF_INPUT_PAD_REMOVED, 0, 0, 0, 0);
	pf_router_rich(&router, &rich, 0);
	pf_router_flush(&router);
	pf_router_release_all(&router);
	pf_router_aim(&router, &dummy.base);
	assert_int_equal(dummy.keys + dummy.buttons, 0);
}

static void expect_place(int32_t x, int32_t y, int wanted_x, int wanted_y)
{
	uint64_t before = dummy.places;
	send_event(PF_INPUT_MOVE_ABS, 0, x, y, (uint32_t)1279 << 16 | 719);
	pf_router_flush(&router);
	assert_int_equal(dummy.places, before + 1);
	assert_int_equal(dummy.last_x, wanted_x);
	assert_int_equal(dummy.last_y, wanted_y);
}

static void places_stay_inside(void **state)
{
	expect_place(640, 360, 640, 360);
	expect_place(0, 0, 0, 0);
	expect_place(1279, 719, 1279, 719);
	expect_place(1280, 720, 1279, 719);
	expect_place(-1, -32768, 0, 0);
	expect_place(INT32_MAX, INT32_MIN, 1279, 0);
	send_event(PF_INPUT_MOVE_ABS, 0, 1, 1, 719);
	send_event(PF_INPUT_MOVE_ABS, 0, 1, 1, (uint32_t)1279 << 16);
	pf_router_flush(&router);
	assert_int_equal(dummy.places, 6);
}

static void moves_and_text(void **state)
{
	send_event(PF_INPUT_MOVE, 0, 5, -3, 0);
	pf_router_flush(&router);
	assert_true(dummy.moves == 1 && dummy.last_x == 5 && dummy.last_y == -3);
	send_event(PF_INPUT_TEXT, 0x1F600, 0, 0, 0);
	assert_true(dummy.texts == 1 && dummy.last_scalar == 0x1F600);
}

/* --- scrolling; a backend that tells wheel from finger --- */

struct scroller {
	struct pf_input base;
	unsigned wheels, fingers, ends;
	enum pf_scroll_axis axis;
	int amount;
};

static void on_wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	struct scroller *s = (struct scroller *)in;
	s->wheels++;
	s->axis = axis;
	s->amount = amount;
}

static void on_finger(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	struct scroller *s = (struct scroller *)in;
	s->fingers++;
	s->ends += end;
	s->axis = axis;
	s->amount = amount;
}

static int on_flush(struct pf_input *in)
{
	return PF_OK;
}

static const struct pf_input_impl scroller_impl = {
	.name = "scroller", .wheel = on_wheel, .finger_scroll = on_finger, .flush = on_flush};

static void expect_scroll(const struct scroller *s, unsigned wheels, unsigned fingers, unsigned ends,
	enum pf_scroll_axis axis, int amount)
{
	assert_int_equal(s->wheels, wheels);
	assert_int_equal(s->fingers, fingers);
	assert_int_equal(s->ends, ends);
	assert_int_equal(s->axis, axis);
	assert_int_equal(s->amount, amount);
}

static void the_old_wheel(void **state)
{
	struct scroller s = {.base.impl = &scroller_impl};
	pf_router_aim(&router, &s.base);
	send_event(PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, 120, 0, 0);
	expect_scroll(&s, 1, 0, 0, PF_SCROLL_VERTICAL, 120);
	send_event(PF_INPUT_WHEEL, PF_SCROLL_HORIZONTAL, -15, 0, 0);
	expect_scroll(&s, 2, 0, 0, PF_SCROLL_HORIZONTAL, -15);
	/* Precise: ten pixels a detent, in 1/256. */
	send_event(PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, 120, 0, 1);
	expect_scroll(&s, 2, 1, 0, PF_SCROLL_VERTICAL, 10 * 256);
	send_event(PF_INPUT_WHEEL, PF_SCROLL_HORIZONTAL, -12, 0, 1);
	expect_scroll(&s, 2, 2, 0, PF_SCROLL_HORIZONTAL, -256);
	pf_router_aim(&router, NULL);
}

static uint32_t scroll_flags(enum pf_scroll_source source, enum pf_scroll_phase phase)
{
	return (uint32_t)source | (uint32_t)phase << 8;
}

static void scrolling_has_sources_and_phases(void **state)
{
	struct scroller s = {.base.impl = &scroller_impl};
	pf_router_aim(&router, &s.base);
	struct pf_input_event e = {.kind = PF_INPUT_SCROLL, .x = 120 * 256};
	for (unsigned source = 0; source <= PF_SCROLL_CONTROLLER; source++) {
		for (unsigned phase = 0; phase <= PF_SCROLL_MOMENTUM_END; phase++) {
			bool wheel = source <= PF_SCROLL_WHEEL;
			bool end = phase == PF_SCROLL_END || phase == PF_SCROLL_CANCEL ||
				   phase == PF_SCROLL_MOMENTUM_END;
			s = (struct scroller){.base.impl = &scroller_impl};
			e.flags = scroll_flags((enum pf_scroll_source)source, (enum pf_scroll_phase)phase);
			assert_int_equal(pf_input_scroll_source(&e), source);
			assert_int_equal(pf_input_scroll_phase(&e), phase);
			pf_router_event(&router, &e);
			expect_scroll(&s, wheel, !wheel, !wheel && end, PF_SCROLL_VERTICAL,
				wheel ? 120 : 120 * 256);
		}
	}
	pf_router_aim(&router, NULL);
}

/* --- what arrives together --- */

static void motion_merges(void **state)
{
	for (int i = 0; i < 8; i++)
		send_event(PF_INPUT_MOVE, 0, 3, -1, 0);
	assert_int_equal(dummy.moves, 0);
	pf_router_flush(&router);
	assert_true(dummy.moves == 1 && dummy.last_x == 24 && dummy.last_y == -8);
	pf_router_flush(&router);
	assert_int_equal(dummy.moves, 1);
	send_event(PF_INPUT_MOVE, 0, INT32_MAX, INT32_MIN, 0);
	send_event(PF_INPUT_MOVE, 0, INT32_MAX, INT32_MIN, 0);
	pf_router_flush(&router);
	assert_true(dummy.moves == 2 && dummy.last_x == INT32_MAX && dummy.last_y == INT32_MIN);
}

static void the_last_place_counts(void **state)
{
	for (int32_t x = 0; x < 8; x++)
		send_event(PF_INPUT_MOVE_ABS, 0, x, 2 * x, 100u << 16 | 100);
	pf_router_flush(&router);
	assert_true(dummy.places == 1 && dummy.last_x == 7 && dummy.last_y == 14);
	/* Both kinds in turn stay in their order. */
	send_event(PF_INPUT_MOVE, 0, 1, 1, 0);
	send_event(PF_INPUT_MOVE_ABS, 0, 5, 5, 100u << 16 | 100);
	assert_true(dummy.moves == 1 && dummy.places == 1);
	send_event(PF_INPUT_MOVE, 0, 2, 2, 0);
	pf_router_flush(&router);
	assert_true(dummy.places == 2 && dummy.moves == 2 && dummy.last_x == 2);
}

/* A click lands where the pointer was, and none is lost. */
static void transitions_never_merge(void **state)
{
	for (int i = 0; i < 5; i++) {
		send_event(PF_INPUT_MOVE, 0, 1, 0, 0);
		send_event(PF_INPUT_BUTTON_DOWN, PF_BUTTON_LEFT, 0, 0, 0);
		assert_int_equal(dummy.moves, i + 1);
		send_event(PF_INPUT_BUTTON_UP, PF_BUTTON_LEFT, 0, 0, 0);
		press('A');
		let_go('A');
	}
	assert_true(dummy.buttons == 10 && dummy.keys == 10 && dummy.moves == 5);
	send_event(PF_INPUT_MOVE, 0, 1, 0, 0);
	send_event(PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, 120, 0, 0);
	assert_true(dummy.moves == 6 && dummy.scrolls == 1);
	send_event(PF_INPUT_MOVE, 0, 1, 0, 0);
	send_event(PF_INPUT_TEXT, 'x', 0, 0, 0);
	assert_true(dummy.moves == 7 && dummy.texts == 1);
}

/* --- fingers --- */

#define HD (1280u << 16 | 720)

static void expect_touch(enum pf_touch_phase phase, unsigned slot, float x, float y)
{
	assert_int_equal(dummy.last_touch.phase, phase);
	assert_int_equal(dummy.last_touch.slot, slot);
	if (phase != PF_TOUCH_UP)
		assert_true(dummy.last_touch.x == x && dummy.last_touch.y == y);
}

static void fingers_get_slots(void **state)
{
	send_event(PF_INPUT_TOUCH_DOWN, 0xdeadbeef, 640, 360, HD);
	expect_touch(PF_TOUCH_DOWN, 0, 0.5f, 0.5f);
	assert_int_equal(dummy.last_touch.pressure, 65535);
	send_event(PF_INPUT_TOUCH_DOWN, 7, 5000, -1, HD);
	expect_touch(PF_TOUCH_DOWN, 1, 1, 0);
	send_event(PF_INPUT_TOUCH_DOWN, 7, 0, 0, HD); /* it is down already */
	expect_touch(PF_TOUCH_MOVE, 1, 0, 0);
	send_event(PF_INPUT_TOUCH_UP, 0xdeadbeef, 0, 0, 0);
	expect_touch(PF_TOUCH_UP, 0, 0, 0);
	assert_int_equal(dummy.touches, 4);
	send_event(PF_INPUT_TOUCH_MOVE, 0xdeadbeef, 1, 1, HD);
	send_event(PF_INPUT_TOUCH_UP, 0xdeadbeef, 1, 1, HD);
	send_event(PF_INPUT_TOUCH_DOWN, 9, 1, 1, 720); /* no surface */
	assert_int_equal(dummy.touches, 4);
	const struct pf_finger soft = {.phase = PF_TOUCH_DOWN, .id = 1, .x = 0.25f, .y = 1, .pressure = 100};
	pf_router_finger(&router, &soft);
	expect_touch(PF_TOUCH_DOWN, 0, 0.25f, 1);
	assert_int_equal(dummy.last_touch.pressure, 100);
	pf_router_lift_fingers(&router);
	assert_int_equal(dummy.touches, 7);
}

static void an_eleventh_finger_is_dropped(void **state)
{
	for (uint32_t i = 0; i < PF_TOUCH_SLOTS + 1; i++)
		send_event(PF_INPUT_TOUCH_DOWN, 100 + i, 0, 0, HD);
	assert_int_equal(dummy.touches, PF_TOUCH_SLOTS);
	send_event(PF_INPUT_TOUCH_UP, 103, 0, 0, 0);
	send_event(PF_INPUT_TOUCH_DOWN, 1, 0, 0, HD);
	expect_touch(PF_TOUCH_DOWN, 3, 0, 0);
}

static void without_touch_the_first_finger_is_the_pointer(void **state)
{
	dummy.base.takes = 0;
	send_event(PF_INPUT_TOUCH_DOWN, 5, 640, 360, HD);
	assert_true(dummy.places == 1 && dummy.buttons == 1 && dummy.last_down);
	send_event(PF_INPUT_TOUCH_DOWN, 6, 0, 0, HD);
	send_event(PF_INPUT_TOUCH_MOVE, 6, 0, 0, HD);
	send_event(PF_INPUT_TOUCH_UP, 6, 0, 0, 0);
	pf_router_flush(&router);
	assert_true(dummy.places == 1 && dummy.buttons == 1);
	send_event(PF_INPUT_TOUCH_MOVE, 5, 1280, 720, HD);
	pf_router_flush(&router);
	assert_true(dummy.places == 2 && dummy.last_x == 65535 && dummy.last_y == 65535);
	send_event(PF_INPUT_TOUCH_UP, 5, 0, 0, 0);
	assert_true(dummy.buttons == 2 && !dummy.last_down);
	send_event(PF_INPUT_TOUCH_DOWN, 5, 0, 0, HD);
	assert_int_equal(dummy.buttons, 3);
	pf_router_release_all(&router);
	assert_true(dummy.buttons == 4 && dummy.touches == 0);
}

/* --- pen --- */

static void draw(uint16_t seq, uint8_t state, int64_t now_ns)
{
	const struct pf_rich_input r = {.kind = PF_RICH_PEN,
		.pen = {.seq = seq,
			.count = 1,
			.sample = {{.state = state, .x = 0.5f, .y = 2, .pressure = 1000, .tilt_deg = 0xFF}}}};
	pf_router_rich(&router, &r, now_ns);
}

static void a_pen_draws_and_is_taken_away(void **state)
{
	draw(1, PF_PEN_IN_RANGE | PF_PEN_TOUCHING, 1000);
	assert_true(dummy.pens == 1 && dummy.last_pen.touching && dummy.last_pen.y == 1);
	draw(1, PF_PEN_IN_RANGE, 2000); /* late */
	assert_int_equal(dummy.pens, 1);
	assert_true(pf_router_tick(&router, 3000) == 1000 + PF_PEN_SILENCE_NS);
	assert_true(pf_router_tick(&router, 1000 + PF_PEN_SILENCE_NS) == INT64_MAX);
	assert_true(dummy.pens == 2 && !dummy.last_pen.near && !dummy.last_pen.touching);
	draw(2, PF_PEN_IN_RANGE, 4000);
	pf_router_release_all(&router);
	assert_true(dummy.pens == 4 && !dummy.last_pen.near);
	dummy.base.takes = 0;
	draw(3, PF_PEN_IN_RANGE, 5000);
	assert_int_equal(dummy.pens, 4);
}

static void text_only_where_it_is_taken(void **state)
{
	dummy.base.takes = 0;
	send_event(PF_INPUT_TEXT, 'x', 0, 0, 0);
	assert_int_equal(dummy.texts, 0);
}

/* Backends add amounts up and turn their sign. */
static void amounts_stay_within_what_backends_can_count(void **state)
{
	send_event(PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, INT32_MIN, 0, 0);
	assert_int_equal(dummy.last_x, -PF_SCROLL_MAX);
	send_event(PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, INT32_MAX, 0, 1);
	assert_int_equal(dummy.last_x, PF_SCROLL_MAX);
	send_event(PF_INPUT_SCROLL, PF_SCROLL_VERTICAL, INT32_MIN, 0, PF_SCROLL_FINGER);
	assert_int_equal(dummy.last_x, -PF_SCROLL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keys_arrive_once, aim),
		cmocka_unit_test_setup(names_of_the_same_key, aim),
		cmocka_unit_test_setup(unknown_keys_are_dropped, aim),
		cmocka_unit_test_setup(buttons_arrive_once, aim),
		cmocka_unit_test_setup(everything_is_let_go, aim),
		cmocka_unit_test_setup(another_backend_begins_with_nothing_held, aim),
		cmocka_unit_test_setup(without_a_backend_nothing_happens, aim),
		cmocka_unit_test_setup(places_stay_inside, aim),
		cmocka_unit_test_setup(moves_and_text, aim),
		cmocka_unit_test_setup(the_old_wheel, aim),
		cmocka_unit_test_setup(scrolling_has_sources_and_phases, aim),
		cmocka_unit_test_setup(motion_merges, aim),
		cmocka_unit_test_setup(the_last_place_counts, aim),
		cmocka_unit_test_setup(transitions_never_merge, aim),
		cmocka_unit_test_setup(fingers_get_slots, aim),
		cmocka_unit_test_setup(an_eleventh_finger_is_dropped, aim),
		cmocka_unit_test_setup(without_touch_the_first_finger_is_the_pointer, aim),
		cmocka_unit_test_setup(a_pen_draws_and_is_taken_away, aim),
		cmocka_unit_test_setup(text_only_where_it_is_taken, aim),
		cmocka_unit_test_setup(amounts_stay_within_what_backends_can_count, aim),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
