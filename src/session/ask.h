/*
 * Questions from other threads to the net loop: each runs there and its asker waits, for a bounded time.
 * Private to src/session.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

#define PF_ASK_LIMIT_MS 5000

struct pf_question {
	void (*work)(void *arg, void *user);
	void *arg;
	enum { PF_QUESTION_WAITING, PF_QUESTION_RUNNING, PF_QUESTION_ANSWERED, PF_QUESTION_REFUSED } state;
	struct pf_question *next;
};

struct pf_asks {
	uv_async_t wake;
	void *user;
	pthread_mutex_t lock; /* guards the rest, and the questions */
	pthread_cond_t answered;
	struct pf_question *first;
	bool closed;
};

/* user is handed to each work. Errors: PF_ERR_NOMEM. */
int pf_asks_init(struct pf_asks *a, uv_loop_t *loop, void *user);
/* Thread-safety: safe, but not on the loop's thread. Errors: PF_ERR_TIMEOUT, PF_ERR_CLOSED; work did not run. */
int pf_asks_ask(struct pf_asks *a, void (*work)(void *arg, void *user), void *arg);
/* Whoever waits or asks later gets PF_ERR_CLOSED. */
void pf_asks_close(struct pf_asks *a);
/* Closed before, and no thread asks any more. on_gone (a->wake.data is kept) runs when the handle is closed. */
void pf_asks_finish(struct pf_asks *a, uv_close_cb on_gone);
