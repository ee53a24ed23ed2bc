/*
 * Measuring for `make bench`: thread CPU time, several short runs, median with its spread; cases of one
 * group run interleaved, so that their ratios hold on a noisy machine. One table row per case.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What other cases of the group are compared with: x C, x memcpy and x peer say how many times as fast as that a
 * case is. A copy counts for the whole group, the others for the cases of the same name. */
enum pf_bench_reference { PF_BENCH_NONE, PF_BENCH_C, PF_BENCH_MEMCPY, PF_BENCH_PEER };

struct pf_bench_case {
	const char *name; /* what is done */
	void (*run)(void *user, unsigned iterations);
	void *user;
	double bytes;   /* per iteration, for GB/s; 0 = not shown. Ratios are per byte where both have it */
	double packets; /* per iteration, for ns per packet; 0 = not shown */
	const char *kernel; /* by what it is done; may be NULL */
	enum pf_bench_reference reference;
	/* Makes ready what the next `iterations` use up, outside of the measured time; may be NULL. */
	void (*prepare)(void *user, unsigned iterations);
	unsigned prepare_max; /* iterations that can be made ready at once; 0 = any number */
};

/* Runs the cases interleaved. Returns nothing: a bench never judges. */
void pf_bench_group(const char *title, const struct pf_bench_case *cases, size_t count);

/* CPU time of the calling thread. */
double pf_bench_thread_ns(void);

/* One suite per file, listed in bench/main.c. */
void bench_fec(void);
void bench_seal(void);
void bench_transport(void);
void bench_receive(void);
void bench_convert(void);
void bench_encode(void);
void bench_quic(void);
void bench_input(void);
void bench_sound(void);
