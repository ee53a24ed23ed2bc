/* What a DualSense and a DualShock 4 owe to programs alike. */
#pragma once

#include "hid_pad.h"

struct playstation {
	struct hid_pad pad;
	struct evdev gamepad, motion, touchpad;
};

void playstation_plug_in(struct playstation *s, enum pf_gamepad kind, unsigned n);
void playstation_unplug(struct playstation *s);

/* Versions as their files show them. */
void playstation_check_identity(struct playstation *s, unsigned product, const char *driver,
	const char *hardware, const char *firmware);
void playstation_check_buttons(struct playstation *s);
void playstation_check_axes(struct playstation *s);
void playstation_check_motion(struct playstation *s);
void playstation_check_touchpad(struct playstation *s, int width, int height);
void playstation_check_battery(struct playstation *s);
void playstation_check_rumble(struct playstation *s);
void playstation_check_features(struct playstation *s, uint8_t readable, uint8_t settable);
/* Two of them, one of which goes. */
void playstation_check_two(enum pf_gamepad kind);
void playstation_check_early_unplugging(enum pf_gamepad kind);
