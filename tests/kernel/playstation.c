#include "playstation.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/hidraw.h>

#include <cmocka.h>

#include "os/clock.h"

#define FUZZ    16 /* of the motion nodes: smaller changes are kept back */
#define DEGREES 20 /* units a second */
#define MS      INT64_C(1000000)

static const char *name_of(enum pf_gamepad kind)
{
	switch (kind) {
	case PF_GAMEPAD_DUALSENSE:
		return "Sony Interactive Entertainment DualSense Wireless Controller";
	case PF_GAMEPAD_DUALSENSE_EDGE:
		return "Sony Interactive Entertainment DualSense Edge Wireless Controller";
	default:
		return "Sony Interactive Entertainment Wireless Controller";
	}
}

static void open_nodes(struct playstation *s, enum pf_gamepad kind)
{
	char name[EVDEV_PATH];
	hid_pad_open(&s->pad, &s->gamepad, name_of(kind));
	snprintf(name, sizeof(name), "%s Motion Sensors", name_of(kind));
	hid_pad_open(&s->pad, &s->motion, name);
	snprintf(name, sizeof(name), "%s Touchpad", name_of(kind));
	hid_pad_open(&s->pad, &s->touchpad, name);
}

void playstation_plug_in(struct playstation *s, enum pf_gamepad kind, unsigned n)
{
	hid_pad_create(&s->pad, kind, n);
	open_nodes(s, kind);
}

void playstation_unplug(struct playstation *s)
{
	evdev_close(&s->gamepad);
	evdev_close(&s->motion);
	evdev_close(&s->touchpad);
	hid_pad_unplug(&s->pad);
}

void playstation_check_identity(struct playstation *s, unsigned product, const char *driver,
	const char *hardware, const char *firmware)
{
	struct input_id id;
	char text[EVDEV_PATH];
	evdev_driver(&s->gamepad, text);
	assert_string_equal(text, driver);
	assert_int_equal(ioctl(s->gamepad.fd, EVIOCGID, &id), 0);
	assert_int_equal(id.bustype, BUS_USB);
	assert_int_equal(id.vendor, 0x054C);
	assert_int_equal(id.product, product);
	assert_int_equal(id.version, 0x8111); /* what SDL's mappings know; the driver adds the 8 */
	snprintf(text, sizeof(text), "/sys/class/input/%s/device/device", s->gamepad.name);
	hid_pad_expect_text(text, "hardware_version", hardware);
	hid_pad_expect_text(text, "firmware_version", firmware);
}

void playstation_check_buttons(struct playstation *s)
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
		{0, 0},
	};
	struct pf_pad_report r = pf_pad_at_rest();
	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++) {
		r.buttons = map[i].ours;
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_key(&s->gamepad, map[i].code);
	}
	r.lt = 1;
	hid_pad_report(&s->pad, &r);
	hid_pad_expect_key(&s->gamepad, BTN_TL2);
	r.lt = 0;
	r.rt = 255;
	hid_pad_report(&s->pad, &r);
	hid_pad_expect_key(&s->gamepad, BTN_TR2);
}

static void check_hat(struct playstation *s)
{
	struct pf_pad_report r = pf_pad_at_rest();
	for (int y = -1; y <= 1; y++) {
		for (int x = -1; x <= 1; x++) {
			r.buttons = (x < 0          ? PF_PAD_LEFT
					    : x > 0 ? PF_PAD_RIGHT
						    : 0u) |
				    (y < 0          ? PF_PAD_UP
					    : y > 0 ? PF_PAD_DOWN
						    : 0u);
			hid_pad_report(&s->pad, &r);
			hid_pad_expect_axis(&s->gamepad, ABS_HAT0X, x, 0);
			hid_pad_expect_axis(&s->gamepad, ABS_HAT0Y, y, 0);
		}
	}
}

void playstation_check_axes(struct playstation *s)
{
	static const struct {
		int16_t ours;
		int right, down;
	} sticks[] = {{0, 128, 128}, {INT16_MAX, 255, 0}, {INT16_MIN, 0, 255}, {16384, 192, 64}};
	static const unsigned codes[] = {ABS_X, ABS_Y, ABS_Z, ABS_RX, ABS_RY, ABS_RZ};
	for (size_t i = 0; i < 6; i++) {
		struct input_absinfo info = evdev_axis(&s->gamepad, codes[i]);
		assert_true(info.minimum == 0 && info.maximum == 255);
	}
	for (size_t i = 0; i < 4; i++) {
		struct pf_pad_report r = pf_pad_at_rest();
		r.lx = r.ly = sticks[i].ours;
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_axis(&s->gamepad, ABS_X, sticks[i].right, 0);
		hid_pad_expect_axis(&s->gamepad, ABS_Y, sticks[i].down, 0);
		r.rx = r.ry = sticks[i].ours;
		r.lx = r.ly = 0;
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_axis(&s->gamepad, ABS_RX, sticks[i].right, 0);
		hid_pad_expect_axis(&s->gamepad, ABS_RY, sticks[i].down, 0);
		hid_pad_expect_axis(&s->gamepad, ABS_X, 128, 0);
		r.lt = (uint8_t)(i * 85);
		r.rt = (uint8_t)(255 - i * 85);
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_axis(&s->gamepad, ABS_Z, r.lt, 0);
		hid_pad_expect_axis(&s->gamepad, ABS_RZ, r.rt, 0);
	}
	check_hat(s);
}

/* The sensor's clock against the kernel's, over the events of a while. */
static void check_sensor_time(struct playstation *s)
{
	struct input_event e;
	int64_t first_us = -1, last_us = 0, first_sensor = 0, last_sensor = 0;
	evdev_drain(&s->motion);
	hid_pad_serve(300 * MS);
	while (evdev_next(&s->motion, &e, 0)) {
		if (e.type != EV_MSC || e.code != MSC_TIMESTAMP)
			continue;
		last_us = e.input_event_sec * INT64_C(1000000) + e.input_event_usec;
		last_sensor = e.value;
		if (first_us < 0) {
			first_us = last_us;
			first_sensor = last_sensor;
		}
	}
	int64_t passed_us = last_us - first_us, sensed_us = last_sensor - first_sensor;
	/* On a busy machine the two clocks are read some time apart. */
	print_message("sensor time %lld us in %lld us\n", (long long)sensed_us, (long long)passed_us);
	assert_true(passed_us > 150000);
	assert_true(llabs(sensed_us - passed_us) < 75000);
}

void playstation_check_motion(struct playstation *s)
{
	static const unsigned accel[] = {ABS_X, ABS_Y, ABS_Z}, gyro[] = {ABS_RX, ABS_RY, ABS_RZ};
	int g = evdev_axis(&s->motion, ABS_X).resolution, degree = evdev_axis(&s->motion, ABS_RX).resolution;
	struct pf_pad_report r = pf_pad_at_rest();
	hid_pad_report(&s->pad, &r);
	for (int i = 0; i < 3; i++) {
		hid_pad_expect_axis(&s->motion, accel[i], i == 1 ? g : 0, FUZZ);
		hid_pad_expect_axis(&s->motion, gyro[i], 0, FUZZ);
	}
	for (int i = 0; i < 3; i++) {
		r = pf_pad_at_rest();
		r.accel[1] = 0;
		r.accel[i] = -20000;
		r.gyro[i] = 1600 * DEGREES;
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_axis(&s->motion, accel[i], -2 * g, FUZZ);
		hid_pad_expect_axis(&s->motion, accel[(i + 1) % 3], 0, FUZZ);
		hid_pad_expect_axis(&s->motion, gyro[i], 1600 * degree, degree / 8);
		hid_pad_expect_axis(&s->motion, gyro[(i + 1) % 3], 0, FUZZ);
		r.gyro[i] = -15;
		hid_pad_report(&s->pad, &r);
		hid_pad_expect_axis(&s->motion, gyro[i], -degree * 3 / 4, FUZZ);
	}
	check_sensor_time(s);
}

struct slot_values {
	uint32_t code;
	int32_t values[PF_PAD_CONTACTS];
};

static struct slot_values slots(const struct evdev *d, unsigned code)
{
	struct slot_values v = {.code = code};
	assert_true(ioctl(d->fd, EVIOCGMTSLOTS(sizeof(v)), &v) >= 0);
	return v;
}

struct wanted_slots {
	const struct evdev *d;
	struct slot_values v;
};

static bool slots_are(const void *what)
{
	const struct wanted_slots *w = what;
	struct slot_values has = slots(w->d, w->v.code);
	return !memcmp(&has, &w->v, sizeof(has));
}

static void expect_slots(const struct evdev *d, unsigned code, int first, int second)
{
	struct wanted_slots w = {d, {code, {first, second}}};
	if (!hid_pad_until(slots_are, &w, 3000 * MS)) {
		struct slot_values has = slots(d, code);
		fail_msg("slots of %#x are %d, %d", code, has.values[0], has.values[1]);
	}
}

void playstation_check_touchpad(struct playstation *s, int width, int height)
{
	struct pf_pad_report r = pf_pad_at_rest();
	/* hid-sony says one more than there is. */
	assert_in_range(evdev_axis(&s->touchpad, ABS_MT_POSITION_X).maximum, width - 1, width);
	assert_in_range(evdev_axis(&s->touchpad, ABS_MT_POSITION_Y).maximum, height - 1, height);
	hid_pad_report(&s->pad, &r);
	expect_slots(&s->touchpad, ABS_MT_TRACKING_ID, -1, -1);
	r.touch[0].down = true;
	r.touch[0].x = r.touch[0].y = 65535;
	hid_pad_report(&s->pad, &r);
	expect_slots(&s->touchpad, ABS_MT_POSITION_X, width - 1, 0);
	expect_slots(&s->touchpad, ABS_MT_POSITION_Y, height - 1, 0);
	r.touch[1].down = true;
	r.touch[1].x = r.touch[1].y = 32768;
	r.buttons = PF_PAD_TOUCHPAD;
	hid_pad_report(&s->pad, &r);
	expect_slots(&s->touchpad, ABS_MT_POSITION_X, width - 1, width / 2);
	expect_slots(&s->touchpad, ABS_MT_POSITION_Y, height - 1, height / 2);
	int first = slots(&s->touchpad, ABS_MT_TRACKING_ID).values[0];
	int second = slots(&s->touchpad, ABS_MT_TRACKING_ID).values[1];
	assert_true(first >= 0 && second >= 0 && first != second);
	r.touch[0].down = false;
	hid_pad_report(&s->pad, &r);
	expect_slots(&s->touchpad, ABS_MT_TRACKING_ID, -1, second);
	r.touch[1].down = false;
	r.buttons = 0;
	hid_pad_report(&s->pad, &r);
	expect_slots(&s->touchpad, ABS_MT_TRACKING_ID, -1, -1);
	hid_pad_expect_key(&s->touchpad, 0);
}

void playstation_check_battery(struct playstation *s)
{
	struct pf_pad_report r = pf_pad_at_rest();
	hid_pad_report(&s->pad, &r);
	hid_pad_expect_file(&s->gamepad, "power_supply", "battery", "status", "Full");
	hid_pad_expect_file(&s->gamepad, "power_supply", "battery", "capacity", "100");
	r.power = PF_PAD_DISCHARGING;
	r.battery_percent = 42;
	hid_pad_report(&s->pad, &r);
	hid_pad_expect_file(&s->gamepad, "power_supply", "battery", "status", "Discharging");
	hid_pad_expect_file(
		&s->gamepad, "power_supply", "battery", "capacity", "45"); /* the middle of 40 to 49 */
	r.power = PF_PAD_CHARGING;
	r.battery_percent = 7;
	hid_pad_report(&s->pad, &r);
	hid_pad_expect_file(&s->gamepad, "power_supply", "battery", "status", "Charging");
	hid_pad_expect_file(&s->gamepad, "power_supply", "battery", "capacity", "5");
}

/* Drivers of real devices need no owner for this: no waiting. */
static void play(const struct evdev *d, struct ff_effect *effect, unsigned strong, unsigned weak)
{
	effect->u.rumble.strong_magnitude = (uint16_t)strong;
	effect->u.rumble.weak_magnitude = (uint16_t)weak;
	assert_int_equal(ioctl(d->fd, EVIOCSFF, effect), 0);
	evdev_play(d, effect->id, 1);
}

static void expect_rumble(struct playstation *s, uint8_t low, uint8_t high)
{
	struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE};
	f.rumble.low = (uint16_t)(low * 257);
	f.rumble.high = (uint16_t)(high * 257);
	hid_pad_expect(&s->pad, &f);
}

void playstation_check_rumble(struct playstation *s)
{
	struct ff_effect effect = evdev_rumble(0, 0, 0, 20000);
	play(&s->gamepad, &effect, 0xFFFF, 0);
	expect_rumble(s, 0xFF, 0);
	play(&s->gamepad, &effect, 0, 0x80FF);
	expect_rumble(s, 0, 0x80);
	play(&s->gamepad, &effect, 0x4000, 0xC000);
	expect_rumble(s, 0x40, 0xC0);
	evdev_play(&s->gamepad, effect.id, 0);
	expect_rumble(s, 0, 0);
	effect.replay.length = 200;
	play(&s->gamepad, &effect, 0x2000, 0x2000);
	expect_rumble(s, 0x20, 0x20);
	expect_rumble(s, 0, 0);
	assert_int_equal(ioctl(s->gamepad.fd, EVIOCRMFF, effect.id), 0);
}

/* --- feature reports: what asks for them waits, so it has a thread of its own --- */

struct request {
	int fd;
	unsigned long number;
	uint8_t data[64];
	int rc;
	volatile bool done;
};

static void *ask(void *arg)
{
	struct request *q = arg;
	q->rc = ioctl(q->fd, q->number, q->data) < 0 ? -errno : 0;
	q->done = true;
	return NULL;
}

static bool is_done(const void *what)
{
	return ((const struct request *)what)->done;
}

static int feature(int fd, unsigned long number, uint8_t id)
{
	struct request q = {.fd = fd, .number = number, .data = {id}};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, ask, &q), 0);
	assert_true(hid_pad_until(is_done, &q, 3000 * MS)); /* the kernel waits for 5 s */
	pthread_join(thread, NULL);
	return q.rc;
}

void playstation_check_features(struct playstation *s, uint8_t readable, uint8_t settable)
{
	int fd = hid_pad_open_hidraw(&s->gamepad);
	assert_int_equal(feature(fd, HIDIOCGFEATURE(64), readable), 0);
	assert_int_equal(feature(fd, HIDIOCGFEATURE(64), 0x77), -EIO);
	assert_int_equal(feature(fd, HIDIOCGINPUT(64), 0x01), -EIO);
	assert_int_equal(feature(fd, HIDIOCSFEATURE(8), settable), 0);
	assert_int_equal(feature(fd, HIDIOCSFEATURE(8), 0xEE), -EIO);
	close(fd);
}

/* --- several of them, and short lives --- */

void playstation_check_two(enum pf_gamepad kind)
{
	struct playstation one, two;
	struct pf_pad_report r = pf_pad_at_rest();
	playstation_plug_in(&one, kind, 1);
	playstation_plug_in(&two, kind, 2);
	r.buttons = PF_PAD_B;
	hid_pad_report(&two.pad, &r);
	hid_pad_expect_key(&two.gamepad, BTN_EAST);
	hid_pad_expect_key(&one.gamepad, 0);
	playstation_unplug(&one);
	r.buttons = PF_PAD_A;
	hid_pad_report(&two.pad, &r);
	hid_pad_expect_key(&two.gamepad, BTN_SOUTH);
	playstation_unplug(&two);
}

void playstation_check_early_unplugging(enum pf_gamepad kind)
{
	static const int after_ms[] = {0, 2, 10, 30, 60, 120, 240};
	struct hid_pad p;
	struct playstation s;
	for (size_t i = 0; i < sizeof(after_ms) / sizeof(*after_ms); i++) {
		hid_pad_create(&p, kind, 3);
		hid_pad_serve(after_ms[i] * MS);
		int64_t start_ns = pf_now_ns();
		int fd = hid_pad_release(&p);
		int64_t released_ns = pf_now_ns();
		close(fd);
		print_message("after %d ms: released in %lld us, gone in %lld ms\n", after_ms[i],
			(long long)((released_ns - start_ns) / 1000),
			(long long)((pf_now_ns() - released_ns) / MS));
		assert_true(released_ns - start_ns < 50 * MS);
	}
	playstation_plug_in(&s, kind, 3);
	playstation_unplug(&s);
}
