/*
 * What a Switch controller answers to subcommands, and what it remembers of them. Pure; facts from the public notes of
 * the Switch's reverse engineers and from what hid-nintendo and SDL ask.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/writer.h"
#include "pad/pad.h"

/* Sticks as the calibration in the flash has them: 12 bits, as far to both sides. */
#define PF_SWITCH_STICK_CENTRE 2048
#define PF_SWITCH_STICK_REACH  2047

#define PF_SWITCH_TYPE_PRO 3

#define PF_SWITCH_MODE_FULL 0x30 /* of reports: a steady stream of everything */

/* The part of the flash that is not blank. */
#define PF_SWITCH_FACTORY_START 0x6000
#define PF_SWITCH_FACTORY_END   0x60AA

struct pf_switch_device {
	uint8_t mac[PF_PAD_MAC_BYTES];
	uint8_t battery_percent;
	uint8_t factory[PF_SWITCH_FACTORY_END - PF_SWITCH_FACTORY_START];
	uint8_t mode; /* of reports; 0 until it is set */
	bool motion, vibration;
	uint8_t gyro_range, accel_range; /* as the subcommand has them */
	uint8_t player_lights;           /* as set: low nibble on, high nibble flashing */
};

void pf_switch_device_init(struct pf_switch_device *d, const uint8_t mac[PF_PAD_MAC_BYTES]);

/* The rest of report 0x21, from its acknowledgement on, for a subcommand with its id. Anything may come. */
void pf_switch_answer(
	struct pf_switch_device *d, const uint8_t *subcommand, size_t len, struct pf_wr *answer);

/* Counts of the motion sensors in the ranges that are set. */
float pf_switch_gyro_counts(const struct pf_switch_device *d);  /* per degree and second */
float pf_switch_accel_counts(const struct pf_switch_device *d); /* per g */
