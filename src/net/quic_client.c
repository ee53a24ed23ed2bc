/* One connection to a host, with a socket of its own. */
#include <stdlib.h>

#include <gnutls/crypto.h>

#include "net/quic_conn.h"

static void on_packet(void *user, const struct pf_quic_packet *packet)
{
	struct pf_quic_endpoint *e = user;
	if (e->connections)
		pf_quic_conn_input(e->connections, packet);
}

static void on_gone(struct pf_quic_endpoint *e)
{
	free(e);
}

int pf_quic_connect(struct pf_quic **out, uv_loop_t *loop, const struct pf_quic_client_params *params,
	const struct pf_quic_events *events, void *user, struct pf_reason *reason)
{
	struct pf_quic_endpoint *e = calloc(1, sizeof(*e));
	if (!e)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	int rc = pf_quic_socket_connect(&e->socket, (const struct sockaddr *)&params->remote, reason);
	if (rc < 0) {
		free(e);
		return rc;
	}
	if (gnutls_rnd(GNUTLS_RND_KEY, e->secret, sizeof(e->secret)) < 0)
		rc = pf_reason(reason, PF_ERR_IO, "the system gives no random numbers");
	if (rc == PF_OK)
		rc = pf_quic_endpoint_start(e, loop, on_packet, on_gone, reason);
	if (rc < 0) {
		pf_quic_socket_finish(&e->socket);
		free(e);
		return rc;
	}
	struct pf_quic *q;
	rc = pf_quic_conn_create_client(&q, e, params);
	if (rc < 0)
		pf_reason(reason, rc, "cannot set up a connection: %s", pf_strerror(rc));
	else
		pf_quic_set_events(q, events, user);
	pf_quic_endpoint_end(e); /* it goes with its only connection */
	if (rc == PF_OK)
		*out = q;
	return rc;
}
