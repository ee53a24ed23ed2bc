#include "identity/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "os/file.h"

#define RACERS 6

struct place {
	char root[64];
	char dir[96];
	char cert[160];
	char key[160];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->root, sizeof(p->root), "/tmp/pf-identity-XXXXXX");
	if (!mkdtemp(p->root))
		return -1;
	snprintf(p->dir, sizeof(p->dir), "%s/deep/config", p->root);
	snprintf(p->cert, sizeof(p->cert), "%s/host-cert.pem", p->dir);
	snprintf(p->key, sizeof(p->key), "%s/host-key.pem", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	pf_dir_remove(p->root);
	free(p);
	return 0;
}

static struct pf_identity *load(const struct place *p)
{
	struct pf_identity *id = NULL;
	struct pf_reason reason = {0};
	int rc = pf_identity_load(&id, p->dir, "host", "punktfunk", &reason);
	if (rc < 0)
		print_message("# %s\n", reason.text);
	assert_int_equal(rc, PF_OK);
	return id;
}

/* Loading must fail with the code, and the reason must name what is asked for. */
static void assert_refused(const struct place *p, int code, const char *mentions)
{
	struct pf_identity *id = NULL;
	struct pf_reason reason = {0};
	assert_int_equal(pf_identity_load(&id, p->dir, "host", "punktfunk", &reason), code);
	assert_null(id);
	assert_non_null(strstr(reason.text, mentions));
}

static gnutls_x509_crt_t certificate_of(const struct pf_identity *id)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned count = 0;
	assert_int_equal(gnutls_certificate_get_x509_crt(pf_identity_credentials(id), 0, &list, &count), 0);
	assert_int_equal(count, 1);
	gnutls_x509_crt_t crt = list[0];
	gnutls_free(list);
	return crt;
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void is_created_once_and_stays(void **state)
{
	struct place *p = *state;
	struct pf_identity *first = load(p);
	struct pf_identity *second = load(p);
	assert_true(pf_fingerprint_equal(pf_identity_fingerprint(first), pf_identity_fingerprint(second)));
	assert_int_equal(mode_of(p->dir), 0700);
	assert_int_equal(mode_of(p->cert), 0600);
	assert_int_equal(mode_of(p->key), 0600);

	char *pem;
	size_t len;
	assert_int_equal(pf_file_read(p->key, 65536, &pem, &len), PF_OK);
	assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----")); /* PKCS#8 */
	free(pem);
	pf_identity_destroy(first);
	pf_identity_destroy(second);
}

static bool has_name(gnutls_x509_crt_t crt, unsigned kind, const void *want, size_t want_len)
{
	for (unsigned i = 0;; i++) {
		char name[256];
		size_t len = sizeof(name);
		int rc = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &len, NULL);
		if (rc < 0)
			return false;
		if ((unsigned)rc == kind && len == want_len && memcmp(name, want, len) == 0)
			return true;
	}
}

static void certificate_is_as_specified(void **state)
{
	struct pf_identity *id;
	assert_int_equal(pf_identity_generate(&id, "punktfunk", NULL), PF_OK);
	gnutls_x509_crt_t crt = certificate_of(id);
	assert_int_equal(gnutls_x509_crt_get_version(crt), 3);
	unsigned bits = 0;
	assert_int_equal(gnutls_x509_crt_get_pk_algorithm(crt, &bits), GNUTLS_PK_ECDSA);
	assert_int_equal(bits, 256);
	char name[64];
	size_t len = sizeof(name);
	assert_int_equal(
		gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len), 0);
	assert_string_equal(name, "punktfunk");

	struct tm from, until;
	time_t start = gnutls_x509_crt_get_activation_time(crt);
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	gmtime_r(&start, &from);
	gmtime_r(&end, &until);
	assert_int_equal(from.tm_year + 1900, 2020);
	assert_int_equal(from.tm_yday, 0);
	assert_int_equal(until.tm_year + 1900, 2040);
	assert_int_equal(until.tm_yday, 0);

	assert_true(has_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9));
	assert_true(has_name(crt, GNUTLS_SAN_IPADDRESS, "\x7f\0\0\1", 4));
	assert_true(has_name(crt, GNUTLS_SAN_IPADDRESS, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16));
	assert_int_equal(gnutls_x509_crt_check_issuer(crt, crt), 1);

	gnutls_datum_t der;
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	struct pf_fingerprint print;
	assert_int_equal(pf_fingerprint_of(&print, der.data, der.size), PF_OK);
	assert_memory_equal(print.bytes, pf_identity_fingerprint(id)->bytes, PF_FINGERPRINT_BYTES);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(crt);
	pf_identity_destroy(id);
}

static void client_certificate_names_the_client(void **state)
{
	struct pf_identity *id;
	assert_int_equal(pf_identity_generate(&id, "punktfunk-client", NULL), PF_OK);
	gnutls_x509_crt_t crt = certificate_of(id);
	assert_true(has_name(crt, GNUTLS_SAN_DNSNAME, "punktfunk-client", 16));
	assert_false(has_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9));
	gnutls_x509_crt_deinit(crt);
	pf_identity_destroy(id);
}

static void fingerprint_of_known_bytes(void **state)
{
	static const uint8_t sha256_abc[PF_FINGERPRINT_BYTES] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
		0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	struct pf_fingerprint a, b;
	assert_int_equal(pf_fingerprint_of(&a, "abc", 3), PF_OK);
	assert_memory_equal(a.bytes, sha256_abc, PF_FINGERPRINT_BYTES);
	b = a;
	assert_true(pf_fingerprint_equal(&a, &b));
	b.bytes[PF_FINGERPRINT_BYTES - 1] ^= 1;
	assert_false(pf_fingerprint_equal(&a, &b));
}

static void derived_secrets_follow_key_and_label(void **state)
{
	struct place *p = *state;
	struct pf_identity *first = load(p), *again = load(p), *other;
	assert_int_equal(pf_identity_generate(&other, "punktfunk", NULL), PF_OK);
	uint8_t a[PF_IDENTITY_SECRET_BYTES], b[PF_IDENTITY_SECRET_BYTES];
	assert_int_equal(pf_identity_derive(first, "label", a), PF_OK);
	assert_int_equal(pf_identity_derive(again, "label", b), PF_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(pf_identity_derive(first, "other label", b), PF_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(pf_identity_derive(other, "label", b), PF_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	pf_identity_destroy(first);
	pf_identity_destroy(again);
	pf_identity_destroy(other);
}

static void key_without_certificate_is_completed(void **state)
{
	struct place *p = *state;
	pf_identity_destroy(load(p));
	char *before, *after;
	size_t len;
	assert_int_equal(pf_file_read(p->key, 65536, &before, &len), PF_OK);
	assert_int_equal(unlink(p->cert), 0);
	pf_identity_destroy(load(p));
	assert_int_equal(pf_file_read(p->key, 65536, &after, &len), PF_OK);
	assert_string_equal(before, after);
	assert_int_equal(mode_of(p->cert), 0600);
	free(before);
	free(after);
}

static void certificate_without_key_is_refused_and_kept(void **state)
{
	struct place *p = *state;
	pf_identity_destroy(load(p));
	assert_int_equal(unlink(p->key), 0);
	assert_refused(p, PF_ERR_INVALID, "lost its key");
	assert_int_equal(access(p->cert, F_OK), 0);
	assert_int_not_equal(access(p->key, F_OK), 0);
}

static void garbage_is_refused_and_kept(void **state)
{
	struct place *p = *state;
	pf_identity_destroy(load(p));
	assert_int_equal(pf_file_write_atomic(p->key, "junk", 4, 0600), PF_OK);
	assert_refused(p, PF_ERR_INVALID, "host-key.pem");
	char *text;
	size_t len;
	assert_int_equal(pf_file_read(p->key, 64, &text, &len), PF_OK);
	assert_string_equal(text, "junk");
	free(text);
	assert_int_equal(pf_file_write_atomic(p->cert, "", 0, 0600), PF_OK);
	assert_refused(p, PF_ERR_INVALID, "host-cert.pem");
}

static void key_of_another_certificate_is_refused(void **state)
{
	struct place *p = *state;
	pf_identity_destroy(load(p));
	struct pf_identity *other = NULL;
	assert_int_equal(pf_identity_load(&other, p->dir, "other", "punktfunk", NULL), PF_OK);
	pf_identity_destroy(other);
	char key[160];
	snprintf(key, sizeof(key), "%s/other-key.pem", p->dir);
	assert_int_equal(rename(key, p->key), 0);
	assert_refused(p, PF_ERR_INVALID, "fit together");
}

static void open_key_is_refused_with_the_remedy(void **state)
{
	struct place *p = *state;
	pf_identity_destroy(load(p));
	assert_int_equal(chmod(p->key, 0640), 0);
	assert_refused(p, PF_ERR_AUTH, "chmod 600 '");
	assert_int_equal(chmod(p->key, 0600), 0);
	assert_int_equal(chmod(p->cert, 0662), 0);
	assert_refused(p, PF_ERR_AUTH, "chmod 600 '");
	assert_int_equal(chmod(p->cert, 0644), 0); /* a certificate is no secret */
	pf_identity_destroy(load(p));
}

static void write_file(const char *path, const gnutls_datum_t *d)
{
	assert_int_equal(pf_file_write_atomic(path, d->data, d->size, 0600), PF_OK);
}

static void rsa_identity_of_early_hosts_loads(void **state)
{
	struct place *p = *state;
	assert_int_equal(pf_dir_ensure(p->dir), PF_OK);
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "old", 3), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, 1577836800), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, 2208988800), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_datum_t pem;
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	write_file(p->cert, &pem);
	gnutls_free(pem.data);
	assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0); /* PKCS#1 */
	write_file(p->key, &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	pf_identity_destroy(load(p));
}

static int race(const struct place *p)
{
	struct pf_identity *id = NULL;
	int rc = pf_identity_load(&id, p->dir, "host", "punktfunk", NULL);
	pf_identity_destroy(id);
	return rc == PF_OK ? 0 : 1;
}

static void programs_that_start_together_share_one(void **state)
{
	struct place *p = *state;
	pid_t child[RACERS];
	for (unsigned i = 0; i < RACERS; i++) {
		child[i] = fork();
		assert_int_not_equal(child[i], -1);
		if (child[i] == 0)
			_exit(race(p));
	}
	for (unsigned i = 0; i < RACERS; i++) {
		int status;
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	pf_identity_destroy(load(p)); /* fails when certificate and key are of different programs */
}

static void a_file_in_the_way_is_named(void **state)
{
	struct place *p = *state;
	char deep[128];
	snprintf(deep, sizeof(deep), "%s/deep", p->root);
	assert_int_equal(pf_file_write_atomic(deep, "x", 1, 0600), PF_OK);
	assert_refused(p, PF_ERR_IO, "/deep/config");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_created_once_and_stays),
		TEST(certificate_is_as_specified),
		TEST(client_certificate_names_the_client),
		TEST(fingerprint_of_known_bytes),
		TEST(derived_secrets_follow_key_and_label),
		TEST(key_without_certificate_is_completed),
		TEST(certificate_without_key_is_refused_and_kept),
		TEST(garbage_is_refused_and_kept),
		TEST(key_of_another_certificate_is_refused),
		TEST(open_key_is_refused_with_the_remedy),
		TEST(rsa_identity_of_early_hosts_loads),
		TEST(programs_that_start_together_share_one),
		TEST(a_file_in_the_way_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
