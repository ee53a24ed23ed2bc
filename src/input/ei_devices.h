/*
 * The devices an EI server gives a sender, and what is held on them. Events go to devices that take them: one that is
 * paused loses motion, and hears of what was let go meanwhile when it resumes. One thread; nothing here waits.
 */
#pragma once

#include <libei.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "input/input.h"
#include "input/layout.h"

#define PF_EI_DEVICES 32

struct pf_ei_device {
	struct ei_device *device;
	bool emulating;
	bool types; /* a keyboard with a layout */
	struct pf_layout layout;
	/* Keys and buttons that are down, and those of them whose release it still has to hear. */
	uint8_t down[KEY_CNT / 8], due[KEY_CNT / 8];
};

struct pf_ei_touch {
	struct ei_touch *touch; /* NULL: no finger */
	struct ei_region *region;
	bool due; /* lifted while the device was paused */
};

struct pf_ei_devices {
	struct ei *ei;
	struct xkb_context *xkb;
	struct pf_ei_device *list[PF_EI_DEVICES];
	size_t count;
	struct pf_ei_touch touches[PF_TOUCH_SLOTS];
	char *mapping_id; /* of the wanted region; NULL: the one at the origin */
	uint32_t sequence;
};

void pf_ei_devices_finish(struct pf_ei_devices *d);

/* What the server says of a device. */
void pf_ei_device_added(struct pf_ei_devices *d, struct ei_device *device);
void pf_ei_device_resumed(struct pf_ei_devices *d, struct ei_device *device);
void pf_ei_device_paused(struct pf_ei_devices *d, struct ei_device *device);
void pf_ei_device_removed(struct pf_ei_devices *d, struct ei_device *device);

/* The first that takes events of the kind now, or NULL. */
struct pf_ei_device *pf_ei_find(struct pf_ei_devices *d, enum ei_device_capability capability);
void pf_ei_frame(struct pf_ei_devices *d, struct ei_device *device);

/* Keys with EI_DEVICE_CAP_KEYBOARD, buttons with EI_DEVICE_CAP_BUTTON; both have evdev codes. */
void pf_ei_hold(struct pf_ei_devices *d, enum ei_device_capability capability, unsigned code, bool down);

/* The character on the first keyboard's layout; one that no key there has is dropped. */
void pf_ei_type(struct pf_ei_devices *d, uint32_t scalar);

/* The device and region for a place of the picture, and that place in the server's coordinates; x and y of 0..1. False:
 * none now. */
struct pf_ei_place {
	struct ei_device *device;
	struct ei_region *region;
	double x, y;
};
bool pf_ei_locate(struct pf_ei_devices *d, enum ei_device_capability capability, double x, double y,
	struct pf_ei_place *out);

void pf_ei_touch(struct pf_ei_devices *d, const struct pf_touch *t);
