#include "input/uinput_devices.h"

#include <stdio.h>
#include <unistd.h>

#include "input/input.h"
#include "input/virtual_key.h"
#include "os/uinput.h"

#define COUNT(a)            (sizeof(a) / sizeof((a)[0]))
#define LIST(name, a)       .name = (a), .name##_count = COUNT(a)
#define VIRTUAL_KEYS        256
#define UNITS_A_MM          100 /* tablets must tell a size; nobody knows the client's */
#define TILT_UNITS_A_RADIAN 57  /* degrees */

static const uint16_t buttons[] = {BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA};
static const uint16_t motion[] = {REL_X, REL_Y, REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES};
static const uint16_t wheels[] = {REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES};
static const struct pf_uinput_axis surface[] = {
	{.code = ABS_X, .max = PF_SURFACE_MAX}, {.code = ABS_Y, .max = PF_SURFACE_MAX}};
static const uint16_t on_screen[] = {INPUT_PROP_DIRECT};

static const uint16_t touch_keys[] = {BTN_TOUCH};
static const struct pf_uinput_axis touch_axes[] = {
	{.code = ABS_X, .max = PF_SURFACE_MAX},
	{.code = ABS_Y, .max = PF_SURFACE_MAX},
	{.code = ABS_MT_SLOT, .max = PF_TOUCH_SLOTS - 1},
	{.code = ABS_MT_TRACKING_ID, .max = 65535},
	{.code = ABS_MT_POSITION_X, .max = PF_SURFACE_MAX},
	{.code = ABS_MT_POSITION_Y, .max = PF_SURFACE_MAX},
	{.code = ABS_MT_PRESSURE, .max = PF_SURFACE_MAX},
};

static const uint16_t pen_keys[] = {BTN_TOOL_PEN, BTN_TOOL_RUBBER, BTN_TOUCH, BTN_STYLUS, BTN_STYLUS2};
static const struct pf_uinput_axis pen_axes[] = {
	{.code = ABS_X, .max = PF_SURFACE_MAX, .resolution = UNITS_A_MM},
	{.code = ABS_Y, .max = PF_SURFACE_MAX, .resolution = UNITS_A_MM},
	{.code = ABS_PRESSURE, .max = PF_SURFACE_MAX},
	{.code = ABS_DISTANCE, .max = PF_SURFACE_MAX},
	{.code = ABS_TILT_X,
		.min = -PF_PEN_TILT_MAX,
		.max = PF_PEN_TILT_MAX,
		.resolution = TILT_UNITS_A_RADIAN},
	{.code = ABS_TILT_Y,
		.min = -PF_PEN_TILT_MAX,
		.max = PF_PEN_TILT_MAX,
		.resolution = TILT_UNITS_A_RADIAN},
	/* As the kernel's wacom driver shows the rotation of its art pen. */
	{.code = ABS_Z, .min = PF_PEN_ROLL_MIN, .max = PF_PEN_ROLL_MIN + 360 * PF_PEN_ROLL_A_DEGREE - 1},
};

static const struct {
	const char *what;
	struct pf_uinput_spec spec;
} devices[PF_DEVS] = {
	[PF_DEV_KEYBOARD] = {"keyboard", {0}}, /* its keys are counted up */
	[PF_DEV_MOUSE] = {"mouse", {LIST(keys, buttons), LIST(rels, motion)}},
	[PF_DEV_POINTER] = {"pointer", {LIST(keys, buttons), LIST(rels, wheels), LIST(axes, surface)}},
	[PF_DEV_TOUCH] = {"touchscreen",
		{LIST(keys, touch_keys), LIST(axes, touch_axes), LIST(properties, on_screen)}},
	[PF_DEV_PEN] = {"pen", {LIST(keys, pen_keys), LIST(axes, pen_axes), LIST(properties, on_screen)}},
};

bool pf_uinput_devices_have_key(unsigned code)
{
	for (uint32_t vk = 0; code && vk < VIRTUAL_KEYS; vk++) {
		if (pf_virtual_key_evdev(vk, PF_KEYS_NATIVE) == code ||
			pf_virtual_key_evdev(vk, PF_KEYS_GAMESTREAM) == code)
			return true;
	}
	return false;
}

static size_t list_keys(uint16_t keys[KEY_CNT])
{
	size_t count = 0;
	for (unsigned code = 0; code < KEY_CNT; code++) {
		if (pf_uinput_devices_have_key(code))
			keys[count++] = (uint16_t)code;
	}
	return count;
}

static int open_one(enum pf_uinput_device which, const char *label, struct pf_reason *reason)
{
	struct pf_uinput_spec spec = devices[which].spec;
	uint16_t keys[KEY_CNT];
	char name[80], phys[80];
	snprintf(name, sizeof(name), "%s %s", label, devices[which].what);
	snprintf(phys, sizeof(phys), "punktfunk/%s/%s", label, devices[which].what);
	spec.name = name;
	spec.phys = phys;
	spec.bus = BUS_VIRTUAL;
	spec.product = (uint16_t)(which + 1);
	if (which == PF_DEV_KEYBOARD) {
		spec.keys = keys;
		spec.keys_count = list_keys(keys);
	}
	return pf_uinput_create(&spec, reason);
}

int pf_uinput_devices_open(int fd[PF_DEVS], const char *label, struct pf_reason *reason)
{
	for (int i = 0; i < PF_DEVS; i++)
		fd[i] = -1;
	for (int i = 0; i < PF_DEVS; i++) {
		fd[i] = open_one((enum pf_uinput_device)i, label, reason);
		if (fd[i] < 0) {
			int rc = fd[i];
			pf_uinput_devices_close(fd);
			return rc;
		}
	}
	return PF_OK;
}

void pf_uinput_devices_close(const int fd[PF_DEVS])
{
	for (int i = 0; i < PF_DEVS; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
}
