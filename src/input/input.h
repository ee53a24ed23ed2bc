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

struct pf_input;

struct pf_input_impl {
	const char *name;
	void (*key)(struct pf_input *in, unsigned evdev_code, bool down);
	void (*move)(struct pf_input *in, int dx, int dy);
	/* x of 0..width, y of 0..height, across the picture. */
	void (*place)(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
	void (*button)(struct pf_input *in, enum pf_button button, bool down);
	/* 120 per detent; up and right are positive. */
	void (*wheel)(struct pf_input *in, enum pf_scroll_axis axis, int amount);
	/* Pixels, / 256; up and right are positive. end: the finger was lifted. */
	void (*finger_scroll)(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end);
	void (*text)(struct pf_input *in, uint32_t scalar);
	/* Touch and pads; the rest of what clients send. Both may be NULL. */
	void (*other)(struct pf_input *in, const struct pf_input_event *e);
	void (*rich)(struct pf_input *in, const struct pf_rich_input *e);
	void (*flush)(struct pf_input *in);
	void (*destroy)(struct pf_input *in);
};

/* First member of every backend's own struct. */
struct pf_input {
	const struct pf_input_impl *impl;
};

/* Counts and keeps the last ones, and does nothing else: for displays without input, and for tests. */
struct pf_input_dummy {
	struct pf_input base;
	uint64_t keys, moves, places, buttons, scrolls, texts, others, riches;
	unsigned last_key;
	bool last_down;
	int last_x, last_y;
	uint32_t last_scalar;
	struct pf_input_event last_other;
	struct pf_rich_input last_rich;
};
void pf_input_dummy_init(struct pf_input_dummy *d);
/* Errors: PF_ERR_NOMEM. */
int pf_input_dummy_create(struct pf_input **out);

/* Virtual keyboard and pointer of a wlroots compositor that listens at the path.
 * Errors: those of pf_wayland_connect; PF_ERR_UNSUPPORTED (it offers none). */
int pf_input_wlr_create(struct pf_input **out, const char *socket_path, struct pf_reason *reason);
