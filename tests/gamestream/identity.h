/* The client's certificate and key, kept in the state folder, and what pairing needs of certificates. */
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GSC_SIGNATURE_MAX = 512 };

struct gsc_identity {
	char *cert_path;
	char *key_path;
	char *host_path; /* the pinned certificate of the host */
	char *cert_pem;
	gnutls_privkey_t key;
	uint8_t signature[GSC_SIGNATURE_MAX]; /* signatureValue of the certificate */
	size_t signature_len;
};

/* Makes folder, key and certificate when they are missing. False with a line on stderr. */
bool gsc_identity_open(struct gsc_identity *id, const char *dir);
void gsc_identity_close(struct gsc_identity *id);

/* RSASSA-PKCS1-v1_5 with SHA-256. out holds GSC_SIGNATURE_MAX; its length, 0 on failure. */
size_t gsc_identity_sign(struct gsc_identity *id, const uint8_t *data, size_t len, uint8_t *out);

/* Of a certificate in PEM: NULL when it is none. */
gnutls_x509_crt_t gsc_certificate(const char *pem);
size_t gsc_certificate_signature(gnutls_x509_crt_t cert, uint8_t out[GSC_SIGNATURE_MAX]);
bool gsc_certificate_verify(
	gnutls_x509_crt_t cert, const uint8_t *data, size_t len, const uint8_t *sig, size_t sig_len);
bool gsc_certificate_equal(const char *pem_a, const char *pem_b);
