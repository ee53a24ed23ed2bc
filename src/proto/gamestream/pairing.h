/*
 * What a host computes in GameStream's pairing (gamestream 2.3): four phases over a PIN. Pure but for the randomness
 * that the caller brings and the RSA key that it lends.
 */
#pragma once

#include <gnutls/abstract.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_GS_SALT_BYTES      16
#define PF_GS_SECRET_BYTES    16
#define PF_GS_HASH_BYTES      32
#define PF_GS_CHALLENGE_BYTES 16
#define PF_GS_RESPONSE_BYTES  (PF_GS_HASH_BYTES + PF_GS_SECRET_BYTES)
#define PF_GS_SIGNATURE_MAX   512 /* RSA-4096 */
#define PF_GS_PIN_DIGITS      4
#define PF_GS_CERT_PEM_MAX    8192

/* A certificate as pairing sees it. */
struct pf_gs_certificate {
	gnutls_pubkey_t key;                    /* RSA */
	uint8_t signature[PF_GS_SIGNATURE_MAX]; /* signatureValue, raw */
	size_t signature_len;
	uint8_t *der; /* malloc */
	size_t der_len;
};
/* Errors: PF_ERR_INVALID (no certificate, no RSA key), PF_ERR_NOMEM. */
int pf_gs_certificate_read(struct pf_gs_certificate *out, const char *pem, size_t len);
void pf_gs_certificate_finish(struct pf_gs_certificate *c);

struct pf_gs_ceremony {
	uint8_t key[16];                       /* of salt and PIN */
	uint8_t secret[PF_GS_SECRET_BYTES];    /* ss, fresh and random */
	uint8_t challenge[PF_GS_SECRET_BYTES]; /* sc, fresh and random */
	uint8_t client_hash[PF_GS_HASH_BYTES]; /* ch of phase 3 */
};

/* Phase 1: the PIN is there. */
void pf_gs_ceremony_key(
	struct pf_gs_ceremony *c, const uint8_t salt[PF_GS_SALT_BYTES], const char pin[PF_GS_PIN_DIGITS + 1]);
/* Phase 2. signature: of the host's certificate. */
void pf_gs_ceremony_challenge(const struct pf_gs_ceremony *c, const uint8_t *signature, size_t signature_len,
	const uint8_t challenge[PF_GS_CHALLENGE_BYTES], uint8_t response[PF_GS_RESPONSE_BYTES]);
/* Phase 3: takes the client's hash; secret and its signature go out. *len: PF_GS_SECRET_BYTES + the signature's.
 * Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (the key cannot sign). */
int pf_gs_ceremony_reveal(struct pf_gs_ceremony *c, gnutls_privkey_t key,
	const uint8_t hash[PF_GS_HASH_BYTES], uint8_t out[PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX],
	size_t *len);
/* Phase 4: is the client who knows the PIN the owner of the certificate? */
bool pf_gs_ceremony_verify(const struct pf_gs_ceremony *c, const struct pf_gs_certificate *client,
	const uint8_t *proof, size_t len);
