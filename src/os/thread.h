/* What a thread of ours asks of the system when it starts. */
#pragma once

#include <stdbool.h>

/* Names the calling thread for debuggers (15 characters) and lets its timed sleeps end on time instead of
 * up to 50 us late. */
void pf_thread_enter(const char *name);
/* Lets the calling thread run before all ordinary ones, those of busy games too, where the user may have that (CAP_SYS_NICE
 * or RLIMIT_RTPRIO): for threads that mostly sleep and must wake on time. One that does not sleep for long starves the
 * others, and RLIMIT_RTTIME, which PipeWire's client may set to 200 ms, kills the process for it.
 * False when it stays an ordinary one. */
bool pf_thread_hurry(void);
/* Makes the calling thread an ordinary one again. */
void pf_thread_calm_down(void);
