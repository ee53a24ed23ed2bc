#include "crypto.h"

#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/gcm.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

void gsc_gcm_seal(const uint8_t key[16], const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t len,
	uint8_t *out, uint8_t tag[16])
{
	struct gcm_aes128_ctx c;
	gcm_aes128_set_key(&c, key);
	gcm_aes128_set_iv(&c, iv_len, iv);
	gcm_aes128_encrypt(&c, len, out, in);
	gcm_aes128_digest(&c, 16, tag);
}

bool gsc_gcm_open(const uint8_t key[16], const uint8_t *iv, size_t iv_len, const uint8_t *in, size_t len,
	uint8_t *out, const uint8_t tag[16])
{
	struct gcm_aes128_ctx c;
	uint8_t expected[16];
	gcm_aes128_set_key(&c, key);
	gcm_aes128_set_iv(&c, iv_len, iv);
	gcm_aes128_decrypt(&c, len, out, in);
	gcm_aes128_digest(&c, 16, expected);
	return memeql_sec(expected, tag, 16);
}

void gsc_ecb_encrypt(const uint8_t key[16], const uint8_t *in, size_t len, uint8_t *out)
{
	struct aes128_ctx c;
	aes128_set_encrypt_key(&c, key);
	aes128_encrypt(&c, len, out, in);
}

void gsc_ecb_decrypt(const uint8_t key[16], const uint8_t *in, size_t len, uint8_t *out)
{
	struct aes128_ctx c;
	aes128_set_decrypt_key(&c, key);
	aes128_decrypt(&c, len, out, in);
}

long gsc_cbc_open(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t len, uint8_t *out)
{
	struct CBC_CTX(struct aes128_ctx, AES_BLOCK_SIZE) c;
	if (!len || len % 16)
		return -1;
	aes128_set_decrypt_key(&c.ctx, key);
	CBC_SET_IV(&c, iv);
	CBC_DECRYPT(&c, aes128_decrypt, len, out, in);
	unsigned pad = out[len - 1];
	if (pad < 1 || pad > 16)
		return -1;
	for (unsigned i = 1; i <= pad; i++)
		if (out[len - i] != pad)
			return -1;
	return (long)(len - pad);
}

void gsc_sha256(uint8_t out[32], const struct gsc_span *spans)
{
	struct sha256_ctx c;
	sha256_init(&c);
	for (; spans->data; spans++)
		sha256_update(&c, spans->len, spans->data);
	sha256_digest(&c, 32, out);
}
