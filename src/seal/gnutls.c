/* AES-128-GCM where libipsec-mb does not exist. GnuTLS keeps the key schedule in its handle. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

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

static void encrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad, size_t aad_len,
	uint8_t *text, size_t len, uint8_t tag[PF_SEAL_TAG_BYTES])
{
	struct state *s = state;
	const giovec_t bound = {.iov_base = (void *)aad, .iov_len = aad_len};
	const giovec_t io = {.iov_base = text, .iov_len = len};
	size_t tag_len = PF_SEAL_TAG_BYTES;
	int rc = gnutls_aead_cipher_encryptv2(
		s->handle, nonce, PF_SEAL_NONCE_BYTES, &bound, 1, &io, 1, tag, &tag_len);
	/* Every size is ours, so a refusal is our mistake; plaintext must not leave, in a release build too. */
	if (rc < 0 || tag_len != PF_SEAL_TAG_BYTES)
		abort();
}

static int decrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad, size_t aad_len,
	uint8_t *text, size_t len, const uint8_t tag[PF_SEAL_TAG_BYTES])
{
	struct state *s = state;
	const giovec_t bound = {.iov_base = (void *)aad, .iov_len = aad_len};
	const giovec_t io = {.iov_base = text, .iov_len = len};
	int rc = gnutls_aead_cipher_decryptv2(
		s->handle, nonce, PF_SEAL_NONCE_BYTES, &bound, 1, &io, 1, (void *)tag, PF_SEAL_TAG_BYTES);
	return rc < 0 ? PF_ERR_AUTH : PF_OK;
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
