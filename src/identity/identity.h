/*
 * A program's own certificate and key (native-control 1.3): self-signed X.509 v3, ECDSA P-256 but for GameStream. Created
 * once, kept 0600 in a 0700 directory, written atomically, never changed afterwards: peers pin it.
 */
#pragma once

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_FINGERPRINT_BYTES 32

/* SHA-256 over the DER encoding of a leaf certificate. */
struct pf_fingerprint {
	uint8_t bytes[PF_FINGERPRINT_BYTES];
};

struct pf_identity;

/*
 * Loads <dir>/<name>-cert.pem and <dir>/<name>-key.pem, or creates both when neither exists. An existing
 * file that does not parse, or a certificate without its key, is an error and is left untouched: a new
 * identity would lock out every paired client.
 * Errors: PF_ERR_IO, PF_ERR_INVALID, PF_ERR_AUTH (files readable by others or not ours), PF_ERR_NOMEM; reason
 * says which file and what would help. common_name: "punktfunk" for the host, "punktfunk-client" for a
 * client.
 */
int pf_identity_load(struct pf_identity **out, const char *dir, const char *name, const char *common_name,
	struct pf_reason *reason);
/* GameStream's own: RSA-2048, in <dir>/cert.pem and <dir>/key.pem. Otherwise as above. */
int pf_identity_load_gamestream(struct pf_identity **out, const char *dir, struct pf_reason *reason);
/* Fresh, only in memory (tests). */
int pf_identity_generate(struct pf_identity **out, const char *common_name, struct pf_reason *reason);
void pf_identity_destroy(struct pf_identity *id);

const struct pf_fingerprint *pf_identity_fingerprint(const struct pf_identity *id);
/* The credentials to present in TLS; live as long as the identity. */
gnutls_certificate_credentials_t pf_identity_credentials(const struct pf_identity *id);

/* A secret of the private key and the label, the same as long as the identity lives; wipe it after use.
 * Errors: PF_ERR_NOMEM. */
#define PF_IDENTITY_SECRET_BYTES 32
int pf_identity_derive(
	const struct pf_identity *id, const char *label, uint8_t out[PF_IDENTITY_SECRET_BYTES]);

/* Of a DER certificate. */
int pf_fingerprint_of(struct pf_fingerprint *out, const void *der, size_t len);
/* Constant time. */
bool pf_fingerprint_equal(const struct pf_fingerprint *a, const struct pf_fingerprint *b);

/* Both as PEM text, to be freed with pf_identity_wipe_pem: for a server of the same identity. Errors: PF_ERR_NOMEM. */
struct pf_identity_pem {
	char *certificate, *key;
};
int pf_identity_export(const struct pf_identity *id, struct pf_identity_pem *out);
void pf_identity_wipe_pem(struct pf_identity_pem *pem);
