/*
 * One client's input on the net loop: events go to the router as they arrive, and what the socket brought together
 * leaves together, right after the loop has read it. Time (a silent pen, motion that stops) is watched here too.
 */
#pragma once

#include <uv.h>

#include "input/router.h"

#define PF_INPUT_PLANE_TEXT 96

struct pf_input_plane;

/* Errors: PF_ERR_NOMEM. */
int pf_input_plane_create(struct pf_input_plane **out, uv_loop_t *loop, enum pf_key_dialect dialect);
/* Frees itself once its handles are closed. NULL is fine. */
void pf_input_plane_destroy(struct pf_input_plane *p);

/* Where events for the display go from now on; NULL: nowhere. */
void pf_input_plane_aim(struct pf_input_plane *p, struct pf_input *backend);
/* What the display takes: PF_INPUT_TAKES_*, 0 without one. */
unsigned pf_input_plane_takes(const struct pf_input_plane *p);
/* The client may have controllers from now on; once. Without memory it has none. */
void pf_input_plane_seat(
	struct pf_input_plane *p, struct pf_pad_pool *pool, const struct pf_pad_client *client);
/* Its controllers go, and wait for it so long. */
void pf_input_plane_unseat(struct pf_input_plane *p, unsigned keep_ms);
/* Lets go of keys, buttons, fingers and the pen. */
void pf_input_plane_release(struct pf_input_plane *p);
/* Takes the controllers away, until the client says more of them. */
void pf_input_plane_unplug(struct pf_input_plane *p);

/* Whoever calls these has checked the client's grants. */
void pf_input_plane_event(struct pf_input_plane *p, const struct pf_input_event *e);
void pf_input_plane_rich(struct pf_input_plane *p, const struct pf_rich_input *e);
void pf_input_plane_finger(struct pf_input_plane *p, const struct pf_finger *f);
/* All fingers go up. */
void pf_input_plane_lift(struct pf_input_plane *p);
void pf_input_plane_battery(struct pf_input_plane *p, unsigned pad, enum pf_pad_power power, uint8_t percent);

/* For the last line of a stream: how many events there were, and how long a batch of them took from the first one, as it
 * is decoded, to the last one injected. Empty without any. */
void pf_input_plane_describe(const struct pf_input_plane *p, char out[PF_INPUT_PLANE_TEXT]);
/* For `--perf`: logs the same of the time since the last call, if there was any. */
void pf_input_plane_print(struct pf_input_plane *p, const char *label);
