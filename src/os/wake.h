/* Waking one thread from others: signals are remembered until the thread waits, many count as one. */
#pragma once

#include <stdint.h>

#define PF_WAKE_FOREVER INT64_MAX

struct pf_wake {
	int fd;
};

/* PF_ERR_IO (errno). */
int pf_wake_init(struct pf_wake *w);
void pf_wake_finish(struct pf_wake *w);
/* Thread-safety: safe. */
void pf_wake_signal(struct pf_wake *w);
/* Until a signal comes (it is consumed) or pf_now_ns() reaches the deadline. Only the thread that is woken. */
void pf_wake_wait(struct pf_wake *w, int64_t deadline_ns);
