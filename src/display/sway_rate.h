/*
 * Keeps a running sway's output at the client's rate: feeds the pictures of its captures to the law
 * (tick_law.h) and asks sway for what the law decides, same size, other refresh. Measured with sway 1.7: such
 * a change neither fails a copy nor costs a picture; it repaints all once.
 * Thread-safety: safe after init.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "display/tick_law.h"
#include "media/mode.h"

struct pf_sway_rate {
	const char *socket_path; /* of sway's IPC */

	pthread_mutex_t lock; /* guards what follows */
	bool running;
	struct pf_mode mode; /* the client's */
	struct pf_tick_law law;
};

/* Stopped. The path must be there from start on, and outlive r. */
void pf_sway_rate_init(struct pf_sway_rate *r, const char *socket_path);
void pf_sway_rate_finish(struct pf_sway_rate *r);
/* Sway runs in this mode. */
void pf_sway_rate_start(struct pf_sway_rate *r, struct pf_mode mode);
/* From the return on nothing is asked for, so that the mode can be changed. Takes at most 50 ms. */
void pf_sway_rate_stop(struct pf_sway_rate *r);
/* A picture became ready (pf_now_ns). Waits for sway, at most 50 ms, when the law asks for a change. */
void pf_sway_rate_picture(struct pf_sway_rate *r, int64_t ready_ns);
