/*
 * One AEAD of one library, behind seal.c. The row's functions get `state` memory of state_bytes, aligned
 * to 64 bytes, whose content seal.c wipes after finish. A tag is always compared in constant time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "seal/seal.h"

#define PF_SEAL_NONCE_BYTES 12

struct pf_seal_backend {
	const char *name; /* of the library */
	enum pf_cipher cipher;
	size_t state_bytes;
	/* Errors: PF_ERR_UNSUPPORTED (this CPU or library cannot), PF_ERR_NOMEM. */
	int (*init)(void *state, const uint8_t *key);
	void (*finish)(void *state); /* NULL when there is nothing to give back */
	/* `from` and `to` are the same place or do not overlap; aad may be empty, not NULL. */
	void (*encrypt)(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
		size_t aad_len, const uint8_t *from, uint8_t *to, size_t len, uint8_t tag[PF_SEAL_TAG_BYTES]);
	/* Likewise; the tag follows the len bytes at `from`. PF_OK or PF_ERR_AUTH, after which anything may stand at `to`. */
	int (*decrypt)(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
		size_t aad_len, const uint8_t *from, uint8_t *to, size_t len);
};

#ifdef PF_HAVE_IPSEC_MB
extern const struct pf_seal_backend pf_seal_ipsec_mb_gcm, pf_seal_ipsec_mb_chacha;
#endif
extern const struct pf_seal_backend pf_seal_gnutls_gcm, pf_seal_sodium_chacha;

/* The rows of this build in order of preference; NULL ends the list. */
extern const struct pf_seal_backend *const pf_seal_backends[];

/* pf_seal_create() with one row instead of the best one: for tests and measuring. */
int pf_seal_create_with(struct pf_seal **out, const struct pf_seal_backend *backend, const uint8_t *key,
	const uint8_t salt[PF_SEAL_SALT_BYTES], enum pf_direction direction);
