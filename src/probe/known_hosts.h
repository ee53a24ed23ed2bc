/*
 * The hosts that this device has met or paired with, as ssh keeps them: the fingerprint that each address showed
 * first, in hosts.json of the configuration directory. Blocks on the disk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/identity.h"

/* Is the host at this name and port known? Errors, with a reason: PF_ERR_NOT_FOUND (no), PF_ERR_INVALID (the file
 * makes no sense), PF_ERR_IO, PF_ERR_NOMEM. */
int pf_known_host_get(struct pf_fingerprint *out, const char *dir, const char *host, uint16_t port,
	struct pf_reason *reason);
/* Remembers it, in place of what was known. Errors, with a reason: PF_ERR_INVALID, PF_ERR_IO, PF_ERR_NOMEM. */
int pf_known_host_put(const char *dir, const char *host, uint16_t port, const struct pf_fingerprint *fp,
	struct pf_reason *reason);
