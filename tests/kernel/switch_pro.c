/* hid-nintendo takes the virtual Switch Pro Controller for a real one. Runs as root in scripts/kernel-vm. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hid_pad.h"

#define MS       INT64_C(1000000)
#define REACT_NS (5000 * MS)
#define DEGREES  20  /* units a second */
#define SLIP     20  /* of 32767: the sticks have 12 bits */
#define FUZZ     250 /* of them, in the driver: smaller changes are kept back */
#define COUNTS   12  /* of the motion sensors: likewise */

static struct hid_pad pad;
static struct evdev gamepad, motion;

struct either {
	const char *uniq, *older, *newer;
};

static bool one_is_there(const void *what)
{
	const struct either *e = what;
	return evdev_is_there(e->older, e->uniq) || evdev_is_there(e->newer, e->uniq);
}

/* Newer drivers keep the name that the device gives. */
static void open_either(const struct hid_pad *p, struct evdev *d, const char *older, const char *newer)
{
	struct either e = {p->uniq, older, newer};
	assert_true(hid_pad_until(one_is_there, &e, 30000 * MS));
	assert_true(evdev_open(d, evdev_is_there(older, p->uniq) ? older : newer, p->uniq));
}

static void create(struct hid_pad *p, unsigned n)
{
	hid_pad_create(p, PF_GAMEPAD_SWITCH_PRO, n);
	for (char *c = p->uniq; *c; c++) /* as the driver writes what the device tells it */
		*c = (char)toupper(*c);
}

static void open_gamepad(const struct hid_pad *p, struct evdev *d)
{
	open_either(p, d, "Nintendo Switch Pro Controller", "Nintendo Co., Ltd. Pro Controller");
}

static int plug_in(void **state)
{
	create(&pad, 0x5A);
	open_gamepad(&pad, &gamepad);
	open_either(&pad, &motion, "Nintendo Switch Pro Controller IMU",
		"Nintendo Co., Ltd. Pro Controller (IMU)");
	return 0;
}

static int unplug(void **state)
{
	evdev_close(&gamepad);
	evdev_close(&motion);
	hid_pad_unplug(&pad);
	return 0;
}

static void the_driver_binds(void **state)
{
	char driver[EVDEV_PATH];
	struct input_id id;
	evdev_driver(&gamepad, driver);
	assert_string_equal(driver, "nintendo");
	assert_int_equal(ioctl(gamepad.fd, EVIOCGID, &id), 0);
	assert_int_equal(id.bustype, BUS_USB);
	assert_int_equal(id.vendor, 0x057E);
	assert_int_equal(id.product, 0x2009);
}

static void every_button_arrives(void **state)
{
	static const struct {
		uint32_t ours;
		unsigned code;
	} map[] = {
		{PF_PAD_A, BTN_SOUTH},
		{PF_PAD_B, BTN_EAST},
		{PF_PAD_X, BTN_WEST},
		{PF_PAD_Y, BTN_NORTH},
		{PF_PAD_LEFT_SHOULDER, BTN_TL},
		{PF_PAD_RIGHT_SHOULDER, BTN_TR},
		{PF_PAD_BACK, BTN_SELECT},
		{PF_PAD_START, BTN_START},
		{PF_PAD_GUIDE, BTN_MODE},
		{PF_PAD_LEFT_STICK, BTN_THUMBL},
		{PF_PAD_RIGHT_STICK, BTN_THUMBR},
		{PF_PAD_MISC, BTN_Z},
		{0, 0},
	};
	struct pf_pad_report r = pf_pad_at_rest();
	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++) {
		r.buttons = map[i].ours;
		hid_pad_report(&pad, &r);
		hid_pad_expect_key(&gamepad, map[i].code);
	}
	r.lt = 255;
	hid_pad_report(&pad, &r);
	hid_pad_expect_key(&gamepad, BTN_TL2);
	r.lt = 0;
	r.rt = 255;
	hid_pad_report(&pad, &r);
	hid_pad_expect_key(&gamepad, BTN_TR2);
	r.rt = 127;
	hid_pad_report(&pad, &r);
	hid_pad_expect_key(&gamepad, 0);
}

/* The kernel counts down as positive. */
static void expect_sticks(int v, int slip)
{
	struct pf_pad_report r = pf_pad_at_rest();
	r.lx = r.ry = (int16_t)v;
	r.ly = r.rx = (int16_t)-v;
	hid_pad_report(&pad, &r);
	hid_pad_expect_axis(&gamepad, ABS_X, v, slip);
	hid_pad_expect_axis(&gamepad, ABS_Y, v, slip);
	hid_pad_expect_axis(&gamepad, ABS_RX, -v, slip);
	hid_pad_expect_axis(&gamepad, ABS_RY, -v, slip);
}

static void every_axis_has_its_range(void **state)
{
	static const struct {
		uint32_t button;
		int x, y;
	} hat[] = {{PF_PAD_UP, 0, -1}, {PF_PAD_RIGHT | PF_PAD_DOWN, 1, 1}, {PF_PAD_LEFT, -1, 0}, {0, 0, 0}};
	expect_sticks(32767, SLIP);
	expect_sticks(-32767, SLIP);
	expect_sticks(16384, FUZZ);
	expect_sticks(0, FUZZ);
	for (size_t i = 0; i < sizeof(hat) / sizeof(*hat); i++) {
		struct pf_pad_report r = pf_pad_at_rest();
		r.buttons = hat[i].button;
		hid_pad_report(&pad, &r);
		hid_pad_expect_axis(&gamepad, ABS_HAT0X, hat[i].x, 0);
		hid_pad_expect_axis(&gamepad, ABS_HAT0Y, hat[i].y, 0);
	}
	struct input_absinfo info = evdev_axis(&gamepad, ABS_X);
	assert_true(info.minimum == -32767 && info.maximum == 32767);
}

/* The driver's x points away from the player, y to the left and z up. */
static void motion_has_its_scale(void **state)
{
	int g = evdev_axis(&motion, ABS_X).resolution, degree = evdev_axis(&motion, ABS_RX).resolution;
	struct pf_pad_report r = pf_pad_at_rest();
	hid_pad_expect_axis(&motion, ABS_X, 0, COUNTS);
	hid_pad_expect_axis(&motion, ABS_Y, 0, COUNTS);
	hid_pad_expect_axis(&motion, ABS_Z, g, COUNTS);
	r.accel[0] = 10000;
	r.accel[1] = 0;
	r.accel[2] = -5000;
	r.gyro[0] = -100 * DEGREES;
	r.gyro[1] = 200 * DEGREES;
	r.gyro[2] = -1600 * DEGREES;
	hid_pad_report(&pad, &r);
	hid_pad_expect_axis(&motion, ABS_X, g / 2, COUNTS);
	hid_pad_expect_axis(&motion, ABS_Y, -g, COUNTS);
	hid_pad_expect_axis(&motion, ABS_Z, 0, COUNTS);
	hid_pad_expect_axis(&motion, ABS_RX, 1600 * degree, degree);
	hid_pad_expect_axis(&motion, ABS_RY, 100 * degree, degree);
	hid_pad_expect_axis(&motion, ABS_RZ, 200 * degree, degree);
}

struct strength {
	unsigned low, high;
};

/* A step of the driver's scale is up to 4 of a hundred. */
static bool near(unsigned has, unsigned wanted)
{
	return has + wanted / 16 >= wanted && has <= wanted + wanted / 16;
}

static bool rumble_is(const void *what)
{
	const struct strength *s = what;
	const struct pf_pad_feedback *f = &pad.last[PF_PAD_RUMBLE];
	return near(f->rumble.low, s->low) && near(f->rumble.high, s->high);
}

static void play(struct ff_effect *effect, unsigned strong, unsigned weak)
{
	effect->u.rumble.strong_magnitude = (uint16_t)strong;
	effect->u.rumble.weak_magnitude = (uint16_t)weak;
	assert_int_equal(ioctl(gamepad.fd, EVIOCSFF, effect), 0);
	evdev_play(&gamepad, effect->id, 1);
	assert_true(hid_pad_until(rumble_is, &(struct strength){strong, weak}, REACT_NS));
}

static void rumble_comes_back(void **state)
{
	struct ff_effect effect = evdev_rumble(0, 0, 0, 20000);
	play(&effect, 0xFFFF, 0);
	play(&effect, 0, 0x8000);
	play(&effect, 0x4000, 0xC000);
	play(&effect, 0x2000, 0xFFFF);
	evdev_play(&gamepad, effect.id, 0);
	assert_true(hid_pad_until(rumble_is, &(struct strength){0, 0}, REACT_NS));
	/* What the driver sends again is silence too. */
	hid_pad_serve(500 * MS);
	assert_true(rumble_is(&(struct strength){0, 0}));
}

static bool child_has_ended(const void *what)
{
	int status;
	if (waitpid(*(const pid_t *)what, &status, WNOHANG) == 0)
		return false;
	assert_int_equal(status, 0);
	return true;
}

/* In a process of its own: the write returns when the driver has sent it, and the driver waits for reports first. */
static void light(const char *which, const char *brightness)
{
	char folder[EVDEV_PATH];
	assert_true(evdev_class_folder(&gamepad, "leds", which, folder));
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(sysfs_write(folder, "brightness", brightness) ? 0 : 1);
	assert_true(hid_pad_until(child_has_ended, &child, REACT_NS));
}

static void expect_lights(uint8_t lights)
{
	hid_pad_expect(&pad, &(struct pf_pad_feedback){.kind = PF_PAD_PLAYER_LEDS, .player_leds = lights});
}

static void player_lights_come_back(void **state)
{
	static const char *const names[] = {"player-1", "player-2", "player-3", "player-4"};
	for (int i = 0; i < 4; i++)
		light(names[i], "0");
	expect_lights(0);
	light(names[3], "1");
	expect_lights(8);
	light(names[1], "1");
	expect_lights(10);
}

static void expect_battery(const char *level, const char *status)
{
	hid_pad_expect_file(&gamepad, "power_supply", "battery", "capacity_level", level);
	hid_pad_expect_file(&gamepad, "power_supply", "battery", "status", status);
}

static void the_battery_is_shown(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	expect_battery("Full", "Full");
	r.power = PF_PAD_DISCHARGING;
	r.battery_percent = 50;
	hid_pad_report(&pad, &r);
	expect_battery("Normal", "Discharging");
	r.power = PF_PAD_CHARGING;
	r.battery_percent = 5;
	hid_pad_report(&pad, &r);
	expect_battery("Critical", "Charging");
}

static void two_controllers_are_two(void **state)
{
	struct hid_pad one, two;
	struct evdev first, second;
	struct pf_pad_report r = pf_pad_at_rest();
	create(&one, 1);
	create(&two, 2);
	open_gamepad(&one, &first);
	open_gamepad(&two, &second);
	r.buttons = PF_PAD_B;
	hid_pad_report(&two, &r);
	hid_pad_expect_key(&second, BTN_EAST);
	hid_pad_expect_key(&first, 0);
	evdev_close(&first);
	hid_pad_unplug(&one);
	r.buttons = PF_PAD_A;
	hid_pad_report(&two, &r);
	hid_pad_expect_key(&second, BTN_SOUTH);
	evdev_close(&second);
	hid_pad_unplug(&two);
}

/* The driver waits for answers that will not come, at the first of them for two seconds. */
static void unplugging_amid_the_set_up_harms_nothing(void **state)
{
	static const int after_ms[] = {0, 30, 120, 250};
	struct hid_pad p;
	for (size_t i = 0; i < sizeof(after_ms) / sizeof(*after_ms); i++) {
		create(&p, 3);
		hid_pad_serve(after_ms[i] * MS);
		hid_pad_unplug(&p);
	}
	plug_in(state);
	unplug(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_driver_binds, plug_in, unplug),
		cmocka_unit_test_setup_teardown(every_button_arrives, plug_in, unplug),
		cmocka_unit_test_setup_teardown(every_axis_has_its_range, plug_in, unplug),
		cmocka_unit_test_setup_teardown(motion_has_its_scale, plug_in, unplug),
		cmocka_unit_test_setup_teardown(rumble_comes_back, plug_in, unplug),
		cmocka_unit_test_setup_teardown(player_lights_come_back, plug_in, unplug),
		cmocka_unit_test_setup_teardown(the_battery_is_shown, plug_in, unplug),
		cmocka_unit_test(two_controllers_are_two),
		cmocka_unit_test(unplugging_amid_the_set_up_harms_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
