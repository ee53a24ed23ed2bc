#include "cli/run_host.h"

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "cli/host_env.h"
#include "discovery/announce.h"
#include "discovery/machine.h"
#include "display/display.h"
#include "gamestream/gamestream.h"
#include "mgmt/mgmt.h"
#include "os/file.h"

struct runner {
	uv_loop_t loop;
	uv_signal_t on_int, on_term;
	struct pf_host *host; /* NULL once it is ending */
	struct pf_host *ending;
	struct pf_gamestream *gamestream;   /* NULL = none */
	struct pf_mgmt *mgmt;               /* NULL = none */
	struct pf_announcer *announcer;     /* NULL = none */
	char name[PF_SERVICE_NAME_MAX + 1]; /* that people see */
};

static void tell(struct runner *r, const char *kind)
{
	if (r->mgmt)
		pf_mgmt_tell(r->mgmt, &(struct pf_host_event){.kind = kind});
}

static void handle_event(void *user, const struct pf_host_event *e)
{
	struct runner *r = user;
	if (r->mgmt)
		pf_mgmt_tell(r->mgmt, e);
}

static int start_mgmt(struct runner *r, const struct sockaddr_storage *bind,
	const struct pf_host_params *host, struct pf_reason *reason)
{
	struct pf_identity_pem pem;
	char *token = pf_host_env_take_token();
	int rc = pf_host_export_identity(r->host, &pem);
	if (rc == PF_OK) {
		const struct pf_mgmt_params params = {
			.bind = *bind,
			.config_dir = host->config_dir,
			.token = token,
			.cert_pem = pem.certificate,
			.key_pem = pem.key,
			.host = r->host,
			.gamestream = r->gamestream,
		};
		rc = pf_mgmt_start(&r->mgmt, &params, reason);
		pf_identity_wipe_pem(&pem);
	}
	if (token)
		explicit_bzero(token, strlen(token));
	free(token);
	if (rc == PF_OK)
		pf_host_set_mgmt_port(r->host, pf_mgmt_port(r->mgmt));
	return rc;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
	return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
}

static void name_host(struct runner *r, const char *wanted)
{
	if (wanted)
		snprintf(r->name, sizeof(r->name), "%s", wanted);
	else if (gethostname(r->name, sizeof(r->name) - 1) < 0 || !r->name[0])
		snprintf(r->name, sizeof(r->name), "punktfunk");
}

static int start_gamestream(struct runner *r, const struct pf_host_params *host,
	const struct pf_host_services *services, struct pf_reason *reason)
{
	const struct pf_gamestream_params params = {
		.host = r->host,
		.host_params = host,
		.bind = services->gamestream_bind,
		.port = services->gamestream_port,
		.name = r->name,
		.encrypt = (enum pf_gs_encrypt)services->gamestream_encrypt,
		.slow_codecs = services->gamestream_slow_codecs,
		.keep_s = services->gamestream_keep_s,
	};
	return services->gamestream ? pf_gamestream_start(&r->gamestream, &params, reason) : PF_OK;
}

/* A host that nobody finds still serves those who know its address. */
static void announce(
	struct runner *r, const struct pf_host_params *host, const struct pf_host_services *services)
{
	struct pf_reason reason = {0};
	struct pf_announcer_params params = {
		.record = {.port = pf_host_port(r->host),
			.pairing_required = !host->open,
			.mgmt_port = pf_mgmt_port(r->mgmt)},
	};
	struct pf_record *record = &params.record;
	if (is_loopback(&host->bind)) {
		pf_debug("mdns", "nothing is announced: the host listens on this machine only");
		return;
	}
	if (host->bind.ss_family == AF_INET)
		params.bound = ((const struct sockaddr_in *)&host->bind)->sin_addr;
	memcpy(record->name, r->name, sizeof(record->name));
	record->gamestream_port = r->gamestream ? pf_gamestream_port(r->gamestream) : 0;
	pf_hex_encode(record->fingerprint, pf_host_fingerprint(r->host)->bytes, PF_FINGERPRINT_BYTES);
	pf_machine_os(record->os, sizeof(record->os), "/etc/os-release");
	int rc = pf_machine_id(record->id, host->config_dir, &reason);
	if (rc == PF_OK)
		rc = pf_announcer_start(&r->announcer, &params, &reason);
	if (rc < 0)
		pf_warn("mdns", "this host is not announced: %s", reason.text);
}

static void handle_host_gone(void *user)
{
	struct runner *r = user;
	uv_close((uv_handle_t *)&r->on_int, NULL);
	uv_close((uv_handle_t *)&r->on_term, NULL);
}

/* Its streams used the host until now. */
static void handle_gamestream_gone(void *user)
{
	struct runner *r = user;
	pf_host_destroy(r->ending, handle_host_gone, r);
}

static void stop(struct runner *r)
{
	struct pf_host *host = r->host;
	r->ending = host;
	r->host = NULL;
	if (!host)
		return;
	tell(r, "host.stopping");
	pf_announcer_stop(r->announcer);
	r->announcer = NULL;
	pf_host_stop_answering(host);
	pf_mgmt_stop(r->mgmt);
	r->mgmt = NULL;
	if (r->gamestream)
		pf_gamestream_stop(r->gamestream, handle_gamestream_gone, r);
	else
		pf_host_destroy(host, handle_host_gone, r);
}

static void handle_signal(uv_signal_t *signal, int number)
{
	struct runner *r = signal->data;
	if (!r->host) {
		/* Displays belong to keepers, which clean up after a host that is gone. */
		pf_warn("host", "%s again: leaving at once", number == SIGINT ? "interrupted" : "terminated");
		_exit(EXIT_FAILURE);
	}
	pf_info("host", "%s: ending sessions and displays", number == SIGINT ? "interrupted" : "terminated");
	stop(r);
}

static void handle_done(void *user)
{
	stop(user);
}

static void watch_signals(struct runner *r)
{
	signal(SIGPIPE, SIG_IGN);
	uv_signal_init(&r->loop, &r->on_int);
	uv_signal_init(&r->loop, &r->on_term);
	r->on_int.data = r->on_term.data = r;
	uv_signal_start(&r->on_int, handle_signal, SIGINT);
	uv_signal_start(&r->on_term, handle_signal, SIGTERM);
}

/* What a person wants to see once everything listens. */
static void greet(const struct runner *r, const struct pf_host_params *params)
{
	char api[64] = "";
	if (r->mgmt)
		snprintf(api, sizeof(api), ", management API on TCP port %u", pf_mgmt_port(r->mgmt));
	pf_info("host", "punktfunk-host " PF_VERSION " listens on UDP port %u%s%s", pf_host_port(r->host),
		params->open ? ", open to every client" : ", to paired devices only", api);
}

int pf_run_host(struct pf_host_params *params, const struct pf_host_services *services)
{
	struct runner r = {0};
	struct pf_reason reason = {0};
	if (uv_loop_init(&r.loop) < 0) {
		pf_error_log("host", "cannot make an event loop");
		return 1;
	}
	params->on_done = handle_done;
	params->user = &r;
	params->on_event = handle_event;
	params->event_user = &r;
	int rc = pf_host_create(&r.host, &r.loop, params, &reason);
	if (rc == PF_OK) {
		watch_signals(&r);
		if (services) {
			name_host(&r, services->name);
			rc = start_gamestream(&r, params, services, &reason);
		}
		if (services && rc == PF_OK)
			rc = start_mgmt(&r, &services->mgmt, params, &reason);
		if (rc < 0)
			stop(&r);
	}
	if (rc == PF_OK) {
		greet(&r, params);
		tell(&r, "host.started");
		if (services && services->mdns)
			announce(&r, params, services);
	} else {
		pf_error_log("host", "%s", reason.text[0] ? reason.text : pf_strerror(rc));
	}
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	return rc == PF_OK ? 0 : 1;
}

/* Operators' commands come over the loopback address, whatever else is let in. */
static bool reaches_loopback(const struct sockaddr_storage *a)
{
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
	uint32_t v4 = ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr);
	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(v6);
	return v4 == INADDR_ANY || v4 == INADDR_LOOPBACK;
}

bool pf_parse_mgmt_bind(const char *text, struct sockaddr_storage *out)
{
	char ip[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	char *end = NULL;
	long port = colon ? strtol(colon + 1, &end, 10) : -1;
	size_t len = colon ? (size_t)(colon - text) : 0;
	if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(ip) || port < 0 || port > 65535 || end == colon + 1 || *end) {
		fprintf(stderr, "punktfunk-host: --mgmt-bind: '%s' is not IP:PORT\n", text);
		return false;
	}
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (!pf_parse_bind(ip, port, out))
		return false;
	if (reaches_loopback(out))
		return true;
	fprintf(stderr,
		"punktfunk-host: --mgmt-bind: the host's own commands reach 127.0.0.1 and the wildcard "
		"addresses "
		"only, not %s\n",
		ip);
	return false;
}

bool pf_parse_bind(const char *ip, long port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	*out = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		return true;
	}
	fprintf(stderr, "punktfunk-host: '%s' is not an IP address\n", ip);
	return false;
}

static bool fill_directories(struct pf_host_params *params)
{
	static char config[PATH_MAX], runtime[PATH_MAX];
	if (pf_config_dir(config, sizeof(config)) < 0) {
		fprintf(stderr, "punktfunk-host: no home directory; set PUNKTFUNK_CONFIG_DIR\n");
		return false;
	}
	if (pf_display_runtime_root(runtime, sizeof(runtime)) < 0) {
		fprintf(stderr, "punktfunk-host: XDG_RUNTIME_DIR is too long\n");
		return false;
	}
	params->config_dir = config;
	params->runtime_root = runtime;
	return true;
}

int pf_prepare_host(struct pf_host_params *params)
{
	if (!fill_directories(params))
		return 2;
	struct pf_reason reason = {0};
	if (pf_host_env_load(params->config_dir, &reason) == PF_OK)
		return 0;
	pf_error_log("host", "%s", reason.text);
	return 1;
}
