/*
 * The management API (product 10): HTTPS with the host's own certificate, JSON. Its threads ask the host's net loop
 * for everything (pf_host_ask), so no answer takes longer than that allows. doc/management-api.md tells the routes.
 */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#include "base/error.h"
#include "gamestream/gamestream.h"
#include "session/admin.h"

struct pf_mgmt;

struct pf_mgmt_params {
	struct sockaddr_storage bind; /* port 0 takes a free one */
	const char *config_dir;       /* of the token and the endpoint file */
	const char *token;            /* a service manager's choice; NULL: the file's, made when absent */
	const char *cert_pem, *key_pem;
	struct pf_host *host;             /* outlives the API, as the next one does */
	struct pf_gamestream *gamestream; /* NULL: GameStream is off */
};

/* All texts need live during the call only. Writes mgmt-endpoint. Errors, with a reason: PF_ERR_IO (such as "TCP port
 * 47990 is in use ..."), PF_ERR_AUTH, PF_ERR_INVALID, PF_ERR_NOMEM. */
int pf_mgmt_start(struct pf_mgmt **out, const struct pf_mgmt_params *params, struct pf_reason *reason);
uint16_t pf_mgmt_port(const struct pf_mgmt *m);
/* What happened, for those who watch: pf_host_params.on_event. Net loop. */
void pf_mgmt_tell(struct pf_mgmt *m, const struct pf_host_event *e);
/* After pf_host_stop_answering. Joins every thread, removes the endpoint file. NULL is fine. */
void pf_mgmt_stop(struct pf_mgmt *m);
