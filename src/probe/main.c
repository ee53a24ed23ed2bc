/* punktfunk-probe: a client without a window that connects, verifies, measures and reports (product 1.5). */
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "identity/identity.h"
#include "os/file.h"
#include "probe/discover.h"
#include "probe/known_hosts.h"
#include "probe/options.h"
#include "probe/pair.h"
#include "probe/player.h"
#include "probe/report.h"
#include "probe/session.h"

#define USAGE_ERROR 2

/* Anonymous devices keep nothing. */
static int load_identity(struct pf_identity **out, char dir[PATH_MAX], struct pf_reason *reason)
{
	int err = pf_config_dir(dir, PATH_MAX);
	if (err)
		return pf_reason(reason, err,
			"no directory for the probe's identity: set PUNKTFUNK_CONFIG_DIR or HOME, or use "
			"--anonymous");
	return pf_identity_load(out, dir, "probe", "punktfunk-client", reason);
}

/* A host that was met before must be the same one. */
static int recall_host(struct pf_probe_options *o, const char *dir, struct pf_reason *reason)
{
	if (o->pinned || o->forget)
		return PF_OK;
	int err = pf_known_host_get(&o->pin, dir, o->host, o->port, reason);
	o->pinned = o->remembered = err == PF_OK;
	return err == PF_ERR_NOT_FOUND ? PF_OK : err;
}

static void remember_host(const struct pf_probe_options *o, const char *dir, const struct pf_fingerprint *fp)
{
	struct pf_reason reason = {0};
	if (pf_known_host_put(dir, o->host, o->port, fp, &reason) < 0)
		pf_warn("probe", "the host is not remembered: %s", reason.text);
}

static int not_paired(const char *why)
{
	pf_error_log("probe", "not paired: %s", why);
	return EXIT_FAILURE;
}

static int pair(const struct pf_probe_options *o, const struct pf_identity *id, const char *dir)
{
	struct pf_reason reason = {0};
	struct pf_fingerprint host;
	char pin[PF_PIN_DIGITS + 1] = "", hex[2 * PF_FINGERPRINT_BYTES + 1];
	int err = pf_probe_read_pin(stdin, pin, &reason);
	if (!err)
		err = pf_probe_pair(&host, o, id, pin, &reason);
	explicit_bzero(pin, sizeof(pin));
	if (err)
		return not_paired(reason.text[0] ? reason.text : pf_strerror(err));
	remember_host(o, dir, &host);
	pf_hex_encode(hex, host.bytes, sizeof(host.bytes));
	printf("paired with host %s\n", hex);
	return EXIT_SUCCESS;
}

static int print_report(const struct pf_probe_options *o, const struct pf_probe_report *report)
{
	if (o->json && pf_probe_report_print_json(report)) {
		pf_error_log("probe", "no memory for the summary");
		return EXIT_FAILURE;
	}
	if (!o->json)
		pf_probe_report_print(report);
	return pf_probe_report_status(report);
}

static struct pf_probe_report report;
static struct pf_script script;

static int stream(const struct pf_probe_options *o, const struct pf_identity *id, const char *dir)
{
	struct pf_fingerprint host;
	pf_probe_session_run(&report, o, id, &script);
	if (id && report.welcomed && !o->pinned &&
		pf_hex_decode(host.bytes, sizeof(host.bytes), report.fingerprint))
		remember_host(o, dir, &host);
	return print_report(o, &report);
}

static int discover(const struct pf_probe_options *o)
{
	struct pf_reason reason = {0};
	if (pf_probe_discover(o->discover_s, o->json, &reason) == PF_OK)
		return EXIT_SUCCESS;
	pf_error_log("probe", "%s", reason.text);
	return EXIT_FAILURE;
}

static int run(struct pf_probe_options *o)
{
	struct pf_identity *id = NULL;
	struct pf_reason reason = {0};
	char dir[PATH_MAX];
	int err = o->anonymous ? PF_OK : load_identity(&id, dir, &reason);
	if (!err && id && !o->pair)
		err = recall_host(o, dir, &reason);
	if (err) {
		pf_identity_destroy(id);
		report.failed = true;
		snprintf(report.end, sizeof(report.end), "%s",
			reason.text[0] ? reason.text : pf_strerror(err));
		return o->pair ? not_paired(report.end) : print_report(o, &report);
	}
	int status = o->pair ? pair(o, id, dir) : stream(o, id, dir);
	pf_identity_destroy(id);
	return status;
}

int main(int argc, char **argv)
{
	struct pf_probe_options options;
	struct pf_reason reason = {0};
	if (pf_probe_options_parse(&options, argc, argv, &reason)) {
		fprintf(stderr, "punktfunk-probe: %s\n", reason.text);
		return USAGE_ERROR;
	}
	if (options.pair && options.anonymous) {
		fputs("punktfunk-probe: --pair needs an identity, which --anonymous does without\n", stderr);
		return USAGE_ERROR;
	}
	if (options.help || options.version) {
		fputs(options.help ? pf_probe_usage() : "punktfunk-probe " PF_VERSION "\n", stdout);
		return EXIT_SUCCESS;
	}
	if (pf_probe_script_load(&script, &options, &reason)) {
		fprintf(stderr, "punktfunk-probe: %s\n", reason.text);
		return USAGE_ERROR;
	}
	gnutls_global_init();
	int status = options.discover_s ? discover(&options) : run(&options);
	gnutls_global_deinit();
	pf_script_free(&script);
	/* A full disk behind a redirection must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		pf_error_log("probe", "the summary could not be written");
		status = EXIT_FAILURE;
	}
	return status;
}
