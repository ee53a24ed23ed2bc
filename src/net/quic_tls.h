/*
 * TLS 1.3 for QUIC (native-control 1.2, 1.3): ALPN "pkf1", the client's certificate asked for but optional,
 * any certificate accepted whose signature verifies; the client compares the host's with its pin.
 * Private to net/. Thread-safety: the loop's thread.
 */
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <stdbool.h>

#include "identity/identity.h"

#define PF_TLS_ALERT_NO_APPLICATION_PROTOCOL 120

struct pf_quic_tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t anonymous; /* of a client without identity */
	ngtcp2_crypto_conn_ref ref;                 /* how ngtcp2 finds the connection */
	bool pinned;
	struct pf_fingerprint pin;
	bool pin_mismatch; /* client: the reason of a bad_certificate alert */
	bool peer_known;   /* the peer sent a certificate */
	struct pf_fingerprint peer;
};

/* `conn` is filled in by the caller before the first packet; both outlive the session.
 * Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (the library refuses the settings). */
int pf_quic_tls_init_host(struct pf_quic_tls *t, const struct pf_identity *id, ngtcp2_conn **conn);
/* id and pin may be NULL. */
int pf_quic_tls_init_client(struct pf_quic_tls *t, const struct pf_identity *id,
	const struct pf_fingerprint *pin, ngtcp2_conn **conn);
void pf_quic_tls_finish(struct pf_quic_tls *t);

/* After the handshake: was "pkf1" agreed? Also remembers the peer's fingerprint. */
bool pf_quic_tls_check_finished(struct pf_quic_tls *t);
