#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"

#define RUNS   15
#define RUN_NS 5e6 /* CPU time of one run */

double pf_bench_thread_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_once(const struct pf_bench_case *c, unsigned iterations)
{
	double ns = 0;
	for (unsigned left = iterations, part; left > 0; left -= part) {
		part = c->prepare_max > 0 && c->prepare_max < left ? c->prepare_max : left;
		if (c->prepare)
			c->prepare(c->user, part);
		double start = pf_bench_thread_ns();
		c->run(c->user, part);
		ns += pf_bench_thread_ns() - start;
	}
	return ns / iterations;
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

/* Fills ns[i] with the sorted runs of case i. */
static void measure(const struct pf_bench_case *cases, size_t count, double (*ns)[RUNS])
{
	unsigned *iterations = calloc(count, sizeof(*iterations));
	if (!iterations)
		abort();
	for (size_t i = 0; i < count; i++)
		iterations[i] = calibrate(&cases[i]);
	for (unsigned run = 0; run < RUNS; run++) {
		for (size_t i = 0; i < count; i++)
			ns[i][run] = time_once(&cases[i], iterations[i]);
	}
	for (size_t i = 0; i < count; i++)
		qsort(ns[i], RUNS, sizeof(double), by_value);
	free(iterations);
}

/* How many times as fast as the reference of this kind; NAN where there is none. */
static double ratio(const struct pf_bench_case *cases, size_t count, double (*ns)[RUNS], size_t of,
	enum pf_bench_reference kind)
{
	for (size_t i = 0; i < count; i++) {
		if (cases[i].reference != kind ||
			(kind != PF_BENCH_MEMCPY && strcmp(cases[i].name, cases[of].name) != 0))
			continue;
		double times = ns[i][RUNS / 2] / ns[of][RUNS / 2];
		if (cases[i].bytes > 0 && cases[of].bytes > 0)
			times *= cases[of].bytes / cases[i].bytes;
		return times;
	}
	return NAN;
}

void pf_bench_group(const char *title, const struct pf_bench_case *cases, size_t count)
{
	static const struct pf_report_column columns[] = {
		{"ns/op", "ns", false},
		{"p10", "ns_p10", false},
		{"p90", "ns_p90", false},
		{"GB/s", "gb_per_s", false},
		{"ns/packet", "ns_per_packet", false},
		{"x C", "c", true},
		{"x memcpy", "memcpy", true},
		{"x peer", "peer", true},
		{NULL, "bytes", false},
		{NULL, "packets", false},
	};
	double(*ns)[RUNS] = calloc(count, sizeof(*ns));
	if (!ns)
		abort();
	measure(cases, count, ns);
	pf_report_table(title, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < count; i++) {
		const struct pf_bench_case *c = &cases[i];
		double median = ns[i][RUNS / 2];
		const double value[] = {
			median,
			ns[i][RUNS / 10],
			ns[i][RUNS - 1 - RUNS / 10],
			c->bytes > 0 ? c->bytes / median : NAN,
			c->packets > 0 ? median / c->packets : NAN,
			ratio(cases, count, ns, i, PF_BENCH_C),
			ratio(cases, count, ns, i, PF_BENCH_MEMCPY),
			ratio(cases, count, ns, i, PF_BENCH_PEER),
			c->bytes > 0 ? c->bytes : NAN,
			c->packets > 0 ? c->packets : NAN,
		};
		pf_report_row(c->name, c->kernel, value);
	}
	free(ns);
}
