#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "os/clock.h"
#include "os/file.h"

#define RETRY_NS 1000000000ll

/* The frame under way, and where the stream stands. */
struct watch {
	char event[64];
	unsigned long long seq;
	bool have_seq;
	bool connected;
};

static void print_kind(const char *kind)
{
	printf("{\"kind\":\"%s\"}\n", kind);
	fflush(stdout);
}

static bool starts(const char *line, const char *field, const char **value)
{
	size_t len = strlen(field);
	if (strncmp(line, field, len) != 0)
		return false;
	*value = line + len;
	return true;
}

static bool take_line(void *user, const char *line)
{
	struct watch *w = user;
	const char *value;
	w->connected = true;
	if (starts(line, "event: ", &value)) {
		snprintf(w->event, sizeof(w->event), "%s", value);
	} else if (starts(line, "id: ", &value)) {
		w->seq = strtoull(value, NULL, 10);
		w->have_seq = true;
	} else if (starts(line, "data: ", &value)) {
		if (strcmp(w->event, "dropped") == 0) {
			print_kind("ctl.resync");
		} else if (strcmp(w->event, "live") != 0) {
			printf("%s\n", value);
			fflush(stdout);
		}
	}
	return !ferror(stdout);
}

static enum pf_ctl_exit run_once(struct pf_ctl *c, struct watch *w)
{
	char path[600] = "events?", since[40];
	if (c->kinds) {
		char *kinds = pf_ctl_escape(c->client, c->kinds);
		snprintf(path, sizeof(path), "events?kinds=%s&", kinds ? kinds : "");
		curl_free(kinds);
	}
	snprintf(since, sizeof(since), "since=%llu", w->seq);
	if (w->have_seq)
		strncat(path, since, sizeof(path) - strlen(path) - 1);
	return pf_ctl_stream(c->client, path, take_line, w, &c->reason);
}

/* A host that was started anew may listen elsewhere. */
static void find_again(struct pf_ctl *c)
{
	struct pf_ctl_client *client;
	char dir[PATH_MAX];
	if (pf_config_dir(dir, sizeof(dir)) < 0 || pf_ctl_client_open(&client, dir, NULL) < 0)
		return;
	pf_ctl_client_close(c->client);
	c->client = client;
}

/* For ever, over restarts of the host. Only what will not change by itself ends it. */
enum pf_ctl_exit pf_ctl_watch(struct pf_ctl *c)
{
	struct watch w = {0};
	if (c->since) {
		char *end;
		w.seq = strtoull(c->since, &end, 10);
		w.have_seq = true;
		if (!c->since[0] || c->since[strspn(c->since, "0123456789")]) {
			pf_reason(&c->reason, PF_ERR_INVALID, "--since takes the number of an event");
			return PF_CTL_USAGE;
		}
	}
	for (;;) {
		enum pf_ctl_exit rc = run_once(c, &w);
		if (rc == PF_CTL_REFUSED || rc == PF_CTL_WRONG_HOST || ferror(stdout))
			return rc;
		if (w.connected)
			print_kind("ctl.disconnected");
		w.connected = false;
		pf_sleep_until_ns(pf_now_ns() + RETRY_NS);
		find_again(c);
	}
}
