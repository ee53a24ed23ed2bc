/*
 * Where input goes: one backend per display. A display knows how its input is injected (pf_display_open_input). A
 * backend is made and destroyed on the display thread and used by one thread in between; its calls never wait.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "proto/native/input.h"
#include "proto/native/rich_input.h"

#define PF_TOUCH_SLOTS 10
#define PF_SCROLL_MAX  (1 << 24) /* far more than any hand, and room to add up */

struct pf_input;

enum pf_touch_phase { PF_TOUCH_DOWN, PF_TOUCH_MOVE, PF_TOUCH_UP };
struct pf_touch {
	enum pf_touch_phase phase;
	unsigned slot;     /* below PF_TOUCH_SLOTS */
	float x, y;        /* 0..1 across the picture; not with PF_TOUCH_UP */
	uint16_t pressure; /* 0..65535 */
};

/* A pen's whole state. */
struct pf_pen {
	bool near; /* in range; all else counts only then */
	bool touching, barrel_1, barrel_2;
	bool eraser; /* changes only while it is away */
	float x, y;  /* 0..1 across the picture */
	uint16_t pressure;
	uint16_t hover;                /* 0..65534 nearest to farthest; PF_PEN_UNKNOWN */
	int8_t tilt_x_deg, tilt_y_deg; /* -90..90 from vertical: positive to the right, towards the user */
	uint16_t roll_deg;             /* 0..359; PF_PEN_UNKNOWN */
};

/* What a backend takes besides keyboard, pointer and scrolling. */
enum { PF_INPUT_TAKES_TEXT = 1, PF_INPUT_TAKES_TOUCH = 2, PF_INPUT_TAKES_PEN = 4 };

struct pf_input_impl {
	const char *name;
	void (*key)(struct pf_input *in, unsigned evdev_code, bool down);
	void (*move)(struct pf_input *in, int dx, int dy);
	/* x of 0..width, y of 0..height, across the picture. */
	void (*place)(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
	void (*button)(struct pf_input *in, enum pf_button button, bool down);
	/* 120 per detent; up and right are positive. Within +-PF_SCROLL_MAX, as of finger_scroll. */
	void (*wheel)(struct pf_input *in, enum pf_scroll_axis axis, int amount);
	/* Pixels, / 256; up and right are positive. end: the finger was lifted. */
	void (*finger_scroll)(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end);
	void (*text)(struct pf_input *in, uint32_t scalar);           /* PF_INPUT_TAKES_TEXT */
	void (*touch)(struct pf_input *in, const struct pf_touch *t); /* PF_INPUT_TAKES_TOUCH */
	void (*pen)(struct pf_input *in, const struct pf_pen *pen);   /* PF_INPUT_TAKES_PEN */
	/* To be polled for reading, and for writing while flush waits; then flush is due. NULL: never. */
	int (*fd)(const struct pf_input *in);
	/* Sends on what the calls before have made. PF_ERR_AGAIN: something waits for room; PF_ERR_CLOSED: the other side
	 * is gone, and calls do nothing from now on. */
	int (*flush)(struct pf_input *in);
	/* When flush is due of itself; INT64_MAX: not. NULL: never. */
	int64_t (*due_ns)(const struct pf_input *in);
	void (*destroy)(struct pf_input *in);
};

/* First member of every backend's own struct. */
struct pf_input {
	const struct pf_input_impl *impl;
	unsigned takes; /* PF_INPUT_TAKES_*; the functions of the rest may be NULL */
};

/* Counts and keeps the last ones, and does nothing else: for displays without input, and for tests. */
struct pf_input_dummy {
	struct pf_input base;
	uint64_t keys, moves, places, buttons, scrolls, texts, touches, pens;
	unsigned last_key;
	bool last_down;
	int last_x, last_y;
	uint32_t last_scalar;
	struct pf_touch last_touch;
	struct pf_pen last_pen;
};
void pf_input_dummy_init(struct pf_input_dummy *d);
/* Errors: PF_ERR_NOMEM. */
int pf_input_dummy_create(struct pf_input **out);

/* Virtual keyboard and pointer of a wlroots compositor that listens at the path.
 * Errors: those of pf_wayland_connect; PF_ERR_UNSUPPORTED (it offers none). */
int pf_input_wlr_create(struct pf_input **out, const char *socket_path, struct pf_reason *reason);

/* Devices of the kernel named "<label> keyboard", "... mouse", "... pointer", "... touchscreen" and "... pen". They have
 * no text of their own: it is typed on the machine's layout, and characters that no key of that types are dropped.
 * Finger scrolling becomes a fine wheel. Pen roll is ABS_Z. Errors: those of pf_input_uinput_probe; PF_ERR_NOMEM. */
int pf_input_uinput_create(struct pf_input **out, const char *label, struct pf_reason *reason);
/* Can they be made now? Errors: PF_ERR_UNSUPPORTED, PF_ERR_AUTH, PF_ERR_IO; the reason tells what would help. */
int pf_input_uinput_probe(struct pf_reason *reason);

/*
 * Input through the EI protocol, on a connection that a compositor or portal has handed over (owned, also on failure) or
 * at a socket (absolute path). Waits for the compositor, 13 s at most.
 * Errors: PF_ERR_UNSUPPORTED (built without libei), PF_ERR_CLOSED (it refuses), PF_ERR_TIMEOUT, PF_ERR_IO, PF_ERR_NOMEM,
 * PF_ERR_INVALID (no path for a socket).
 */
int pf_input_ei_create_fd(struct pf_input **out, int fd, struct pf_reason *reason);
int pf_input_ei_create_socket(struct pf_input **out, const char *path, struct pf_reason *reason);
/* Which part of the desktop is the picture: the one the compositor calls so in its stream; NULL, as at first, and ids it
 * does not know: the one at the origin. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (built without libei). */
int pf_input_ei_aim(struct pf_input *in, const char *mapping_id);
