/*
 * GameStream's input packets (gamestream 5): the payload of control message 0x0206. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_GS_TEXT_MAX 32 /* bytes of UTF-8 in one packet */

enum pf_gs_input_kind {
	PF_GS_KEY,
	PF_GS_MOVE,
	PF_GS_MOVE_ABS,
	PF_GS_BUTTON,
	PF_GS_SCROLL,
	PF_GS_TEXT,
	PF_GS_HAPTICS,
	PF_GS_PAD,
	PF_GS_PAD_ARRIVAL,
	PF_GS_PAD_TOUCH,
	PF_GS_PAD_MOTION,
	PF_GS_PAD_BATTERY,
	PF_GS_TOUCH,
	PF_GS_PEN,
};

enum { PF_GS_MOD_SHIFT = 1, PF_GS_MOD_CTRL = 2, PF_GS_MOD_ALT = 4, PF_GS_MOD_META = 8 };

enum pf_gs_contact {
	PF_GS_HOVER = 0,
	PF_GS_DOWN = 1,
	PF_GS_UP = 2,
	PF_GS_MOVED = 3,
	PF_GS_CANCEL = 4,
	PF_GS_BUTTON_ONLY = 5,
	PF_GS_LEAVE = 6,
	PF_GS_CANCEL_ALL = 7,
};

/* Of touch, pen and pad touch: 0..1 from the top left, finite and clamped. */
struct pf_gs_point {
	enum pf_gs_contact event;
	uint32_t id; /* of the finger; any number */
	float x, y, pressure;
	uint16_t rotation_deg; /* 0xFFFF unknown */
};

struct pf_gs_input {
	enum pf_gs_input_kind kind;
	union {
		struct {
			bool down, not_normalised;
			uint8_t vk, modifiers;
		} key;
		struct {
			int16_t dx, dy;
		} move;
		struct {
			int16_t x, y;
			uint16_t width, height; /* what 1 is: never 0 */
		} place;
		struct {
			bool down;
			uint8_t button; /* 1..5, as enum pf_button */
		} button;
		struct {
			bool horizontal;
			int16_t amount; /* 120 a notch; up and right are positive */
		} scroll;
		struct {
			size_t len;
			char bytes[PF_GS_TEXT_MAX];
		} text;
		struct {
			uint16_t pad, mask; /* pad 0..15 */
			uint32_t buttons;   /* PF_PAD_* of the native protocol: the same bits */
			uint8_t lt, rt;
			int16_t lx, ly, rx, ry;
		} pad;
		struct {
			uint8_t pad, type;
			uint16_t capabilities;
			uint32_t buttons;
		} arrival;
		struct {
			uint8_t pad, surface;
			struct pf_gs_point point;
		} pad_touch;
		struct {
			uint8_t pad;
			bool gyro;     /* degrees a second; else m/s^2 */
			float axis[3]; /* finite */
		} motion;
		struct {
			uint8_t pad, state, percent;
		} battery;
		struct pf_gs_point touch;
		struct {
			struct pf_gs_point point;
			uint8_t tool, buttons, tilt_deg; /* tilt 0xFF unknown */
		} pen;
	};
};

/* Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID (a length that does not fit, values out of range), PF_ERR_UNSUPPORTED
 * (unknown magic). All of them: ignore it. */
int pf_gs_input_read(struct pf_gs_input *out, const uint8_t *data, size_t len);
