#include "identity/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/certificate.h"
#include "os/file.h"
#include "os/owner.h"

#define PEM_MAX ((size_t)64 * 1024)

struct pf_identity {
	gnutls_certificate_credentials_t credentials;
	struct pf_fingerprint fingerprint;
};

struct paths {
	char cert[PATH_MAX];
	char key[PATH_MAX];
	enum pf_key_kind kind; /* of a key that is made */
};

const struct pf_fingerprint *pf_identity_fingerprint(const struct pf_identity *id)
{
	return &id->fingerprint;
}

gnutls_certificate_credentials_t pf_identity_credentials(const struct pf_identity *id)
{
	return id->credentials;
}

void pf_identity_destroy(struct pf_identity *id)
{
	if (!id)
		return;
	if (id->credentials)
		gnutls_certificate_free_credentials(id->credentials);
	free(id);
}

static void wipe(gnutls_datum_t *secret)
{
	if (secret->data)
		gnutls_memset(secret->data, 0, secret->size);
}

int pf_identity_derive(const struct pf_identity *id, const char *label, uint8_t out[PF_IDENTITY_SECRET_BYTES])
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t der = {NULL, 0};
	int rc = gnutls_certificate_get_x509_key(id->credentials, 0, &key);
	if (rc >= 0)
		rc = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_DER, &der);
	if (rc >= 0)
		rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, der.data, der.size, label, strlen(label), out);
	wipe(&der);
	gnutls_free(der.data);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return rc < 0 ? PF_ERR_NOMEM : PF_OK;
}

void pf_identity_wipe_pem(struct pf_identity_pem *pem)
{
	if (pem->key)
		gnutls_memset(pem->key, 0, strlen(pem->key));
	gnutls_free(pem->key);
	gnutls_free(pem->certificate);
	*pem = (struct pf_identity_pem){0};
}

int pf_identity_export(const struct pf_identity *id, struct pf_identity_pem *out)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t *crt = NULL;
	unsigned count = 0;
	gnutls_datum_t key_pem = {NULL, 0}, crt_pem = {NULL, 0};
	int rc = gnutls_certificate_get_x509_key(id->credentials, 0, &key);
	if (rc >= 0)
		rc = gnutls_x509_privkey_export2_pkcs8(
			key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem);
	if (rc >= 0)
		rc = gnutls_certificate_get_x509_crt(id->credentials, 0, &crt, &count);
	if (rc >= 0)
		rc = gnutls_x509_crt_export2(crt[0], GNUTLS_X509_FMT_PEM, &crt_pem);
	*out = (struct pf_identity_pem){(char *)crt_pem.data, (char *)key_pem.data};
	if (key)
		gnutls_x509_privkey_deinit(key);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(crt[i]);
	gnutls_free(crt);
	if (rc >= 0)
		return PF_OK;
	pf_identity_wipe_pem(out);
	return PF_ERR_NOMEM;
}

static int fingerprint_of_certificate(struct pf_fingerprint *out, gnutls_x509_crt_t crt)
{
	gnutls_datum_t der = {NULL, 0};
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return PF_ERR_NOMEM;
	int rc = pf_fingerprint_of(out, der.data, der.size);
	gnutls_free(der.data);
	return rc;
}

/* The credentials keep copies of both; a key of another certificate is refused. */
static int assemble(
	struct pf_identity **out, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct pf_reason *reason)
{
	struct pf_identity *id = calloc(1, sizeof(*id));
	if (!id || gnutls_certificate_allocate_credentials(&id->credentials) < 0) {
		pf_identity_destroy(id);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	int rc = gnutls_certificate_set_x509_key(id->credentials, &crt, 1, key);
	if (rc < 0) {
		pf_identity_destroy(id);
		return pf_reason(reason, PF_ERR_INVALID, "certificate and key do not fit together: %s",
			gnutls_strerror(rc));
	}
	rc = fingerprint_of_certificate(&id->fingerprint, crt);
	if (rc < 0) {
		pf_identity_destroy(id);
		return pf_reason(reason, rc, "cannot compute the certificate's fingerprint");
	}
	*out = id;
	return PF_OK;
}

int pf_identity_generate(struct pf_identity **out, const char *common_name, struct pf_reason *reason)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int rc = pf_certificate_new_key(&key, PF_KEY_P256, reason);
	if (rc < 0)
		return rc;
	rc = pf_certificate_sign(&crt, key, common_name, reason);
	if (rc == PF_OK) {
		rc = assemble(out, crt, key, reason);
		gnutls_x509_crt_deinit(crt);
	}
	gnutls_x509_privkey_deinit(key);
	return rc;
}

static int read_pem(const char *path, mode_t forbidden, gnutls_datum_t *pem, struct pf_reason *reason)
{
	int rc = pf_check_owner(path, forbidden, reason);
	if (rc < 0)
		return rc;
	char *text;
	size_t len;
	rc = pf_file_read(path, PEM_MAX, &text, &len);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot read %s: %s", path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	*pem = (gnutls_datum_t){(unsigned char *)text, (unsigned)len};
	return PF_OK;
}

static int unreadable(const char *path, const char *kind, int tls_rc, struct pf_reason *reason)
{
	return pf_reason(reason, PF_ERR_INVALID,
		"%s is no PEM %s (%s); restore it from a backup, or move it away and pair all devices again",
		path, kind, gnutls_strerror(tls_rc));
}

static int load_key(gnutls_x509_privkey_t *out, const char *path, struct pf_reason *reason)
{
	gnutls_datum_t pem = {NULL, 0};
	int rc = read_pem(path, S_IRWXG | S_IRWXO, &pem, reason);
	if (rc < 0)
		return rc;
	gnutls_x509_privkey_t key = NULL;
	int tls_rc = gnutls_x509_privkey_init(&key);
	if (tls_rc >= 0)
		tls_rc = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	wipe(&pem);
	free(pem.data);
	if (tls_rc < 0) {
		if (key)
			gnutls_x509_privkey_deinit(key);
		return unreadable(path, "private key", tls_rc, reason);
	}
	*out = key;
	return PF_OK;
}

static int load_certificate(gnutls_x509_crt_t *out, const char *path, struct pf_reason *reason)
{
	gnutls_datum_t pem = {NULL, 0};
	int rc = read_pem(path, S_IWGRP | S_IWOTH, &pem, reason);
	if (rc < 0)
		return rc;
	gnutls_x509_crt_t crt = NULL;
	int tls_rc = gnutls_x509_crt_init(&crt);
	if (tls_rc >= 0)
		tls_rc = gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM);
	free(pem.data);
	if (tls_rc < 0) {
		if (crt)
			gnutls_x509_crt_deinit(crt);
		return unreadable(path, "certificate", tls_rc, reason);
	}
	*out = crt;
	return PF_OK;
}

static int write_pem(const char *path, const gnutls_datum_t *pem, struct pf_reason *reason)
{
	int rc = pf_file_write_atomic(path, pem->data, pem->size, 0600);
	if (rc < 0)
		pf_reason(reason, rc, "cannot write %s: %s; check free space and permissions", path,
			strerror(errno));
	return rc;
}

static int create_key(gnutls_x509_privkey_t *out, const struct paths *paths, struct pf_reason *reason)
{
	gnutls_x509_privkey_t key = NULL;
	int rc = pf_certificate_new_key(&key, paths->kind, reason);
	if (rc < 0)
		return rc;
	gnutls_datum_t pem = {NULL, 0};
	if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "cannot encode the private key");
	else
		rc = write_pem(paths->key, &pem, reason);
	wipe(&pem);
	gnutls_free(pem.data);
	if (rc < 0) {
		gnutls_x509_privkey_deinit(key);
		return rc;
	}
	*out = key;
	return PF_OK;
}

static int create_certificate(gnutls_x509_crt_t *out, gnutls_x509_privkey_t key, const char *common_name,
	const char *path, struct pf_reason *reason)
{
	gnutls_x509_crt_t crt = NULL;
	int rc = pf_certificate_sign(&crt, key, common_name, reason);
	if (rc < 0)
		return rc;
	gnutls_datum_t pem = {NULL, 0};
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) < 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "cannot encode the certificate");
	else
		rc = write_pem(path, &pem, reason);
	gnutls_free(pem.data);
	if (rc < 0) {
		gnutls_x509_crt_deinit(crt);
		return rc;
	}
	*out = crt;
	return PF_OK;
}

/*
 * The key is written first: a crash between the two files leaves a key whose certificate nobody has seen,
 * so it may be completed. A certificate without its key was seen, and cannot.
 */
static int load_or_create(struct pf_identity **out, const struct paths *paths, const char *common_name,
	struct pf_reason *reason)
{
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_privkey_t key = NULL;
	int rc = load_certificate(&crt, paths->cert, reason);
	bool seen = rc == PF_OK;
	if (rc < 0 && rc != PF_ERR_NOT_FOUND)
		return rc;

	rc = load_key(&key, paths->key, reason);
	if (rc == PF_ERR_NOT_FOUND && seen)
		rc = pf_reason(reason, PF_ERR_INVALID,
			"%s has lost its key %s; restore the key, or remove the certificate and pair all "
			"devices again",
			paths->cert, paths->key);
	else if (rc == PF_ERR_NOT_FOUND)
		rc = create_key(&key, paths, reason);
	if (rc == PF_OK && !seen)
		rc = create_certificate(&crt, key, common_name, paths->cert, reason);
	if (rc == PF_OK)
		rc = assemble(out, crt, key, reason);

	if (crt)
		gnutls_x509_crt_deinit(crt);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return rc;
}

static int prepare_directory(const char *dir, struct pf_reason *reason)
{
	int rc = pf_dir_ensure(dir);
	if (rc == PF_ERR_AUTH)
		return pf_reason(reason, rc,
			"%s belongs to another user; give it back with: sudo chown -R %u '%s'", dir,
			(unsigned)geteuid(), dir);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot create %s: %s", dir, strerror(errno));
	return PF_OK;
}

static int load_locked(struct pf_identity **out, const char *dir, const struct paths *paths,
	const char *common_name, struct pf_reason *reason)
{
	int rc = prepare_directory(dir, reason);
	if (rc < 0)
		return rc;

	/* Two programs that start together must end with one pair. The lock goes with the descriptor. */
	int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot open %s: %s", dir, strerror(errno));
	while (flock(lock, LOCK_EX) < 0) {
		if (errno != EINTR) {
			rc = pf_reason(reason, PF_ERR_IO, "cannot lock %s: %s", dir, strerror(errno));
			close(lock);
			return rc;
		}
	}
	rc = load_or_create(out, paths, common_name, reason);
	close(lock);
	return rc;
}

/* prefix: of the files' names. */
static bool name_files(struct paths *paths, const char *dir, const char *prefix)
{
	int a = snprintf(paths->cert, sizeof(paths->cert), "%s/%scert.pem", dir, prefix);
	int b = snprintf(paths->key, sizeof(paths->key), "%s/%skey.pem", dir, prefix);
	return a < (int)sizeof(paths->cert) && b < (int)sizeof(paths->key);
}

int pf_identity_load(struct pf_identity **out, const char *dir, const char *name, const char *common_name,
	struct pf_reason *reason)
{
	struct paths paths = {.kind = PF_KEY_P256};
	char prefix[64];
	int n = snprintf(prefix, sizeof(prefix), "%s-", name);
	if (n >= (int)sizeof(prefix) || !name_files(&paths, dir, prefix))
		return pf_reason(reason, PF_ERR_INVALID, "the directory name is too long");
	return load_locked(out, dir, &paths, common_name, reason);
}

int pf_identity_load_gamestream(struct pf_identity **out, const char *dir, struct pf_reason *reason)
{
	struct paths paths = {.kind = PF_KEY_RSA2048};
	if (!name_files(&paths, dir, ""))
		return pf_reason(reason, PF_ERR_INVALID, "the directory name is too long");
	return load_locked(out, dir, &paths, "Punktfunk GameStream host", reason);
}
