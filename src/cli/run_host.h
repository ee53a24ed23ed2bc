/* Runs a host until SIGINT, SIGTERM or its own end. */
#pragma once

#include "session/host.h"

/* Exit code: 0 after a clean end, 1 when the host could not start (one error line says why). */
int pf_run_host(struct pf_host_params *params);

/* "IP" and port to an address; IPv4 and IPv6. False (with a line on stderr) when it is none. */
bool pf_parse_bind(const char *ip, long port, struct sockaddr_storage *out);

/* The configuration directory, and where private displays live. Fills both members from static storage. False (with a line on stderr) when there is none. */
bool pf_default_directories(struct pf_host_params *params);
