#include "os/thread.h"

#include <pthread.h>
#include <sys/prctl.h>

void pf_thread_enter(const char *name)
{
	pthread_setname_np(pthread_self(), name);
	prctl(PR_SET_TIMERSLACK, 1UL);
}
