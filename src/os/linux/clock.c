#include "os/clock.h"

#include <errno.h>
#include <time.h>

#define AT_ONCE_NS    10000
#define AT_ONCE_TRIES 4

static int64_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t pf_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t pf_wall_ns(void)
{
	return (uint64_t)read_clock(CLOCK_REALTIME);
}

/* Interrupted between two clocks, the answer would be off by as long: then once more. */
uint64_t pf_wall_at(int64_t then_ns)
{
	for (int tries = 0;; tries++) {
		int64_t before_ns = pf_now_ns();
		uint64_t wall_ns = pf_wall_ns();
		int64_t took_ns = pf_now_ns() - before_ns;
		if (took_ns < AT_ONCE_NS || tries == AT_ONCE_TRIES)
			return wall_ns - (uint64_t)(before_ns + took_ns / 2 - then_ns);
	}
}

int64_t pf_wall_s(void)
{
	return read_clock(CLOCK_REALTIME) / 1000000000;
}

void pf_sleep_until_ns(int64_t deadline_ns)
{
	struct timespec t = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		continue;
}
