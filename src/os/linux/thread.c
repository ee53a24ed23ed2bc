#include "os/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

void pf_thread_enter(const char *name)
{
	pthread_setname_np(pthread_self(), name);
	prctl(PR_SET_TIMERSLACK, 1UL);
}

bool pf_thread_hurry(void)
{
	const struct sched_param lowest = {.sched_priority = 1};
	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0;
}

void pf_thread_calm_down(void)
{
	const struct sched_param none = {0};
	/* Only privileged threads may take back that children are ordinary ones. */
	sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
}
