#include "proto/gamestream/pairing.h"

#include <gnutls/x509.h>
#include <nettle/aes.h>
#include <nettle/sha2.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* --- certificates --- */

static int read_signature(struct pf_gs_certificate *out, gnutls_x509_crt_t cert)
{
	out->signature_len = sizeof(out->signature);
	return gnutls_x509_crt_get_signature(cert, (char *)out->signature, &out->signature_len) == 0
		       ? PF_OK
		       : PF_ERR_INVALID;
}

static int read_key(struct pf_gs_certificate *out, gnutls_x509_crt_t cert)
{
	unsigned bits;
	if (gnutls_pubkey_init(&out->key) < 0)
		return PF_ERR_NOMEM;
	if (gnutls_pubkey_import_x509(out->key, cert, 0) < 0 ||
		gnutls_pubkey_get_pk_algorithm(out->key, &bits) != GNUTLS_PK_RSA)
		return PF_ERR_INVALID;
	return PF_OK;
}

static int read_der(struct pf_gs_certificate *out, gnutls_x509_crt_t cert)
{
	gnutls_datum_t der;
	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, &der) < 0)
		return PF_ERR_NOMEM;
	out->der = malloc(der.size);
	if (out->der)
		memcpy(out->der, der.data, der.size);
	out->der_len = der.size;
	gnutls_free(der.data);
	return out->der ? PF_OK : PF_ERR_NOMEM;
}

int pf_gs_certificate_read(struct pf_gs_certificate *out, const char *pem, size_t len)
{
	gnutls_x509_crt_t cert;
	const gnutls_datum_t text = {.data = (unsigned char *)pem, .size = (unsigned)len};
	*out = (struct pf_gs_certificate){0};
	if (len == 0 || len > PF_GS_CERT_PEM_MAX)
		return PF_ERR_INVALID;
	if (gnutls_x509_crt_init(&cert) < 0)
		return PF_ERR_NOMEM;
	int rc = gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM) == 0 ? PF_OK : PF_ERR_INVALID;
	if (rc == PF_OK)
		rc = read_signature(out, cert);
	if (rc == PF_OK)
		rc = read_key(out, cert);
	if (rc == PF_OK)
		rc = read_der(out, cert);
	gnutls_x509_crt_deinit(cert);
	if (rc < 0)
		pf_gs_certificate_finish(out);
	return rc;
}

void pf_gs_certificate_finish(struct pf_gs_certificate *c)
{
	if (c->key)
		gnutls_pubkey_deinit(c->key);
	free(c->der);
	*c = (struct pf_gs_certificate){0};
}

/* --- phases --- */

struct part {
	const void *data;
	size_t len;
};

static void hash_parts(const struct part *part, size_t count, uint8_t out[PF_GS_HASH_BYTES])
{
	struct sha256_ctx ctx;
	sha256_init(&ctx);
	for (size_t i = 0; i < count; i++)
		sha256_update(&ctx, part[i].len, part[i].data);
	sha256_digest(&ctx, PF_GS_HASH_BYTES, out);
}

void pf_gs_ceremony_key(
	struct pf_gs_ceremony *c, const uint8_t salt[PF_GS_SALT_BYTES], const char pin[PF_GS_PIN_DIGITS + 1])
{
	const struct part parts[] = {{salt, PF_GS_SALT_BYTES}, {pin, PF_GS_PIN_DIGITS}};
	uint8_t digest[PF_GS_HASH_BYTES];
	hash_parts(parts, 2, digest);
	memcpy(c->key, digest, sizeof(c->key));
	sodium_memzero(digest, sizeof(digest));
}

/* AES-ECB: every block for itself, as the protocol has it. */
static void encrypt(const struct pf_gs_ceremony *c, const uint8_t *text, size_t len, uint8_t *out)
{
	struct aes128_ctx aes;
	aes128_set_encrypt_key(&aes, c->key);
	aes128_encrypt(&aes, len, out, text);
	sodium_memzero(&aes, sizeof(aes));
}

static void decrypt(const struct pf_gs_ceremony *c, const uint8_t *sealed, size_t len, uint8_t *out)
{
	struct aes128_ctx aes;
	aes128_set_decrypt_key(&aes, c->key);
	aes128_decrypt(&aes, len, out, sealed);
	sodium_memzero(&aes, sizeof(aes));
}

void pf_gs_ceremony_challenge(const struct pf_gs_ceremony *c, const uint8_t *signature, size_t signature_len,
	const uint8_t challenge[PF_GS_CHALLENGE_BYTES], uint8_t response[PF_GS_RESPONSE_BYTES])
{
	uint8_t theirs[PF_GS_CHALLENGE_BYTES], text[PF_GS_RESPONSE_BYTES];
	decrypt(c, challenge, sizeof(theirs), theirs);
	const struct part parts[] = {
		{theirs, sizeof(theirs)}, {signature, signature_len}, {c->secret, sizeof(c->secret)}};
	hash_parts(parts, 3, text);
	memcpy(text + PF_GS_HASH_BYTES, c->challenge, sizeof(c->challenge));
	encrypt(c, text, sizeof(text), response);
}

int pf_gs_ceremony_reveal(struct pf_gs_ceremony *c, gnutls_privkey_t key,
	const uint8_t hash[PF_GS_HASH_BYTES], uint8_t out[PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX],
	size_t *len)
{
	const gnutls_datum_t secret = {.data = c->secret, .size = sizeof(c->secret)};
	gnutls_datum_t signature;
	decrypt(c, hash, PF_GS_HASH_BYTES, c->client_hash);
	if (gnutls_privkey_sign_data(key, GNUTLS_DIG_SHA256, 0, &secret, &signature) < 0)
		return PF_ERR_UNSUPPORTED;
	bool fits = signature.size <= PF_GS_SIGNATURE_MAX;
	if (fits) {
		memcpy(out, c->secret, sizeof(c->secret));
		memcpy(out + sizeof(c->secret), signature.data, signature.size);
		*len = sizeof(c->secret) + signature.size;
	}
	gnutls_free(signature.data);
	return fits ? PF_OK : PF_ERR_UNSUPPORTED;
}

bool pf_gs_ceremony_verify(const struct pf_gs_ceremony *c, const struct pf_gs_certificate *client,
	const uint8_t *proof, size_t len)
{
	uint8_t wanted[PF_GS_HASH_BYTES];
	if (len <= PF_GS_SECRET_BYTES || len > PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX)
		return false;
	const struct part parts[] = {{c->challenge, sizeof(c->challenge)},
		{client->signature, client->signature_len}, {proof, PF_GS_SECRET_BYTES}};
	hash_parts(parts, 3, wanted);
	const gnutls_datum_t secret = {.data = (unsigned char *)proof, .size = PF_GS_SECRET_BYTES};
	const gnutls_datum_t signature = {.data = (unsigned char *)proof + PF_GS_SECRET_BYTES,
		.size = (unsigned)(len - PF_GS_SECRET_BYTES)};
	bool knows = sodium_memcmp(wanted, c->client_hash, sizeof(wanted)) == 0;
	bool owns = gnutls_pubkey_verify_data2(client->key, GNUTLS_SIGN_RSA_SHA256,
			    GNUTLS_VERIFY_ALLOW_BROKEN, &secret, &signature) >= 0;
	return knows && owns;
}
