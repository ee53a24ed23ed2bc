/* The two clocks. Protocol code takes `now` as an argument and never calls these. Thread-safety: safe. */
#pragma once

#include <stdint.h>

/* Monotonic nanoseconds, for durations and deadlines. */
int64_t pf_now_ns(void);
/* Nanoseconds since the Unix epoch, the clock of every pts on the wire (native-media 6.6). */
uint64_t pf_wall_ns(void);
/* What it was, or will be, when pf_now_ns() is then_ns. */
uint64_t pf_wall_at(int64_t then_ns);
/* The same in seconds: for what people agree on. */
int64_t pf_wall_s(void);
/* Sleeps until pf_now_ns() reaches the deadline; returns at once when it has passed. */
void pf_sleep_until_ns(int64_t deadline_ns);
