/*
 * GameStream's input packets as the events that every plane has (proto/native/input.h): modifiers that a client only
 * claims become keys, and pads and fingers get the states that its packets leave out. Pure but for what it remembers;
 * one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input/router.h"
#include "proto/gamestream/input.h"

struct pf_gs_translator {
	uint8_t held;  /* modifier keys, bits 1 << (vk - 0xA0) for the sided ones, 0xC0 for the two of meta */
	uint16_t pads; /* that exist */
	uint8_t pad_seq[PF_PADS_MAX];
	uint16_t pen_seq;
	bool pen_near;
	struct pf_contacts pad_fingers[PF_PADS_MAX];
	struct {
		int16_t gyro[3], accel[3];
	} motion[PF_PADS_MAX]; /* the last of each sensor */
};

/* Where the events go. */
struct pf_gs_events {
	void (*event)(void *user, const struct pf_input_event *e);
	void (*rich)(void *user, const struct pf_rich_input *e);
	void (*finger)(void *user, const struct pf_finger *f);
	void (*lift_all)(void *user); /* fingers */
	void (*battery)(void *user, unsigned pad, enum pf_pad_power power, uint8_t percent);
	void *user;
};

/* Zero-initialised but for this. */
void pf_gs_translator_init(struct pf_gs_translator *t);
void pf_gs_translate(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out);
