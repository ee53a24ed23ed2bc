/*
 * From a client's events, whose grants are checked, to its display's input backend: keys become evdev codes, repeats
 * and strays are dropped, and whatever is held is let go at the end. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input/input.h"
#include "input/virtual_key.h"

#define PF_ROUTER_KEYS 768 /* evdev codes below this */

struct pf_router {
	struct pf_input *backend; /* NULL: everything is dropped. Not owned */
	enum pf_key_dialect dialect;
	uint64_t held_keys[PF_ROUTER_KEYS / 64];
	unsigned held_buttons; /* bits 1 << enum pf_button */
};

void pf_router_init(struct pf_router *r, enum pf_key_dialect dialect);
/* Lets go what is held on the old one. NULL: none. */
void pf_router_aim(struct pf_router *r, struct pf_input *backend);
void pf_router_event(struct pf_router *r, const struct pf_input_event *e);
void pf_router_rich(struct pf_router *r, const struct pf_rich_input *e);
/* Sends on what the events so far have made. */
void pf_router_flush(struct pf_router *r);
void pf_router_release_all(struct pf_router *r);
