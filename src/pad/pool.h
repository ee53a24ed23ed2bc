/*
 * The host's virtual controllers: up to PF_PAD_SLOTS of all clients together. A controller whose client is gone waits
 * for it a while, so that games keep what they have opened. Everything on the net loop; devices are removed on libuv's
 * pool, because drivers in the middle of their set-up take their time.
 */
#pragma once

#include <uv.h>

#include "pad/pad.h"

#define PF_PAD_KEY_BYTES              32
#define PF_PAD_UNPLUG_GRACE_MS        1500
#define PF_PAD_RUMBLE_IDLE_MS_DEFAULT 2500
#define PF_PAD_RUMBLE_IDLE_MS_MIN     2100 /* games repeat a lasting rumble after 2 s */

struct pf_pad_pool;
struct pf_pad_slot;

struct pf_pad_pool_params {
	uv_loop_t *loop;
	/* What every controller becomes; PF_GAMEPAD_AUTO: what its client says that it is. */
	enum pf_gamepad kind;
	/* A motor that no game drives for so long is stopped; 0 = never. */
	unsigned rumble_idle_ms;
	/* Which backend makes a kind; NULL = pf_pad_backend. */
	const struct pf_pad_impl *(*backend)(enum pf_gamepad kind);
};
/* Errors: PF_ERR_NOMEM. */
int pf_pad_pool_create(struct pf_pad_pool **out, const struct pf_pad_pool_params *params);
/* Removes every controller; on_gone (may be NULL) is called from the loop at the end. */
void pf_pad_pool_destroy(struct pf_pad_pool *pool, void (*on_gone)(void *user), void *user);

/* Who plays with it. */
struct pf_pad_owner {
	uint8_t key[PF_PAD_KEY_BYTES]; /* the client, the same whenever it comes again */
	unsigned pad;                  /* its own number of it */
	/* Only what has changed, the latest of it every 8 ms; at first what is on already. */
	void (*on_feedback)(void *user, unsigned pad, const struct pf_pad_feedback *f);
	/* The device has vanished, and the slot with it; that its motors stand still was told before. */
	void (*on_lost)(void *user, unsigned pad);
	void *user;
};

/* The owner's controller that waits for it, or a new one; one of another kind than asked is replaced, and one that
 * cannot be made becomes an Xbox 360 pad. Errors, with a reason: PF_ERR_LIMIT (all slots are in use), PF_ERR_UNSUPPORTED,
 * PF_ERR_IO, PF_ERR_AUTH (no permission), PF_ERR_NOMEM. */
int pf_pad_pool_take(struct pf_pad_pool *pool, const struct pf_pad_owner *owner, enum pf_gamepad asked,
	struct pf_pad_slot **out, struct pf_reason *reason);
/* What a client's kind becomes here, if it can be made now. */
enum pf_gamepad pf_pad_pool_kind(const struct pf_pad_pool *pool, enum pf_gamepad asked);
enum pf_gamepad pf_pad_slot_kind(const struct pf_pad_slot *s);
void pf_pad_slot_report(struct pf_pad_slot *s, const struct pf_pad_report *r);
/* The owner lets go: it is told that motors which run stand still, everything is released, and the device waits so long
 * for it. */
void pf_pad_slot_leave(struct pf_pad_slot *s, unsigned keep_ms);
/* Slots in use, waiting ones too: bits 1 << slot. */
uint16_t pf_pad_pool_slots(const struct pf_pad_pool *pool);
