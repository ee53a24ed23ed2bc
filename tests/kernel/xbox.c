/* Xbox controllers of uinput, as the kernel and a game see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "evdev.h"
#include "os/clock.h"
#include "pad/pad.h"

#define MS            INT64_C(1000000)
#define FEEDBACKS_MAX 64
#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))

struct kind {
	enum pf_gamepad kind;
	const char *name;
	uint16_t product, version;
	unsigned buttons;
};
static const struct kind kinds[] = {
	{PF_GAMEPAD_XBOX_360, "Microsoft X-Box 360 pad", 0x028E, 0x0110, 11},
	{PF_GAMEPAD_XBOX_ONE, "Microsoft X-Box One S pad", 0x02EA, 0x0408, 11},
	{PF_GAMEPAD_XBOX_ELITE, "Microsoft X-Box One Elite 2 pad", 0x0B00, 0x0408, 15},
};

/* The controller, and the game that holds it. */
static struct {
	struct pf_pad *pad;
	struct evdev game;
	unsigned feedbacks;
	struct {
		int64_t at_ns;
		uint16_t low, high;
	} feedback[FEEDBACKS_MAX];
} t;

static void on_feedback(void *user, const struct pf_pad_feedback *f)
{
	assert_int_equal(f->kind, PF_PAD_RUMBLE);
	assert_true(f->rumble.left_trigger == 0 && f->rumble.right_trigger == 0);
	assert_true(t.feedbacks < FEEDBACKS_MAX);
	t.feedback[t.feedbacks].at_ns = pf_now_ns();
	t.feedback[t.feedbacks].low = f->rumble.low;
	t.feedback[t.feedbacks++].high = f->rumble.high;
}

static void serve(void *user)
{
	pf_pad_uinput.take(t.pad, pf_now_ns());
	pf_pad_uinput.tick(t.pad, pf_now_ns());
}

/* As the net loop does: when something comes, and when it is due. */
static void serve_for(int ms)
{
	int64_t end_ns = pf_now_ns() + ms * MS;
	for (int64_t now_ns; (now_ns = pf_now_ns()) < end_ns;) {
		serve(NULL);
		pf_sleep_until_ns(now_ns + MS);
	}
}

static void plug(const struct kind *k, unsigned slot)
{
	struct pf_reason reason = {0};
	const struct pf_pad_params params = {.kind = k->kind,
		.slot = slot,
		.mac = {2, 0, 0, 0, 0, (uint8_t)slot},
		.on_feedback = on_feedback};
	memset(&t, 0, sizeof(t));
	int rc = pf_pad_uinput.create(&t.pad, &params, &reason);
	if (rc < 0)
		fail_msg("%s", reason.text);
	assert_true(evdev_open(&t.game, k->name, NULL));
}

static void unplug(void)
{
	if (t.game.fd >= 0)
		evdev_close_while(&t.game, serve, NULL);
	close(pf_pad_uinput.release(t.pad));
}

static int plug_one(void **state)
{
	plug(&kinds[0], 0);
	return 0;
}

static int unplug_one(void **state)
{
	unplug();
	return 0;
}

static void send_report(const struct pf_pad_report *r)
{
	pf_pad_uinput.report(t.pad, r, pf_now_ns());
}

/* --- identity --- */

static void it_can_be_made(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(pf_pad_uinput.probe(&reason), PF_OK);
	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_ptr_equal(pf_pad_backend(kinds[i].kind), &pf_pad_uinput);
	assert_null(pf_pad_backend(PF_GAMEPAD_STEAM_DECK));
}

static void each_kind_has_its_identity(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct input_id id = {0};
		char phys[EVDEV_PATH] = "", driver[EVDEV_PATH];
		plug(&kinds[i], 3);
		assert_true(ioctl(t.game.fd, EVIOCGID, &id) == 0);
		assert_int_equal(id.bustype, BUS_USB);
		assert_int_equal(id.vendor, 0x045E);
		assert_int_equal(id.product, kinds[i].product);
		assert_int_equal(id.version, kinds[i].version);
		assert_true(ioctl(t.game.fd, EVIOCGPHYS(sizeof(phys)), phys) > 0);
		assert_string_equal(phys, "punktfunk/pad3/020000000003");
		evdev_driver(&t.game, driver);
		assert_string_equal(driver, "");
		assert_true(evdev_has_joystick(&t.game));
		unplug();
		assert_false(evdev_is_there(kinds[i].name, NULL));
	}
}

static void expect_axis(unsigned code, int min, int max, int fuzz, int flat)
{
	struct input_absinfo a = evdev_axis(&t.game, code);
	assert_true(evdev_has(&t.game, EV_ABS, code));
	assert_true(a.minimum == min && a.maximum == max && a.fuzz == fuzz && a.flat == flat);
}

static void each_kind_has_its_controls(void **state)
{
	static const uint16_t sticks[] = {ABS_X, ABS_Y, ABS_RX, ABS_RY};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		plug(&kinds[i], 0);
		for (size_t a = 0; a < COUNT(sticks); a++)
			expect_axis(sticks[a], -32768, 32767, 16, 128);
		expect_axis(ABS_Z, 0, 255, 0, 0);
		expect_axis(ABS_RZ, 0, 255, 0, 0);
		expect_axis(ABS_HAT0X, -1, 1, 0, 0);
		expect_axis(ABS_HAT0Y, -1, 1, 0, 0);
		assert_int_equal(evdev_count(&t.game, EV_ABS), 8);
		assert_int_equal(evdev_count(&t.game, EV_KEY), kinds[i].buttons);
		assert_true(evdev_has(&t.game, EV_FF, FF_RUMBLE) && evdev_has(&t.game, EV_FF, FF_GAIN));
		unplug();
	}
}

/* --- what the hand does --- */

static const struct {
	uint32_t bit;
	uint16_t code;
	bool elite;
} buttons[] = {
	{PF_PAD_A, BTN_A},
	{PF_PAD_B, BTN_B},
	{PF_PAD_X, BTN_X},
	{PF_PAD_Y, BTN_Y},
	{PF_PAD_LEFT_SHOULDER, BTN_TL},
	{PF_PAD_RIGHT_SHOULDER, BTN_TR},
	{PF_PAD_BACK, BTN_SELECT},
	{PF_PAD_START, BTN_START},
	{PF_PAD_GUIDE, BTN_MODE},
	{PF_PAD_LEFT_STICK, BTN_THUMBL},
	{PF_PAD_RIGHT_STICK, BTN_THUMBR},
	{PF_PAD_PADDLE_1, BTN_TRIGGER_HAPPY5, true},
	{PF_PAD_PADDLE_2, BTN_TRIGGER_HAPPY6, true},
	{PF_PAD_PADDLE_3, BTN_TRIGGER_HAPPY7, true},
	{PF_PAD_PADDLE_4, BTN_TRIGGER_HAPPY8, true},
};

static void every_button_arrives(void **state)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		plug(&kinds[k], 0);
		struct pf_pad_report r = pf_pad_at_rest();
		for (size_t i = 0; i < COUNT(buttons); i++) {
			if (buttons[i].elite && kinds[k].kind != PF_GAMEPAD_XBOX_ELITE)
				continue;
			r.buttons = buttons[i].bit;
			send_report(&r);
			assert_true(evdev_expect(&t.game, EV_KEY, buttons[i].code, 1));
			r.buttons = 0;
			send_report(&r);
			assert_true(evdev_expect(&t.game, EV_KEY, buttons[i].code, 0));
			assert_false(evdev_any_key_is_down(&t.game));
		}
		unplug();
	}
}

static void a_button_without_a_place_is_nothing(void **state)
{
	struct input_event e;
	struct pf_pad_report r = pf_pad_at_rest();
	r.buttons = PF_PAD_MISC | PF_PAD_TOUCHPAD | PF_PAD_PADDLE_1;
	send_report(&r);
	assert_false(evdev_next(&t.game, &e, 50));
}

static void expect_at(unsigned axis, int value)
{
	assert_true(evdev_expect(&t.game, EV_ABS, axis, value));
	assert_int_equal(evdev_axis(&t.game, axis).value, value);
}

static void sticks_reach_their_ends(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	int16_t *const member[] = {&r.lx, &r.ly, &r.rx, &r.ry};
	static const uint16_t code[] = {ABS_X, ABS_Y, ABS_RX, ABS_RY};
	static const int16_t values[] = {INT16_MAX, INT16_MIN, -12345, 12345, -INT16_MAX, 0};
	for (size_t i = 0; i < COUNT(code); i++) {
		for (size_t v = 0; v < COUNT(values); v++) {
			int straight = values[v], turned = values[v] == INT16_MIN ? INT16_MAX : -values[v];
			*member[i] = values[v];
			send_report(&r);
			expect_at(code[i], i % 2 ? turned : straight);
		}
	}
}

static void triggers_and_hat(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	r.lt = 255;
	r.rt = 1;
	send_report(&r);
	expect_at(ABS_Z, 255);
	expect_at(ABS_RZ, 1);
	r.buttons = PF_PAD_UP | PF_PAD_RIGHT;
	send_report(&r);
	expect_at(ABS_HAT0X, 1);
	expect_at(ABS_HAT0Y, -1);
	r.buttons = PF_PAD_DOWN | PF_PAD_LEFT;
	send_report(&r);
	expect_at(ABS_HAT0X, -1);
	expect_at(ABS_HAT0Y, 1);
	r.buttons = PF_PAD_DOWN | PF_PAD_LEFT | PF_PAD_UP | PF_PAD_RIGHT;
	send_report(&r);
	expect_at(ABS_HAT0X, 0);
	expect_at(ABS_HAT0Y, 0);
}

/* A report is one event of the kernel's; one that says nothing new is none. */
static void a_report_comes_in_one_piece(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	struct input_event e;
	unsigned changes = 0, ends = 0;
	r.lx = 1000;
	r.lt = 7;
	r.buttons = PF_PAD_A | PF_PAD_UP;
	send_report(&r);
	send_report(&r);
	while (evdev_next(&t.game, &e, 50)) {
		changes += e.type != EV_SYN;
		ends += e.type == EV_SYN;
	}
	assert_int_equal(changes, 4);
	assert_int_equal(ends, 1);
}

/* --- what the hand feels --- */

static int load(unsigned strong, unsigned weak, unsigned delay_ms, unsigned length_ms)
{
	struct ff_effect e = evdev_rumble(strong, weak, delay_ms, length_ms);
	assert_int_equal(evdev_upload_while(&t.game, &e, serve, NULL), 0);
	return e.id;
}

static void expect_feedback(unsigned n, uint16_t low, uint16_t high)
{
	assert_true(t.feedbacks > n);
	assert_int_equal(t.feedback[n].low, low);
	assert_int_equal(t.feedback[n].high, high);
}

static void expect_duration(unsigned from, int ms)
{
	int64_t passed_ms = (t.feedback[from + 1].at_ns - t.feedback[from].at_ns) / MS;
	if (passed_ms < ms - 10 || passed_ms > ms + 80)
		fail_msg("%d ms became %d ms", ms, (int)passed_ms);
}

static void rumble_has_its_strength_and_its_time(void **state)
{
	int id = load(0x8000, 0x4000, 0, 150);
	serve_for(20);
	assert_int_equal(t.feedbacks, 0);
	evdev_play(&t.game, id, 1);
	serve_for(300);
	assert_int_equal(t.feedbacks, 2);
	expect_feedback(0, 0x8000, 0x4000);
	expect_feedback(1, 0, 0);
	expect_duration(0, 150);
}

static void rumble_can_be_stopped_and_erased(void **state)
{
	int id = load(0xFFFF, 0, 0, 0);
	evdev_play(&t.game, id, 1);
	serve_for(50);
	evdev_play(&t.game, id, 0);
	serve_for(50);
	assert_int_equal(t.feedbacks, 2);
	expect_feedback(0, 0xFFFF, 0);
	expect_feedback(1, 0, 0);
	evdev_play(&t.game, id, 1);
	serve_for(50);
	assert_int_equal(evdev_erase_while(&t.game, id, serve, NULL), 0);
	serve_for(50);
	assert_int_equal(t.feedbacks, 4);
	expect_feedback(3, 0, 0);
}

static void two_effects_are_mixed(void **state)
{
	int first = load(0x3000, 0x9000, 0, 300), second = load(0x2000, 0x9000, 100, 100);
	evdev_play(&t.game, first, 1);
	evdev_play(&t.game, second, 1);
	serve_for(450);
	assert_int_equal(t.feedbacks, 4);
	expect_feedback(0, 0x3000, 0x9000);
	expect_feedback(1, 0x5000, 0xFFFF);
	expect_feedback(2, 0x3000, 0x9000);
	expect_feedback(3, 0, 0);
	expect_duration(0, 100);
	expect_duration(1, 100);
}

static void gain_applies(void **state)
{
	int id = load(0x8000, 0xFFFF, 0, 0);
	evdev_gain(&t.game, 0x8000);
	evdev_play(&t.game, id, 1);
	serve_for(50);
	evdev_gain(&t.game, 0xFFFF);
	serve_for(50);
	assert_int_equal(t.feedbacks, 2);
	expect_feedback(0, 0x4000, 0x8000);
	expect_feedback(1, 0x8000, 0xFFFF);
}

static void sixteen_effects_fit(void **state)
{
	int ids[16], count = 0;
	assert_true(ioctl(t.game.fd, EVIOCGEFFECTS, &count) == 0);
	assert_int_equal(count, 16);
	for (int i = 0; i < 16; i++)
		ids[i] = load(0x100, 0x10, 0, 0);
	struct ff_effect one_more = evdev_rumble(1, 1, 0, 0);
	assert_int_equal(evdev_upload_while(&t.game, &one_more, serve, NULL), -1);
	for (int i = 0; i < 16; i++) {
		evdev_play(&t.game, ids[i], 1);
		serve(NULL); /* the kernel keeps no more than 15 words for us */
	}
	expect_feedback(t.feedbacks - 1, 0x1000, 0x100);
}

/* A game that ends leaves nothing behind: the kernel erases what it has loaded. */
static void the_game_goes_while_it_rumbles(void **state)
{
	int id = load(0xFFFF, 0xFFFF, 0, 0);
	evdev_play(&t.game, id, 1);
	serve_for(50);
	evdev_close_while(&t.game, serve, NULL);
	serve_for(50);
	assert_int_equal(t.feedbacks, 2);
	expect_feedback(1, 0, 0);
}

static void it_is_unplugged_while_it_rumbles(void **state)
{
	int64_t begin_ns = pf_now_ns();
	struct input_event e;
	plug(&kinds[1], 0);
	int id = load(0xFFFF, 0xFFFF, 0, 0);
	evdev_play(&t.game, id, 1);
	serve_for(50);
	close(pf_pad_uinput.release(t.pad));
	assert_false(evdev_is_there(kinds[1].name, NULL));
	assert_false(evdev_next(&t.game, &e, 50));
	evdev_close(&t.game);
	assert_true(pf_now_ns() - begin_ns < 3000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_can_be_made),
		cmocka_unit_test(each_kind_has_its_identity),
		cmocka_unit_test(each_kind_has_its_controls),
		cmocka_unit_test(every_button_arrives),
		cmocka_unit_test_setup_teardown(a_button_without_a_place_is_nothing, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(sticks_reach_their_ends, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(triggers_and_hat, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(a_report_comes_in_one_piece, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(rumble_has_its_strength_and_its_time, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(rumble_can_be_stopped_and_erased, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(two_effects_are_mixed, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(gain_applies, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(sixteen_effects_fit, plug_one, unplug_one),
		cmocka_unit_test_setup_teardown(the_game_goes_while_it_rumbles, plug_one, unplug_one),
		cmocka_unit_test(it_is_unplugged_while_it_rumbles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
