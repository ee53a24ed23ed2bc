/*
 * An operator's connection to the running host (product 1.3): HTTPS to the endpoint that the host left in its
 * configuration directory. The host's certificate is the only one that is trusted, so that the token goes to it alone.
 * One thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Exit codes of `ctl`. */
enum pf_ctl_exit {
	PF_CTL_DONE = 0,
	PF_CTL_REFUSED = 1,
	PF_CTL_USAGE = 2,
	PF_CTL_NO_HOST = 3,
	PF_CTL_WRONG_HOST = 4, /* something else listens there: do not try again */
};

struct pf_ctl_client;

int pf_ctl_client_open(struct pf_ctl_client **out, const char *config_dir, struct pf_reason *reason);
void pf_ctl_client_close(struct pf_ctl_client *c);

/* One request. body may be NULL and is borrowed; *answer is what came back, the caller's to free, or NULL. */
enum pf_ctl_exit pf_ctl_call(struct pf_ctl_client *c, const char *method, const char *path,
	const json_t *body, json_t **answer, struct pf_reason *reason);
/* Reads events until the connection ends. on_line gets each line of the stream; false ends it. */
enum pf_ctl_exit pf_ctl_stream(struct pf_ctl_client *c, const char *path,
	bool (*on_line)(void *user, const char *line), void *user, struct pf_reason *reason);
/* Percent-encoded, to be freed with curl_free; NULL without memory. */
char *pf_ctl_escape(struct pf_ctl_client *c, const char *text);
