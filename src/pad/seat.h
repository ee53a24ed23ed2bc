/*
 * One client's controllers: its events (native-control 5.1, 5.3, 5.7) become whole states of devices of the pool.
 * Reports wait for pf_pad_seat_flush, so that what arrives together is one report; a button or finger that changes
 * twice makes two. On the net loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pad/pool.h"
#include "proto/native/input.h"
#include "proto/native/rich_input.h"

struct pf_pad_seat;

struct pf_pad_client {
	uint8_t key[PF_PAD_KEY_BYTES]; /* as pf_pad_owner.key */
	const char *label;             /* for the log; outlives the seat */
	enum pf_gamepad preferred;     /* when a controller does not say what it is */
	void (*on_feedback)(void *user, unsigned pad, const struct pf_pad_feedback *f);
	/* A controller is there, newly or again; may be NULL. */
	void (*on_made)(void *user, unsigned pad, enum pf_gamepad kind);
	void *user;
};

/* Errors: PF_ERR_NOMEM. */
int pf_pad_seat_open(struct pf_pad_seat **out, struct pf_pad_pool *pool, const struct pf_pad_client *client);
/* The client is gone; its devices wait so long for it. NULL is fine. */
void pf_pad_seat_close(struct pf_pad_seat *s, unsigned keep_ms);

/* All its controllers go, and wait so long for it. */
void pf_pad_seat_unplug(struct pf_pad_seat *s, unsigned keep_ms);

/* Kinds PF_INPUT_PAD_*; others are ignored. */
void pf_pad_seat_event(struct pf_pad_seat *s, const struct pf_input_event *e);
/* All but the pen. */
void pf_pad_seat_rich(struct pf_pad_seat *s, const struct pf_rich_input *e, int64_t now_ns);
void pf_pad_seat_battery(struct pf_pad_seat *s, unsigned pad, enum pf_pad_power power, uint8_t percent);
void pf_pad_seat_flush(struct pf_pad_seat *s);
/* A controller whose motion is not heard of any more does not move. Returns when to look again, or PF_PAD_NEVER. */
int64_t pf_pad_seat_tick(struct pf_pad_seat *s, int64_t now_ns);
