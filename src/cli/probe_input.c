/* What of a client's input can reach this machine, and what is missing (product 7). */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "pad/pad.h"

static const struct {
	const char *what;
	enum pf_gamepad kind; /* one of the backend that makes them */
} devices[] = {
	{"Xbox controllers", PF_GAMEPAD_XBOX_360},
	{"PlayStation and Switch controllers", PF_GAMEPAD_DUALSENSE},
};

int pf_cli_probe_input(int argc, char **argv)
{
	bool complete = true;
	if (argc > 1) {
		bool help = pf_options_help_wanted(argc, argv);
		fprintf(help ? stdout : stderr,
			"usage: punktfunk-host probe-input\n"
			"Says which virtual controllers can be made here. Exit status: 0 "
			"all; 1 some cannot, with the reason and what mends it.\n");
		return help ? 0 : 2;
	}
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct pf_reason reason = {0};
		bool can = pf_pad_backend(devices[i].kind)->probe(&reason) == PF_OK;
		printf("%s: %s\n", devices[i].what, can ? "yes" : reason.text);
		complete = complete && can;
	}
	return complete ? 0 : 1;
}
