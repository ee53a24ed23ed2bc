/* `--discover`: the hosts of the local network, as lines or as one JSON array on stdout. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Errors: those of pf_browse. */
int pf_probe_discover(unsigned seconds, bool as_json, struct pf_reason *reason);
