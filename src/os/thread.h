/* What a thread of ours asks of the system when it starts. */
#pragma once

/* Names the calling thread for debuggers (15 characters) and lets its timed sleeps end on time instead of
 * up to 50 us late. */
void pf_thread_enter(const char *name);
