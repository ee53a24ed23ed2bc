/* Waking one thread from others: a signal is remembered until the thread waits, many count as one. Costs a
 * system call only when the thread really sleeps. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define PF_WAKE_FOREVER INT64_MAX

/* Zero-initialised = not signalled. */
struct pf_wake {
	_Atomic uint32_t state;
};

/* Thread-safety: safe. What was written before the signal is seen after the wait that it ends. */
void pf_wake_signal(struct pf_wake *w);
/* Until a signal comes (it is consumed), pf_now_ns() reaches the deadline, or sometimes for no reason. Only the
 * thread that is woken. */
void pf_wake_wait(struct pf_wake *w, int64_t deadline_ns);
