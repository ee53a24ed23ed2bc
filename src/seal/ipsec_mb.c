/*
 * The library's direct calls, without its job manager: one packet per call is as fast as many, and nothing
 * waits. The manager is only asked once for the functions that fit this CPU, then it goes.
 */
#include <intel-ipsec-mb.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "seal/backend.h"

struct gcm_state {
	struct gcm_key_data key;
	struct gcm_context_data context;
	aes_gcm_enc_dec_t encrypt, decrypt;
};

struct chacha_state {
	uint8_t key[32];
	struct chacha20_poly1305_context_data context;
	chacha_poly_init_t start;
	chacha_poly_enc_dec_update_t encrypt, decrypt;
	chacha_poly_finalize_t finish;
};

static int manager_open(IMB_MGR **out)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);
	if (!mgr)
		return PF_ERR_NOMEM;
	init_mb_mgr_auto(mgr, NULL);
	if (imb_get_errno(mgr) != 0) {
		free_mb_mgr(mgr);
		return PF_ERR_UNSUPPORTED;
	}
	*out = mgr;
	return PF_OK;
}

/* In constant time. sodium_memcmp() is too, but takes a quarter of the time that opening does. */
static bool tags_equal(const uint8_t a[PF_SEAL_TAG_BYTES], const uint8_t b[PF_SEAL_TAG_BYTES])
{
	uint64_t x[2], y[2];
	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static int gcm_init(void *state, const uint8_t *key)
{
	struct gcm_state *s = state;
	IMB_MGR *mgr;
	int rc = manager_open(&mgr);
	if (rc < 0)
		return rc;
	IMB_AES128_GCM_PRE(mgr, key, &s->key);
	s->encrypt = mgr->gcm128_enc;
	s->decrypt = mgr->gcm128_dec;
	free_mb_mgr(mgr);
	return PF_OK;
}

static void gcm_encrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
	size_t aad_len, const uint8_t *from, uint8_t *to, size_t len, uint8_t tag[PF_SEAL_TAG_BYTES])
{
	struct gcm_state *s = state;
	s->encrypt(&s->key, &s->context, to, from, len, nonce, aad, aad_len, tag, PF_SEAL_TAG_BYTES);
}

static int gcm_decrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
	size_t aad_len, const uint8_t *from, uint8_t *to, size_t len)
{
	struct gcm_state *s = state;
	uint8_t wanted[PF_SEAL_TAG_BYTES];
	s->decrypt(&s->key, &s->context, to, from, len, nonce, aad, aad_len, wanted, PF_SEAL_TAG_BYTES);
	return tags_equal(wanted, from + len) ? PF_OK : PF_ERR_AUTH;
}

static int chacha_init(void *state, const uint8_t *key)
{
	struct chacha_state *s = state;
	IMB_MGR *mgr;
	int rc = manager_open(&mgr);
	if (rc < 0)
		return rc;
	memcpy(s->key, key, sizeof(s->key));
	s->start = mgr->chacha20_poly1305_init;
	s->encrypt = mgr->chacha20_poly1305_enc_update;
	s->decrypt = mgr->chacha20_poly1305_dec_update;
	s->finish = mgr->chacha20_poly1305_finalize;
	free_mb_mgr(mgr);
	return PF_OK;
}

static void chacha_run(struct chacha_state *s, chacha_poly_enc_dec_update_t update, const uint8_t *nonce,
	const uint8_t *aad, size_t aad_len, const uint8_t *from, uint8_t *to, size_t len, uint8_t *tag)
{
	s->start(s->key, &s->context, nonce, aad, aad_len);
	update(s->key, &s->context, to, from, len);
	s->finish(&s->context, tag, PF_SEAL_TAG_BYTES);
}

static void chacha_encrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
	size_t aad_len, const uint8_t *from, uint8_t *to, size_t len, uint8_t tag[PF_SEAL_TAG_BYTES])
{
	struct chacha_state *s = state;
	chacha_run(s, s->encrypt, nonce, aad, aad_len, from, to, len, tag);
}

static int chacha_decrypt(void *state, const uint8_t nonce[PF_SEAL_NONCE_BYTES], const uint8_t *aad,
	size_t aad_len, const uint8_t *from, uint8_t *to, size_t len)
{
	struct chacha_state *s = state;
	uint8_t wanted[PF_SEAL_TAG_BYTES];
	chacha_run(s, s->decrypt, nonce, aad, aad_len, from, to, len, wanted);
	return tags_equal(wanted, from + len) ? PF_OK : PF_ERR_AUTH;
}

const struct pf_seal_backend pf_seal_ipsec_mb_gcm = {
	.name = "ipsec-mb",
	.cipher = PF_CIPHER_AES128_GCM,
	.state_bytes = sizeof(struct gcm_state),
	.init = gcm_init,
	.encrypt = gcm_encrypt,
	.decrypt = gcm_decrypt,
};

const struct pf_seal_backend pf_seal_ipsec_mb_chacha = {
	.name = "ipsec-mb",
	.cipher = PF_CIPHER_CHACHA20_POLY1305,
	.state_bytes = sizeof(struct chacha_state),
	.init = chacha_init,
	.encrypt = chacha_encrypt,
	.decrypt = chacha_decrypt,
};
