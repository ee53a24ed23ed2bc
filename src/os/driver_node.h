/* The device node of a kernel driver that people may have to load, or be let to. Thread-safety: safe. */
#pragma once

#include "base/error.h"

/* Open for both directions, without blocking. Errors: PF_ERR_UNSUPPORTED (no such driver), PF_ERR_AUTH (not allowed),
 * PF_ERR_IO; the reason names the command that mends it. */
int pf_driver_node_open(const char *path, const char *driver, struct pf_reason *reason);
