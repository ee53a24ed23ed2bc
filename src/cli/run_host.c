#include "cli/run_host.h"

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/host_env.h"
#include "display/display.h"
#include "os/file.h"

struct runner {
	uv_loop_t loop;
	uv_signal_t on_int, on_term;
	struct pf_host *host;
};

static void handle_host_gone(void *user)
{
	struct runner *r = user;
	uv_close((uv_handle_t *)&r->on_int, NULL);
	uv_close((uv_handle_t *)&r->on_term, NULL);
}

static void stop(struct runner *r)
{
	struct pf_host *host = r->host;
	r->host = NULL;
	if (host)
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

int pf_run_host(struct pf_host_params *params)
{
	struct runner r = {0};
	struct pf_reason reason = {0};
	if (uv_loop_init(&r.loop) < 0) {
		pf_error_log("host", "cannot make an event loop");
		return 1;
	}
	params->on_done = handle_done;
	params->user = &r;
	int rc = pf_host_create(&r.host, &r.loop, params, &reason);
	if (rc == PF_OK) {
		watch_signals(&r);
		pf_info("host", "punktfunk-host " PF_VERSION " listens on UDP port %u%s",
			pf_host_port(r.host),
			params->open ? ", open to every client" : ", to paired devices only");
	} else {
		pf_error_log("host", "%s", reason.text[0] ? reason.text : pf_strerror(rc));
	}
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	return rc == PF_OK ? 0 : 1;
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
