/*
 * Measuring for `make bench`: thread CPU time, several short runs, median with its spread; cases of one
 * group run interleaved, so that their ratio holds on a noisy machine. Prints one table row per case.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pf_bench_case {
	const char *name;
	void (*run)(void *user, unsigned iterations);
	void *user;
	double bytes;   /* per iteration, for GB/s; 0 = not shown */
	double packets; /* per iteration, for ns per packet; 0 = not shown */
};

/* Runs the cases interleaved. The first one is the reference of the ratio column. Returns nothing: a bench
 * never judges. */
void pf_bench_group(const char *title, const struct pf_bench_case *cases, size_t count);

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
