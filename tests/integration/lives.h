/* Looking at processes from outside, through /proc: those that were started with a word in their
 * environment. */
#pragma once

#include <sys/types.h>

/* How many processes other than ours have `word` in their environment; -1 when /proc cannot be read. */
int lives_count(const char *word);
/* The process called name among them, or 0. */
pid_t lives_find(const char *word, const char *name);
/* Processor time used so far in milliseconds; 0 = all of ours. */
long lives_cpu_ms(pid_t pid);
/* Open descriptors of our own. */
int lives_fds(void);
