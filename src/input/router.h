/*
 * From a client's events, whose grants are checked, to its display's input backend and its controllers. Keys become
 * evdev codes, repeats and strays are dropped, fingers get slots, and pointer motion that arrives together is one motion;
 * transitions are never merged. Whatever is held is let go at the end. One thread, no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input/contacts.h"
#include "input/input.h"
#include "input/pen.h"
#include "input/virtual_key.h"
#include "pad/seat.h"

#define PF_ROUTER_KEYS 768 /* evdev codes below this */

struct pf_router {
	struct pf_input *backend; /* NULL: what is for it is dropped. Not owned */
	struct pf_pad_seat *pads; /* NULL: no controllers. Not owned */
	enum pf_key_dialect dialect;
	uint64_t held_keys[PF_ROUTER_KEYS / 64];
	unsigned held_buttons; /* bits 1 << enum pf_button */
	struct pf_contacts fingers;
	int pointing; /* the finger that is the pointer where there is no touch; -1: none */
	struct pf_pen_stream pen;
	/* Of the pointer, not sent yet. */
	struct {
		bool moved, placed;
		int dx, dy;
		uint32_t x, y, width, height;
	} pending;
};

/* A finger as clients name it. */
struct pf_finger {
	enum pf_touch_phase phase;
	uint32_t id;
	float x, y;        /* 0..1 across the picture; not with PF_TOUCH_UP */
	uint16_t pressure; /* 0..65535 */
};

void pf_router_init(struct pf_router *r, enum pf_key_dialect dialect);
/* Lets go what is held on the old one. NULL: none. */
void pf_router_aim(struct pf_router *r, struct pf_input *backend);
void pf_router_event(struct pf_router *r, const struct pf_input_event *e);
void pf_router_rich(struct pf_router *r, const struct pf_rich_input *e, int64_t now_ns);
void pf_router_finger(struct pf_router *r, const struct pf_finger *f);
void pf_router_lift_fingers(struct pf_router *r);
/* Sends on what the events so far have made. Errors: those of the backend's flush. */
int pf_router_flush(struct pf_router *r);
/* What time brings, to be flushed. Returns when to look again, INT64_MAX = not of itself. */
int64_t pf_router_tick(struct pf_router *r, int64_t now_ns);
/* When the backend, once flushed, wants to be flushed again; INT64_MAX = not of itself. */
int64_t pf_router_due_ns(const struct pf_router *r);
/* Keys, buttons, fingers and the pen; controllers are let go with their seat. */
void pf_router_release_all(struct pf_router *r);
