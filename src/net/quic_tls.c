#include "net/quic_tls.h"

#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stddef.h>
#include <string.h>

#define SERVER_NAME "punktfunk"

/*
 * AES-128 first: as strong as the path needs and the fastest on every CPU of this decade. QUIC forbids the
 * middlebox compatibility mode. Certificates are bare keys to us: a key usage extension, as other tools write
 * it, changes nothing, in ours (DEBUG flag) or the peer's (set_up).
 */
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:"
			       "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
			       "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"
			       "%DISABLE_TLS13_COMPAT_MODE:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS";

static const gnutls_datum_t alpn = {(unsigned char *)"pkf1", 4};

static ngtcp2_conn *conn_of(ngtcp2_crypto_conn_ref *ref)
{
	return *(ngtcp2_conn **)ref->user_data;
}

static struct pf_quic_tls *tls_of(gnutls_session_t session)
{
	ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
	return (struct pf_quic_tls *)((char *)ref - offsetof(struct pf_quic_tls, ref));
}

static bool read_peer(struct pf_quic_tls *t)
{
	unsigned count = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(t->session, &count);
	if (!list || count == 0)
		return false;
	t->peer_known = pf_fingerprint_of(&t->peer, list[0].data, list[0].size) == PF_OK;
	return t->peer_known;
}

/* Runs after the host has proved that it has the certificate's key. Nonzero refuses. */
static int verify_host(gnutls_session_t session)
{
	struct pf_quic_tls *t = tls_of(session);
	if (!read_peer(t))
		return -1;
	t->pin_mismatch = t->pinned && !pf_fingerprint_equal(&t->peer, &t->pin);
	return t->pin_mismatch ? -1 : 0;
}

static int set_up(struct pf_quic_tls *t, unsigned flags, gnutls_certificate_credentials_t credentials,
	ngtcp2_conn **conn)
{
	t->ref = (ngtcp2_crypto_conn_ref){.get_conn = conn_of, .user_data = conn};
	if (gnutls_init(&t->session, flags) < 0)
		return PF_ERR_NOMEM;
	gnutls_session_set_ptr(t->session, &t->ref);
	if (gnutls_priority_set_direct(t->session, priority, NULL) < 0)
		return PF_ERR_UNSUPPORTED;
	/* After the priority, which resets it. Of what it relaxes only the peer's key usage is of TLS 1.3. */
	gnutls_session_enable_compatibility_mode(t->session);
	if (gnutls_alpn_set_protocols(t->session, &alpn, 1, GNUTLS_ALPN_MANDATORY) < 0)
		return PF_ERR_NOMEM;
	if (gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
		return PF_ERR_NOMEM;
	return PF_OK;
}

int pf_quic_tls_init_host(struct pf_quic_tls *t, const struct pf_identity *id, ngtcp2_conn **conn)
{
	*t = (struct pf_quic_tls){0};
	int rc = set_up(t, GNUTLS_SERVER | GNUTLS_NO_TICKETS, pf_identity_credentials(id), conn);
	if (rc == PF_OK && ngtcp2_crypto_gnutls_configure_server_session(t->session) != 0)
		rc = PF_ERR_UNSUPPORTED;
	if (rc < 0) {
		pf_quic_tls_finish(t);
		return rc;
	}
	gnutls_certificate_server_set_request(t->session, GNUTLS_CERT_REQUEST);
	gnutls_certificate_send_x509_rdn_sequence(t->session, 1);
	return PF_OK;
}

static int configure_client(struct pf_quic_tls *t)
{
	if (ngtcp2_crypto_gnutls_configure_client_session(t->session) != 0)
		return PF_ERR_UNSUPPORTED;
	gnutls_session_set_verify_function(t->session, verify_host);
	if (gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, SERVER_NAME, strlen(SERVER_NAME)) < 0)
		return PF_ERR_NOMEM;
	return PF_OK;
}

int pf_quic_tls_init_client(struct pf_quic_tls *t, const struct pf_identity *id,
	const struct pf_fingerprint *pin, ngtcp2_conn **conn)
{
	*t = (struct pf_quic_tls){.pinned = pin != NULL};
	if (pin)
		t->pin = *pin;
	if (!id && gnutls_certificate_allocate_credentials(&t->anonymous) < 0)
		return PF_ERR_NOMEM;
	/* FORCE: the host names no authorities, and our only certificate is the one to show. */
	int rc = set_up(t, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT,
		id ? pf_identity_credentials(id) : t->anonymous, conn);
	if (rc == PF_OK)
		rc = configure_client(t);
	if (rc < 0)
		pf_quic_tls_finish(t);
	return rc;
}

void pf_quic_tls_finish(struct pf_quic_tls *t)
{
	if (t->session)
		gnutls_deinit(t->session);
	if (t->anonymous)
		gnutls_certificate_free_credentials(t->anonymous);
	t->session = NULL;
	t->anonymous = NULL;
}

bool pf_quic_tls_check_finished(struct pf_quic_tls *t)
{
	gnutls_datum_t chosen;
	read_peer(t);
	return gnutls_alpn_get_selected_protocol(t->session, &chosen) == 0 && chosen.size == alpn.size &&
	       memcmp(chosen.data, alpn.data, alpn.size) == 0;
}
