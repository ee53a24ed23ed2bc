/* AES-128-GCM through OpenSSL's EVP with one context for all datagrams, the way `openssl speed -evp` and most
 * programs use it: only the nonce is set per datagram. The peer of src/seal. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "seal/seal.h"

struct pf_openssl_seal;

struct pf_openssl_seal *pf_openssl_seal_create(const uint8_t key[16], const uint8_t salt[PF_SEAL_SALT_BYTES]);
void pf_openssl_seal_destroy(struct pf_openssl_seal *s);
/* As pf_seal_datagram towards the client, with the same bytes as result. */
void pf_openssl_seal_datagram(struct pf_openssl_seal *s, uint64_t seq, uint8_t *datagram, size_t len);
