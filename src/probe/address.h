/* Where a host is to be found. Blocks while a name is looked up. */
#pragma once

#include <netinet/in.h>

#include "base/error.h"
#include "probe/options.h"

/* The address and port of --connect; IPv4 first, since hosts of this protocol listen on IPv4 at least.
 * Errors: PF_ERR_NOT_FOUND, with a reason. */
int pf_probe_resolve(
	const struct pf_probe_options *o, struct sockaddr_storage *out, struct pf_reason *reason);
