/* Runs a host until SIGINT, SIGTERM or its own end. */
#pragma once

#include "session/host.h"

/* What stands around a host that is no test. */
struct pf_host_services {
	struct sockaddr_storage mgmt; /* where the management API listens */
	bool mdns;                    /* announce the host, unless it listens on the loopback address only */
	const char *name;             /* that people see; NULL = the machine's */
	bool gamestream;              /* serve Moonlight clients too, by what is below */
	struct in_addr gamestream_bind;
	uint16_t gamestream_port; /* of HTTP; 0 = any */
	int gamestream_encrypt;   /* enum pf_gs_encrypt */
	unsigned gamestream_keep_s;
	bool gamestream_slow_codecs;
};

/* services NULL: none. Exit code: 0 after a clean end, 1 when the host could not start (one error line says why). */
int pf_run_host(struct pf_host_params *params, const struct pf_host_services *services);

/* "IP" and port to an address; IPv4 and IPv6. False (with a line on stderr) when it is none. */
bool pf_parse_bind(const char *ip, long port, struct sockaddr_storage *out);

/* "IP:PORT" of the management API: the loopback address 127.0.0.1 or a wildcard, since the host's own commands come
 * over loopback. False (with a line on stderr) for everything else. */
bool pf_parse_mgmt_bind(const char *text, struct sockaddr_storage *out);

/* What comes before the options: fills in the configuration directory and where private displays live (from
 * static storage), and takes the settings of host.env into the environment, so no thread may exist yet.
 * Exit code: 0; 1 or 2 with a line on stderr that says why. */
int pf_prepare_host(struct pf_host_params *params);
