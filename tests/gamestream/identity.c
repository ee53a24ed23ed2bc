#include "identity.h"

#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

gnutls_x509_crt_t gsc_certificate(const char *pem)
{
	gnutls_x509_crt_t cert;
	gnutls_datum_t text = {(unsigned char *)pem, (unsigned)strlen(pem)};
	if (gnutls_x509_crt_init(&cert) < 0)
		return NULL;
	if (gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM) < 0) {
		gnutls_x509_crt_deinit(cert);
		return NULL;
	}
	return cert;
}

size_t gsc_certificate_signature(gnutls_x509_crt_t cert, uint8_t out[GSC_SIGNATURE_MAX])
{
	size_t len = GSC_SIGNATURE_MAX;
	return gnutls_x509_crt_get_signature(cert, (char *)out, &len) < 0 ? 0 : len;
}

bool gsc_certificate_verify(
	gnutls_x509_crt_t cert, const uint8_t *data, size_t len, const uint8_t *sig, size_t sig_len)
{
	gnutls_pubkey_t key;
	gnutls_datum_t what = {(unsigned char *)data, (unsigned)len};
	gnutls_datum_t signature = {(unsigned char *)sig, (unsigned)sig_len};
	if (gnutls_pubkey_init(&key) < 0)
		return false;
	bool ok = gnutls_pubkey_import_x509(key, cert, 0) >= 0 &&
		  gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_RSA_SHA256, 0, &what, &signature) >= 0;
	gnutls_pubkey_deinit(key);
	return ok;
}

bool gsc_certificate_equal(const char *pem_a, const char *pem_b)
{
	gnutls_x509_crt_t a = gsc_certificate(pem_a), b = gsc_certificate(pem_b);
	bool same = a && b && gnutls_x509_crt_equals(a, b);
	if (a)
		gnutls_x509_crt_deinit(a);
	if (b)
		gnutls_x509_crt_deinit(b);
	return same;
}

static int fill_certificate(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key)
{
	static const char name[] = "NVIDIA GameStream Client";
	time_t now = time(NULL);
	int rc = gnutls_x509_crt_set_version(cert, 3);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_serial(cert, "\1", 1);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_dn_by_oid(
			cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, sizeof(name) - 1);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_activation_time(cert, now - 60);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_expiration_time(cert, now + 20L * 365 * 86400);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key(cert, key);
	return rc >= 0 ? gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) : rc;
}

static bool write_datum(const char *path, gnutls_datum_t *text, int rc, int mode)
{
	bool ok = rc >= 0 && gsc_write_file(path, (const char *)text->data, mode);
	if (rc >= 0)
		gnutls_free(text->data);
	return ok;
}

/*
 * Real clients use serial 0, which hosts have to bear and GnuTLS refuses to write: serial 1 becomes 0 in the
 * DER, and the certificate is signed anew.
 */
static bool make_serial_zero(gnutls_datum_t *der, gnutls_x509_privkey_t key)
{
	static const uint8_t serial_one[] = {0xa0, 3, 2, 1, 2, 2, 1, 1};
	const size_t body = 4, serial = body + 4;
	gnutls_privkey_t signer;
	if (der->size < 600 || memcmp(der->data + serial, serial_one, sizeof(serial_one)) != 0)
		return false;
	der->data[serial + 7] = 0;
	gnutls_datum_t what = {der->data + body, 4u + gsc_be16(der->data + body + 2)}, sig = {NULL, 0};
	if (gnutls_privkey_init(&signer) < 0)
		return false;
	bool ok = gnutls_privkey_import_x509(signer, key, 0) >= 0 &&
		  gnutls_privkey_sign_data(signer, GNUTLS_DIG_SHA256, 0, &what, &sig) >= 0 && sig.size == 256;
	if (ok)
		memcpy(der->data + der->size - 256, sig.data, 256);
	gnutls_free(sig.data);
	gnutls_privkey_deinit(signer);
	return ok;
}

static bool write_certificate(const char *path, gnutls_x509_crt_t cert, gnutls_x509_privkey_t key)
{
	gnutls_datum_t der, text;
	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, &der) < 0)
		return false;
	bool ok = make_serial_zero(&der, key);
	int rc = ok ? gnutls_pem_base64_encode2("CERTIFICATE", &der, &text) : -1;
	gnutls_free(der.data);
	return write_datum(path, &text, rc, 0644);
}

static bool make_identity(const struct gsc_identity *id)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
	gnutls_datum_t text;
	if (gnutls_x509_privkey_init(&key) < 0 || gnutls_x509_crt_init(&cert) < 0)
		return false;
	bool ok = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0) >= 0 &&
		  fill_certificate(cert, key) >= 0;
	if (ok) {
		int rc = gnutls_x509_privkey_export2_pkcs8(
			key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &text);
		ok = write_datum(id->key_path, &text, rc, 0600);
		ok = write_certificate(id->cert_path, cert, key) && ok;
	}
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	return ok;
}

static bool load_identity(struct gsc_identity *id)
{
	id->cert_pem = gsc_read_file(id->cert_path);
	char *key_pem = gsc_read_file(id->key_path);
	gnutls_x509_crt_t cert = id->cert_pem ? gsc_certificate(id->cert_pem) : NULL;
	bool ok = false;
	if (cert && key_pem && gnutls_privkey_init(&id->key) >= 0) {
		gnutls_datum_t text = {(unsigned char *)key_pem, (unsigned)strlen(key_pem)};
		ok = gnutls_privkey_import_x509_raw(id->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0) >= 0;
		id->signature_len = gsc_certificate_signature(cert, id->signature);
	}
	if (cert)
		gnutls_x509_crt_deinit(cert);
	free(key_pem);
	return ok && id->signature_len;
}

bool gsc_identity_open(struct gsc_identity *id, const char *dir)
{
	memset(id, 0, sizeof(*id));
	mkdir(dir, 0700);
	id->cert_path = gsc_format("%s/client.pem", dir);
	id->key_path = gsc_format("%s/client.key", dir);
	id->host_path = gsc_format("%s/host.pem", dir);
	char *there = gsc_read_file(id->cert_path);
	bool ok = there || make_identity(id);
	free(there);
	ok = ok && load_identity(id);
	if (!ok)
		fprintf(stderr, "no client certificate can be made or read in %s\n", dir);
	return ok;
}

void gsc_identity_close(struct gsc_identity *id)
{
	if (id->key)
		gnutls_privkey_deinit(id->key);
	free(id->cert_path);
	free(id->key_path);
	free(id->host_path);
	free(id->cert_pem);
}

size_t gsc_identity_sign(struct gsc_identity *id, const uint8_t *data, size_t len, uint8_t *out)
{
	gnutls_datum_t what = {(unsigned char *)data, (unsigned)len}, sig = {NULL, 0};
	size_t n = 0;
	if (gnutls_privkey_sign_data(id->key, GNUTLS_DIG_SHA256, 0, &what, &sig) >= 0 &&
		sig.size <= GSC_SIGNATURE_MAX) {
		memcpy(out, sig.data, sig.size);
		n = sig.size;
	}
	gnutls_free(sig.data);
	return n;
}
