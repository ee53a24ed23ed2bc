/*
 * Making the key and the self-signed certificate of native-control 1.3. Private to identity/.
 * Thread-safety: safe.
 */
#pragma once

#include <gnutls/x509.h>

#include "base/error.h"

enum pf_key_kind {
	PF_KEY_P256,
	PF_KEY_RSA2048, /* GameStream's clients take no other (gamestream 2.1) */
};
/* A fresh key; gnutls_x509_privkey_deinit it. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_certificate_new_key(gnutls_x509_privkey_t *out, enum pf_key_kind kind, struct pf_reason *reason);

/*
 * A self-signed certificate over the key, valid 2020-01-01 .. 2040-01-01. The names of "punktfunk" are the
 * machine's (host name, localhost, 127.0.0.1, ::1); every other common name stands for itself.
 * Over an RSA key it has no names, but says what `openssl req -x509` says: key identifiers and CA:TRUE (gamestream 2.1).
 * gnutls_x509_crt_deinit it. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED.
 */
int pf_certificate_sign(
	gnutls_x509_crt_t *out, gnutls_x509_privkey_t key, const char *common_name, struct pf_reason *reason);
