/* punktfunk-host: the subcommand table; before it, secrets leave the environment. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/host_env.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* NULL = not shown */
} commands[] = {
	{"serve", pf_cli_serve, "serve clients: a display of its own for each, captured, encoded, sent"},
	{"ctl", pf_cli_ctl, "operate the running host: pair, approve, list, revoke, watch"},
	{"probe-compositor", pf_cli_probe_compositor, "exit 0 once a virtual display can be made here"},
	{"probe-input", pf_cli_probe_input,
		"which virtual controllers can be made here, and what is missing"},
	{"probe-audio", pf_cli_probe_audio, "whether sound can be captured here, and what is missing"},
	{"punktfunk1-host", pf_cli_punktfunk1_host, "native test host with a synthetic or a real source"},
	{"spike", pf_cli_spike, "capture -> encode -> file, for developers"},
	{"input-test", pf_cli_input_test, "move a virtual pointer and type, for developers"},
	{"pen-test", pf_cli_pen_test, "draw with a virtual pen"},
	{"dualsense-test", pf_cli_dualsense_test, "plug in a DualSense that plays by itself, for developers"},
	{"switchpro-test", pf_cli_switchpro_test, "the same with a Switch Pro Controller"},
	{"display-keeper", pf_cli_display_keeper, NULL},
};

static int print_help(void)
{
	printf("punktfunk-host " PF_VERSION ": streams desktops and games with little delay\n\n"
	       "usage: punktfunk-host COMMAND [OPTIONS]   (COMMAND --help tells its options)\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].summary)
			printf("  %-18s %s\n", commands[i].name, commands[i].summary);
	}
	printf("  %-18s %s\n", "--version, -V", "print the version");
	printf("  %-18s %s\n", "--help, -h", "print this");
	return 0;
}

static int is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int main(int argc, char **argv)
{
	pf_host_env_hide_secrets();
	if (argc < 2 || is_one_of(argv[1], "--help", "-h", "help"))
		return print_help();
	if (is_one_of(argv[1], "--version", "-V", "version")) {
		printf("punktfunk-host " PF_VERSION "\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "punktfunk-host: unknown command '%s'; `punktfunk-host --help` lists them\n",
		argv[1]);
	return 2;
}
