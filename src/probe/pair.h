/* Pairing with a host by its PIN (native-control 6.2), the client's side. Runs a loop of its own. */
#pragma once

#include <stdio.h>

#include "base/error.h"
#include "identity/identity.h"
#include "pairing/ceremony.h"
#include "probe/options.h"

/* The PIN: the first line of the stream, within 90 s. Errors, with a reason: PF_ERR_INVALID, PF_ERR_TIMEOUT. */
int pf_probe_read_pin(FILE *in, char pin[PF_PIN_DIGITS + 1], struct pf_reason *reason);
/* The host's fingerprint once both ends have proven the PIN. Errors, with a reason for people: PF_ERR_AUTH (a wrong
 * PIN, a refusal), PF_ERR_TIMEOUT, PF_ERR_NOT_FOUND, PF_ERR_IO, PF_ERR_NOMEM. */
int pf_probe_pair(struct pf_fingerprint *host, const struct pf_probe_options *options,
	const struct pf_identity *id, const char *pin, struct pf_reason *reason);
