/* What compositors, which read devices with libinput, make of ours. libinput asks udev what a device is. */
#include <fcntl.h>
#include <libinput.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "evdev.h"
#include "input/input.h"

#define START_UDEV "/lib/systemd/systemd-udevd --daemon 2>/dev/null"
#define WAIT_UDEV  "udevadm settle --timeout=20" /* libinput itself waits for a second or two */
#define END_UDEV   "udevadm control --exit"
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define SIZE       1000 /* of the screen */

static struct pf_input *input;
static struct libinput *reader;

static int open_node(const char *path, int flags, void *user)
{
	return open(path, flags | O_CLOEXEC);
}

static void close_node(int fd, void *user)
{
	close(fd);
}

static const struct libinput_interface opener = {
	.open_restricted = open_node, .close_restricted = close_node};

static void add(const char *name, enum libinput_device_capability capability)
{
	struct evdev d;
	char path[32];
	assert_true(evdev_open(&d, name, NULL));
	evdev_close(&d);
	snprintf(path, sizeof(path), "/dev/input/%s", d.name);
	struct libinput_device *device = libinput_path_add_device(reader, path);
	assert_non_null(device);
	assert_true(libinput_device_has_capability(device, capability));
}

static int begin(void **state)
{
	struct pf_reason reason = {0};
	setenv("SYSTEMD_IGNORE_CHROOT", "1", 1);
	if (system(START_UDEV) != 0 || pf_input_uinput_create(&input, "pf", &reason) < 0 ||
		system(WAIT_UDEV) != 0)
		return -1;
	reader = libinput_path_create_context(&opener, NULL);
	add("pf keyboard", LIBINPUT_DEVICE_CAP_KEYBOARD);
	add("pf mouse", LIBINPUT_DEVICE_CAP_POINTER);
	add("pf pointer", LIBINPUT_DEVICE_CAP_POINTER);
	add("pf touchscreen", LIBINPUT_DEVICE_CAP_TOUCH);
	add("pf pen", LIBINPUT_DEVICE_CAP_TABLET_TOOL);
	return 0;
}

static int end(void **state)
{
	libinput_unref(reader);
	input->impl->destroy(input);
	return system(END_UDEV);
}

/* The next of that type; others are dropped. */
static struct libinput_event *next(enum libinput_event_type type)
{
	struct pollfd p = {.fd = libinput_get_fd(reader), .events = POLLIN};
	do {
		libinput_dispatch(reader);
		for (struct libinput_event *e; (e = libinput_get_event(reader));) {
			if (libinput_event_get_type(e) == type)
				return e;
			libinput_event_destroy(e);
		}
	} while (poll(&p, 1, EVDEV_WAIT_MS) > 0);
	fail_msg("no event of type %d", (int)type);
	return NULL;
}

static void expect_near(double value, double wanted, double tolerance)
{
	if (fabs(value - wanted) > tolerance)
		fail_msg("%f instead of %f", value, wanted);
}

static void keys(void **state)
{
	input->impl->key(input, KEY_LEFTSHIFT, true);
	struct libinput_event *e = next(LIBINPUT_EVENT_KEYBOARD_KEY);
	struct libinput_event_keyboard *k = libinput_event_get_keyboard_event(e);
	assert_int_equal(libinput_event_keyboard_get_key(k), KEY_LEFTSHIFT);
	assert_int_equal(libinput_event_keyboard_get_key_state(k), LIBINPUT_KEY_STATE_PRESSED);
	libinput_event_destroy(e);
	input->impl->key(input, KEY_LEFTSHIFT, false);
	libinput_event_destroy(next(LIBINPUT_EVENT_KEYBOARD_KEY));
}

static void pointer_and_wheel(void **state)
{
	input->impl->place(input, 640, 719, 1279, 719);
	struct libinput_event *e = next(LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE);
	struct libinput_event_pointer *p = libinput_event_get_pointer_event(e);
	expect_near(libinput_event_pointer_get_absolute_x_transformed(p, SIZE), 640.0 / 1279 * SIZE, 0.1);
	expect_near(libinput_event_pointer_get_absolute_y_transformed(p, SIZE), SIZE, 0.1);
	libinput_event_destroy(e);
	input->impl->button(input, PF_BUTTON_BACK, true);
	e = next(LIBINPUT_EVENT_POINTER_BUTTON);
	assert_int_equal(libinput_event_pointer_get_button(libinput_event_get_pointer_event(e)), BTN_SIDE);
	libinput_event_destroy(e);
	input->impl->button(input, PF_BUTTON_BACK, false);
	/* It counts down as positive. */
	input->impl->wheel(input, PF_SCROLL_VERTICAL, 240);
	e = next(LIBINPUT_EVENT_POINTER_SCROLL_WHEEL);
	p = libinput_event_get_pointer_event(e);
	expect_near(libinput_event_pointer_get_scroll_value_v120(p, LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL),
		-240, 0);
	libinput_event_destroy(e);
}

static void fingers(void **state)
{
	for (unsigned slot = 0; slot < PF_TOUCH_SLOTS; slot++) {
		const struct pf_touch t = {
			.phase = PF_TOUCH_DOWN, .slot = slot, .x = (float)slot / 10, .y = 0.5f};
		input->impl->touch(input, &t);
		struct libinput_event *e = next(LIBINPUT_EVENT_TOUCH_DOWN);
		struct libinput_event_touch *touch = libinput_event_get_touch_event(e);
		assert_int_equal(libinput_event_touch_get_slot(touch), slot);
		expect_near(libinput_event_touch_get_x_transformed(touch, SIZE), slot * SIZE / 10.0, 0.1);
		expect_near(libinput_event_touch_get_y_transformed(touch, SIZE), SIZE / 2.0, 0.1);
		libinput_event_destroy(e);
	}
	for (unsigned slot = 0; slot < PF_TOUCH_SLOTS; slot++) {
		const struct pf_touch t = {.phase = PF_TOUCH_UP, .slot = slot};
		input->impl->touch(input, &t);
		libinput_event_destroy(next(LIBINPUT_EVENT_TOUCH_UP));
	}
}

static void pen_and_eraser(void **state)
{
	static const struct {
		bool eraser;
		enum libinput_tablet_tool_type type;
	} tools[] = {{false, LIBINPUT_TABLET_TOOL_TYPE_PEN}, {true, LIBINPUT_TABLET_TOOL_TYPE_ERASER}};
	for (size_t i = 0; i < COUNT(tools); i++) {
		struct pf_pen pen = {.near = true,
			.eraser = tools[i].eraser,
			.x = 0.25f,
			.y = 0.75f,
			.hover = PF_PEN_UNKNOWN,
			.tilt_x_deg = 30,
			.tilt_y_deg = -45,
			.roll_deg = 120};
		input->impl->pen(input, &pen);
		struct libinput_event *e = next(LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY);
		struct libinput_event_tablet_tool *t = libinput_event_get_tablet_tool_event(e);
		struct libinput_tablet_tool *tool = libinput_event_tablet_tool_get_tool(t);
		assert_int_equal(libinput_tablet_tool_get_type(tool), tools[i].type);
		expect_near(libinput_event_tablet_tool_get_x_transformed(t, SIZE), SIZE / 4.0, 0.1);
		expect_near(libinput_event_tablet_tool_get_y_transformed(t, SIZE), SIZE * 0.75, 0.1);
		expect_near(libinput_event_tablet_tool_get_tilt_x(t), 30, 1);
		expect_near(libinput_event_tablet_tool_get_tilt_y(t), -45, 1);
		expect_near(libinput_event_tablet_tool_get_rotation(t), 120, 1);
		libinput_event_destroy(e);
		pen.touching = true;
		pen.pressure = 32768;
		input->impl->pen(input, &pen);
		e = next(LIBINPUT_EVENT_TABLET_TOOL_TIP);
		t = libinput_event_get_tablet_tool_event(e);
		assert_int_equal(libinput_event_tablet_tool_get_tip_state(t), LIBINPUT_TABLET_TOOL_TIP_DOWN);
		expect_near(libinput_event_tablet_tool_get_pressure(t), 0.5, 0.05);
		libinput_event_destroy(e);
		pen.near = false;
		input->impl->pen(input, &pen);
		libinput_event_destroy(next(LIBINPUT_EVENT_TABLET_TOOL_TIP));
		libinput_event_destroy(next(LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(pointer_and_wheel),
		cmocka_unit_test(fingers),
		cmocka_unit_test(pen_and_eraser),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
