#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS   15
#define RUN_NS 8e6 /* CPU time of one run */

static double thread_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_once(const struct pf_bench_case *c, unsigned iterations)
{
	double start = thread_ns();
	c->run(c->user, iterations);
	return (thread_ns() - start) / iterations;
}

/* Iterations that fill one run; also the warm-up. */
static unsigned calibrate(const struct pf_bench_case *c)
{
	unsigned n = 1;
	for (;;) {
		double ns = time_once(c, n);
		if (ns * n > RUN_NS / 4 || n > 1u << 24) {
			double wanted = RUN_NS / (ns > 0 ? ns : 1);
			return wanted < 1 ? 1 : (unsigned)wanted;
		}
		n *= 4;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void pf_bench_group(const char *title, const struct pf_bench_case *cases, size_t count)
{
	double(*ns)[RUNS] = calloc(count, sizeof(*ns));
	unsigned *iterations = calloc(count, sizeof(*iterations));
	if (!ns || !iterations)
		abort();
	for (size_t i = 0; i < count; i++)
		iterations[i] = calibrate(&cases[i]);
	for (unsigned run = 0; run < RUNS; run++) {
		for (size_t i = 0; i < count; i++)
			ns[i][run] = time_once(&cases[i], iterations[i]);
	}

	printf("\n%s\n  %-34s %12s %18s %9s %10s %8s\n", title, "case", "ns/op", "p10..p90", "GB/s",
		"ns/packet", "ratio");
	double reference = 0;
	for (size_t i = 0; i < count; i++) {
		qsort(ns[i], RUNS, sizeof(double), by_value);
		double median = ns[i][RUNS / 2];
		if (i == 0)
			reference = median;
		int digits = median < 100;
		printf("  %-34s %12.*f %8.*f..%-8.*f", cases[i].name, digits, median, digits,
			ns[i][RUNS / 10], digits, ns[i][RUNS - 1 - RUNS / 10]);
		if (cases[i].bytes > 0)
			printf(" %9.2f", cases[i].bytes / median);
		else
			printf(" %9s", "-");
		if (cases[i].packets > 0)
			printf(" %10.*f", median / cases[i].packets < 100, median / cases[i].packets);
		else
			printf(" %10s", "-");
		printf(" %8.2f\n", reference / median);
	}
	free(ns);
	free(iterations);
}
