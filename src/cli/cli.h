/*
 * Subcommands of the host program. Each gets its own arguments with argv[0] = the subcommand's name and
 * returns the exit code of the process.
 */
#pragma once

/* Hidden: the process between the host and a private compositor (display/keeper.h). */
int pf_cli_display_keeper(int argc, char **argv);
/* 0 once a virtual output could be made here and now (it is made and removed again), else one line with
 * the reason and what would help on stderr, and 1. */
int pf_cli_probe_compositor(int argc, char **argv);
