/*
 * One run of the probe: everything between the command line and the summary. Runs a loop of its own on the
 * calling thread until the run is over.
 */
#pragma once

#include "identity/identity.h"
#include "probe/options.h"
#include "probe/report.h"
#include "probe/script.h"

/* id NULL: anonymous. The script is played from the first frame on; it is taken over, or still the caller's to free
 * when the run could not begin. The report says how it went, whatever happens. */
void pf_probe_session_run(struct pf_probe_report *report, const struct pf_probe_options *options,
	const struct pf_identity *id, struct pf_script *script);
