/* AES-128-GCM where libipsec-mb does not exist. GnuTLS keeps the key schedule in its handle. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "seal/backend.h"

struct state {
	gnutls_aead_cipher_hd_t handle;
};

static int init(void *state, const uint8_t *key)
{
	struct state *s = state;
	const gnutls_datum_t datum = {.data = (unsigned char *)key, .size = 16};
	int rc = gnutls_aead_cipher_init(&s->handle, GNUTLS_CIPHER_AES_128_GCM, &datum);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return PF_ERR_NOMEM;
	return rc < 0 ? PF_ERR_UNSUPPORTED : PF_OK;
}

static void finish(void *state)
{
	struct state *s = state;
	gnutls_aead_cipher_deinit(s->handle);
}

/* A tag apart from the text takes the call for pieces of memory, which is dearer and works in place only. */
static int encrypt_apart(struct state *s, const uint8_t *nonce, const uint8_t *aad, size_t aad_len,
	const uint8_t *from, uint8_t *to, size_t len, uint8_t *tag)
{
	const giovec_t bound = {.iov_base = (void *)aad, .iov_len = aad_len};
	const giovec_t io = {.iov_base = to, .iov_len = len};
	size_t tag_len = PF_SEAL_TAG_BYTES;
	if (from != to)
		memcpy(to, from, len);
	return gnutls_aead_cipher_encryptv2(
		s->handle, nonce, PF_SEAL_NONCE_BYTES, &bound, 1, &io, 1, tag, &tag_len);
}

static void encrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad, size_t aad_len,
	const uint8_t *from, uint8_t *to, size_t len, uint8_t tag[PF_SEAL_TAG_BYTES])
{
	struct state *s = state;
	size_t sealed_len = len + PF_SEAL_TAG_BYTES;
	int rc = tag == to + len ? gnutls_aead_cipher_encrypt(s->handle, nonce, PF_SEAL_NONCE_BYTES, aad,
					   aad_len, PF_SEAL_TAG_BYTES, from, len, to, &sealed_len)
				 : encrypt_apart(s, nonce, aad, aad_len, from, to, len, tag);
	/* Every size is ours, so a refusal is our mistake; plaintext must not leave, in a release build too. */
	if (rc < 0 || sealed_len != len + PF_SEAL_TAG_BYTES)
		abort();
}

static int decrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad, size_t aad_len,
	const uint8_t *from, uint8_t *to, size_t len)
{
	struct state *s = state;
	size_t plain_len = len;
	int rc = gnutls_aead_cipher_decrypt(s->handle, nonce, PF_SEAL_NONCE_BYTES, aad, aad_len,
		PF_SEAL_TAG_BYTES, from, len + PF_SEAL_TAG_BYTES, to, &plain_len);
	return rc < 0 || plain_len != len ? PF_ERR_AUTH : PF_OK;
}

const struct pf_seal_backend pf_seal_gnutls_gcm = {
	.name = "gnutls",
	.cipher = PF_CIPHER_AES128_GCM,
	.state_bytes = sizeof(struct state),
	.init = init,
	.finish = finish,
	.encrypt = encrypt,
	.decrypt = decrypt,
};
