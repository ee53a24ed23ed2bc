/* `make bench`: prints every number of doc/performance.md as a ratio in one run. Arguments name suites. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static const struct {
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

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		int wanted = argc == 1;
		for (int a = 1; a < argc; a++)
			wanted |= strcmp(argv[a], suites[i].name) == 0;
		if (wanted && suites[i].run)
			suites[i].run();
	}
	return 0;
}
