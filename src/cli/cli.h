/* One function per subcommand of punktfunk-host; each gets argv from its own name on and returns the exit
 * code (product 1.1): 0 done, 1 refused or failed (one line on stderr says why), 2 wrong usage. */
#pragma once

int pf_cli_serve(int argc, char **argv);
int pf_cli_ctl(int argc, char **argv);
int pf_cli_punktfunk1_host(int argc, char **argv);
int pf_cli_spike(int argc, char **argv);
int pf_cli_probe_compositor(int argc, char **argv);
int pf_cli_probe_input(int argc, char **argv);
int pf_cli_probe_audio(int argc, char **argv);
int pf_cli_input_test(int argc, char **argv);
int pf_cli_pen_test(int argc, char **argv);
int pf_cli_dualsense_test(int argc, char **argv);
int pf_cli_switchpro_test(int argc, char **argv);
/* Hidden: the process that ends a private display when the host is gone. */
int pf_cli_display_keeper(int argc, char **argv);
