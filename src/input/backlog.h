/*
 * Events that the compositor cannot take yet: bounded, motion merges, and the release of what was pressed is never the
 * one that is dropped. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_BACKLOG_EVENTS   8192 /* a long text at once */
#define PF_BACKLOG_RELEASES 1024 /* room that only they may use; more can never be held */
#define PF_BACKLOG_CODES    1024

enum pf_backlog_kind {
	PF_BACKLOG_KEY,
	PF_BACKLOG_MOVE,
	PF_BACKLOG_PLACE,
	PF_BACKLOG_BUTTON,
	PF_BACKLOG_WHEEL,
	PF_BACKLOG_FINGER,
	PF_BACKLOG_TEXT,
};

/* One call of a backend. */
struct pf_backlog_event {
	enum pf_backlog_kind kind;
	uint32_t code;          /* key, button, axis, character */
	bool on;                /* down; of a finger: lifted */
	int32_t x, y;           /* distance, position; x: amount */
	uint32_t width, height; /* of PLACE */
};

/* Zero-initialised: empty. */
struct pf_backlog {
	struct pf_backlog_event event[PF_BACKLOG_EVENTS + PF_BACKLOG_RELEASES];
	unsigned first, count;
	uint8_t refused[PF_BACKLOG_CODES /
			8]; /* keys and buttons whose press was dropped: their release is nothing */
};

/* False when there is no room. */
bool pf_backlog_push(struct pf_backlog *b, const struct pf_backlog_event *e);
/* The characters of texts that wait go to `each`, in their order. */
void pf_backlog_texts(const struct pf_backlog *b, void (*each)(void *user, uint32_t scalar), void *user);
/* The oldest one; false when there is none. */
bool pf_backlog_pop(struct pf_backlog *b, struct pf_backlog_event *out);
