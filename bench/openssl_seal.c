#include "openssl_seal.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "seal/backend.h"

struct pf_openssl_seal {
	uint8_t nonce[PF_SEAL_NONCE_BYTES]; /* the salt, then the sequence number */
	EVP_CIPHER_CTX *context;
};

static void must(int done)
{
	if (done != 1)
		abort();
}

struct pf_openssl_seal *pf_openssl_seal_create(const uint8_t key[16], const uint8_t salt[PF_SEAL_SALT_BYTES])
{
	struct pf_openssl_seal *s = calloc(1, sizeof(*s));
	if (!s || !(s->context = EVP_CIPHER_CTX_new()))
		abort();
	memcpy(s->nonce, salt, PF_SEAL_SALT_BYTES);
	must(EVP_EncryptInit_ex(s->context, EVP_aes_128_gcm(), NULL, key, NULL));
	return s;
}

void pf_openssl_seal_destroy(struct pf_openssl_seal *s)
{
	EVP_CIPHER_CTX_free(s->context);
	free(s);
}

void pf_openssl_seal_datagram(struct pf_openssl_seal *s, uint64_t seq, uint8_t *datagram, size_t len)
{
	uint64_t wire_seq = htobe64(seq);
	uint8_t *text = datagram + PF_SEAL_SEQ_BYTES;
	int done;
	memcpy(datagram, &wire_seq, PF_SEAL_SEQ_BYTES);
	memcpy(s->nonce + PF_SEAL_SALT_BYTES, &wire_seq, PF_SEAL_SEQ_BYTES);
	must(EVP_EncryptInit_ex(s->context, NULL, NULL, NULL, s->nonce));
	must(EVP_EncryptUpdate(s->context, NULL, &done, datagram, PF_SEAL_SEQ_BYTES));
	must(EVP_EncryptUpdate(s->context, text, &done, text, (int)len));
	must(EVP_EncryptFinal_ex(s->context, text + len, &done));
	must(EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_GCM_GET_TAG, PF_SEAL_TAG_BYTES, text + len));
}
