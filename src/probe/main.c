/* punktfunk-probe: a client without a window that connects, verifies, measures and reports (product 1.5). */
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "identity/identity.h"
#include "os/file.h"
#include "probe/options.h"
#include "probe/report.h"
#include "probe/session.h"

#define USAGE_ERROR 2

static int load_identity(struct pf_identity **out, struct pf_reason *reason)
{
	char dir[PATH_MAX];
	int err = pf_config_dir(dir, sizeof(dir));
	if (err)
		return pf_reason(reason, err,
			"no directory for the probe's identity: set PUNKTFUNK_CONFIG_DIR or HOME, or use "
			"--anonymous");
	return pf_identity_load(out, dir, "probe", "punktfunk-client", reason);
}

static int run(const struct pf_probe_options *options)
{
	struct pf_identity *id = NULL;
	struct pf_reason reason = {0};
	int err = options->anonymous ? PF_OK : load_identity(&id, &reason);
	if (err) {
		pf_error_log("probe", "%s", reason.text[0] ? reason.text : pf_strerror(err));
		return EXIT_FAILURE;
	}
	static struct pf_probe_report report;
	pf_probe_session_run(&report, options, id);
	pf_identity_destroy(id);
	if (options->json && pf_probe_report_print_json(&report)) {
		pf_error_log("probe", "no memory for the summary");
		return EXIT_FAILURE;
	}
	if (!options->json)
		pf_probe_report_print(&report);
	return pf_probe_report_status(&report);
}

int main(int argc, char **argv)
{
	struct pf_probe_options options;
	struct pf_reason reason = {0};
	if (pf_probe_options_parse(&options, argc, argv, &reason)) {
		fprintf(stderr, "punktfunk-probe: %s\n", reason.text);
		return USAGE_ERROR;
	}
	if (options.help || options.version) {
		fputs(options.help ? pf_probe_usage() : "punktfunk-probe " PF_VERSION "\n", stdout);
		return EXIT_SUCCESS;
	}
	gnutls_global_init();
	int status = run(&options);
	gnutls_global_deinit();
	return status;
}
