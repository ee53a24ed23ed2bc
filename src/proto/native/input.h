/*
 * Input events: datagram 0xC8 and the body of InputEdge (native-control 5.1, 5.3, 5.4). The struct keeps
 * the wire's five fields; the functions below say what they hold for kinds that pack several values. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/writer.h"
#include "proto/native/caps.h"

#define PF_INPUT_BYTES 18

enum pf_input_kind {
	PF_INPUT_KEY_DOWN = 0,
	PF_INPUT_KEY_UP = 1,
	PF_INPUT_MOVE = 2,     /* x, y relative pixels */
	PF_INPUT_MOVE_ABS = 3, /* x, y pixels of the surface in flags */
	PF_INPUT_BUTTON_DOWN = 4,
	PF_INPUT_BUTTON_UP = 5,
	PF_INPUT_WHEEL = 6, /* x: 120 per detent; flags bit 0: precise source */
	PF_INPUT_PAD_BUTTON = 7,
	PF_INPUT_PAD_AXIS = 8,
	PF_INPUT_TOUCH_DOWN = 9,
	PF_INPUT_TOUCH_MOVE = 10,
	PF_INPUT_TOUCH_UP = 11,
	PF_INPUT_PAD_STATE = 12,
	PF_INPUT_PAD_REMOVED = 13,
	PF_INPUT_PAD_ARRIVED = 14,
	PF_INPUT_TEXT = 15,
	PF_INPUT_SCROLL = 16, /* x: Q24.8 */
};

enum pf_button {
	PF_BUTTON_LEFT = 1,
	PF_BUTTON_MIDDLE = 2,
	PF_BUTTON_RIGHT = 3,
	PF_BUTTON_BACK = 4,
	PF_BUTTON_FORWARD = 5,
};
enum pf_scroll_axis { PF_SCROLL_VERTICAL = 0, PF_SCROLL_HORIZONTAL = 1 };
enum pf_pad_axis { PF_AXIS_LX, PF_AXIS_LY, PF_AXIS_RX, PF_AXIS_RY, PF_AXIS_LT, PF_AXIS_RT };

enum pf_scroll_source {
	PF_SCROLL_UNKNOWN = 0,
	PF_SCROLL_WHEEL = 1,
	PF_SCROLL_FINGER = 2,
	PF_SCROLL_CONTINUOUS = 3,
	PF_SCROLL_TOUCH = 4,
	PF_SCROLL_CONTROLLER = 5,
};
enum pf_scroll_phase {
	PF_SCROLL_NONE = 0,
	PF_SCROLL_BEGIN = 1,
	PF_SCROLL_UPDATE = 2,
	PF_SCROLL_END = 3,
	PF_SCROLL_CANCEL = 4,
	PF_SCROLL_MOMENTUM_BEGIN = 5,
	PF_SCROLL_MOMENTUM = 6,
	PF_SCROLL_MOMENTUM_END = 7,
};

/* Pad buttons. */
enum {
	PF_PAD_UP = 0x000001,
	PF_PAD_DOWN = 0x000002,
	PF_PAD_LEFT = 0x000004,
	PF_PAD_RIGHT = 0x000008,
	PF_PAD_START = 0x000010,
	PF_PAD_BACK = 0x000020,
	PF_PAD_LEFT_STICK = 0x000040,
	PF_PAD_RIGHT_STICK = 0x000080,
	PF_PAD_LEFT_SHOULDER = 0x000100,
	PF_PAD_RIGHT_SHOULDER = 0x000200,
	PF_PAD_GUIDE = 0x000400,
	PF_PAD_A = 0x001000,
	PF_PAD_B = 0x002000,
	PF_PAD_X = 0x004000,
	PF_PAD_Y = 0x008000,
	PF_PAD_PADDLE_1 = 0x010000,
	PF_PAD_PADDLE_2 = 0x020000,
	PF_PAD_PADDLE_3 = 0x040000,
	PF_PAD_PADDLE_4 = 0x080000,
	PF_PAD_TOUCHPAD = 0x100000,
	PF_PAD_MISC = 0x200000,
	PF_PAD_BUTTONS = 0x3FF7FF, /* all of them */
};

struct pf_input_event {
	enum pf_input_kind kind;
	uint32_t code;
	int32_t x, y;
	uint32_t flags;
};

/*
 * Reads and checks one event; bytes behind it are ignored. After success: buttons, axes and pad indices are
 * known ones, absolute positions have a surface, text is a Unicode scalar value, scrolling obeys 5.4, a pad
 * type is known or auto, legacy axis values are inside their range, reserved bit 31 of keys is off.
 * Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID (drop it, never more).
 */
int pf_input_read(struct pf_input_event *out, const uint8_t *data, size_t len);
void pf_input_write(struct pf_wr *w, const struct pf_input_event *e);

/* Which grant the event needs: one of PF_GRANT_GAMEPAD, _POINTER, _KEYBOARD. */
unsigned pf_input_grant(enum pf_input_kind kind);

/* MOVE_ABS, TOUCH_DOWN, TOUCH_MOVE: the client's surface, pixels, never 0 after reading. */
struct pf_surface {
	uint16_t width_px, height_px;
};
struct pf_surface pf_input_surface(const struct pf_input_event *e);

/* PAD_STATE. Sticks: up and right are positive. */
struct pf_pad_state {
	uint8_t pad, seq;
	uint32_t buttons; /* PF_PAD_* */
	int16_t lx, ly, rx, ry;
	uint8_t lt, rt;
};
struct pf_pad_state pf_input_pad_state(const struct pf_input_event *e);
struct pf_input_event pf_input_of_pad_state(const struct pf_pad_state *s);

/* The pad of any of the five pad kinds. */
unsigned pf_input_pad(const struct pf_input_event *e);
/* PAD_STATE and PAD_REMOVED: the sequence of their slot. */
uint8_t pf_input_pad_seq(const struct pf_input_event *e);
/* Per slot and kept across a re-plug: newer means 1..127 ahead. */
bool pf_pad_seq_newer(uint8_t seq, uint8_t last);

/* PAD_ARRIVED. */
bool pf_input_pad_has_haptics(const struct pf_input_event *e);
bool pf_input_pad_has_speaker(const struct pf_input_event *e);

/* SCROLL. */
enum pf_scroll_source pf_input_scroll_source(const struct pf_input_event *e);
enum pf_scroll_phase pf_input_scroll_phase(const struct pf_input_event *e);
