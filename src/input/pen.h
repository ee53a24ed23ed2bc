/*
 * A client's pen: its samples (native-control 5.7) become the states that a backend takes. Late batches are dropped, a
 * change of tool goes through "away", and a pen that is not heard of any more is taken away. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input/input.h"

#define PF_PEN_SILENCE_NS INT64_C(200000000)

struct pf_pen_stream {
	struct pf_pen_filter filter;
	struct pf_pen now;
	int64_t heard_ns;
};

/* Where the states go. */
struct pf_pen_sink {
	void (*pen)(void *user, const struct pf_pen *pen);
	void *user;
};

void pf_pen_stream_batch(
	struct pf_pen_stream *s, struct pf_pen_batch *batch, int64_t now_ns, const struct pf_pen_sink *sink);
/* Takes it away when it has been silent for too long. Returns when to look again, INT64_MAX = it is away. */
int64_t pf_pen_stream_tick(struct pf_pen_stream *s, int64_t now_ns, const struct pf_pen_sink *sink);
void pf_pen_stream_leave(struct pf_pen_stream *s, const struct pf_pen_sink *sink);
