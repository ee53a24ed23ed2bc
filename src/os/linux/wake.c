#include "os/wake.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { IDLE, SIGNALLED, SLEEPING };

void pf_wake_signal(struct pf_wake *w)
{
	if (atomic_exchange_explicit(&w->state, SIGNALLED, memory_order_acq_rel) == SLEEPING)
		syscall(SYS_futex, &w->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void pf_wake_wait(struct pf_wake *w, int64_t deadline_ns)
{
	uint32_t idle = IDLE;
	if (atomic_compare_exchange_strong_explicit(
		    &w->state, &idle, SLEEPING, memory_order_acq_rel, memory_order_acquire)) {
		const struct timespec until = {
			.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
		/* The bitset form takes an absolute time on the monotonic clock. */
		syscall(SYS_futex, &w->state, FUTEX_WAIT_BITSET_PRIVATE, SLEEPING,
			deadline_ns == PF_WAKE_FOREVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
	}
	atomic_exchange_explicit(&w->state, IDLE, memory_order_acq_rel);
}
