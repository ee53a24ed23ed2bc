/*
 * `make bench`: what every stage costs, beside plain C, a copy of the same bytes and the packaged peer in one run.
 *
 *   punktfunk-bench [SUITE...] [--json FILE]     FILE - is standard output
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "report.h"

static const struct suite {
	const char *name;
	void (*run)(void);
} suites[] = {
	{"fec", bench_fec},
	{"convert", bench_convert},
	{"seal", bench_seal},
	{"transport", bench_transport},
	{"receive", bench_receive},
	{"encode", bench_encode},
	{"quic", bench_quic},
	{"input", bench_input},
	{"sound", bench_sound},
};
#define SUITES (sizeof(suites) / sizeof(*suites))

static int usage(const char *wrong)
{
	fprintf(stderr,
		"punktfunk-bench: %s; usage: punktfunk-bench [--json FILE] [SUITE...], suites:", wrong);
	for (size_t i = 0; i < SUITES; i++)
		fprintf(stderr, " %s", suites[i].name);
	fputc('\n', stderr);
	return 2;
}

static int cannot_write(const char *path)
{
	fprintf(stderr, "punktfunk-bench: cannot write %s: %s\n", path, strerror(errno));
	return 1;
}

static bool choose(const char *name, bool *wanted)
{
	for (size_t i = 0; i < SUITES; i++) {
		if (strcmp(name, suites[i].name) == 0)
			return wanted[i] = true;
	}
	return false;
}

int main(int argc, char **argv)
{
	bool wanted[SUITES] = {false}, chosen = false;
	const char *json_path = NULL;
	for (int a = 1; a < argc; a++) {
		if (strcmp(argv[a], "--json") == 0) {
			if (++a == argc)
				return usage("--json needs a file");
			json_path = argv[a];
		} else if (choose(argv[a], wanted)) {
			chosen = true;
		} else {
			return usage("no such suite");
		}
	}
	if (pf_report_open(json_path) < 0)
		return cannot_write(json_path);
	for (size_t i = 0; i < SUITES; i++) {
		if (wanted[i] || !chosen)
			suites[i].run();
	}
	return pf_report_close() < 0 ? cannot_write(json_path) : 0;
}
