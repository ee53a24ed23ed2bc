/* The ciphers of GameStream (spec 2.3, 3.1, 4.4, 6.10, 7.4), all with 16-byte keys. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AES-GCM without AAD; any iv_len. in and out may be the same. */
void gsc_gcm_seal(const uint8_t key[16], const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t len,
	uint8_t *out, uint8_t tag[16]);
bool gsc_gcm_open(const uint8_t key[16], const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t len,
	uint8_t *out, const uint8_t tag[16]);

/* len a multiple of 16. */
void gsc_ecb_encrypt(const uint8_t key[16], const uint8_t *in, size_t len, uint8_t *out);
void gsc_ecb_decrypt(const uint8_t key[16], const uint8_t *in, size_t len, uint8_t *out);

/* Plaintext length without its PKCS#7 padding, -1 when length or padding is wrong. */
long gsc_cbc_open(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t len, uint8_t *out);

struct gsc_span {
	const void *data;
	size_t len;
};
/* SHA-256 over the spans, which a span without data ends. */
void gsc_sha256(uint8_t out[32], const struct gsc_span *spans);
