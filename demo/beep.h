/* A beep at a moment's notice: a stream to the user's PipeWire that plays silence until it is wanted. */
#pragma once

#include <stdint.h>

#define PF_BEEP_MS 150

struct pf_beep;

/* NULL: the reason is on stderr. */
struct pf_beep *pf_beep_open(const char *name);
/* It begins with the graph's next cycle. */
void pf_beep_start(struct pf_beep *b);
/* CLOCK_MONOTONIC, when the cycle of the newest beep was made; 0 = there was none yet. */
int64_t pf_beep_started_ns(const struct pf_beep *b);
/* NULL is fine. */
void pf_beep_close(struct pf_beep *b);
