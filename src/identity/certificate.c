#include "identity/certificate.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define HOST_COMMON_NAME "punktfunk"
#define VALID_FROM       1577836800 /* 2020-01-01T00:00:00Z */
#define VALID_UNTIL      2208988800 /* 2040-01-01T00:00:00Z */
#define SERIAL_BYTES     16

static int refuse(struct pf_reason *reason, const char *what, int rc)
{
	return pf_reason(reason, rc == GNUTLS_E_MEMORY_ERROR ? PF_ERR_NOMEM : PF_ERR_UNSUPPORTED,
		"cannot make %s: %s", what, gnutls_strerror(rc));
}

int pf_certificate_new_key(gnutls_x509_privkey_t *out, enum pf_key_kind kind, struct pf_reason *reason)
{
	gnutls_x509_privkey_t key = NULL;
	int rc = gnutls_x509_privkey_init(&key);
	if (rc >= 0 && kind == PF_KEY_RSA2048)
		rc = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0);
	else if (rc >= 0)
		rc = gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (rc < 0) {
		if (key)
			gnutls_x509_privkey_deinit(key);
		return refuse(reason, "a key", rc);
	}
	*out = key;
	return PF_OK;
}

/* A host name that is not a DNS name would make the certificate malformed. */
static bool is_dns_name(const char *name)
{
	if (!name[0])
		return false;
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	}
	return true;
}

static int add_dns_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(
		crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_address(gnutls_x509_crt_t crt, const void *addr, unsigned len)
{
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, addr, len, GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t crt, const char *common_name)
{
	if (strcmp(common_name, HOST_COMMON_NAME) != 0)
		return add_dns_name(crt, common_name);

	static const uint8_t loopback4[4] = {127, 0, 0, 1};
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	int rc = 0;
	if (is_dns_name(host) && strcmp(host, "localhost") != 0)
		rc = add_dns_name(crt, host);
	if (rc >= 0)
		rc = add_dns_name(crt, "localhost");
	if (rc >= 0)
		rc = add_address(crt, loopback4, sizeof(loopback4));
	if (rc >= 0)
		rc = add_address(crt, &in6addr_loopback, sizeof(in6addr_loopback));
	return rc;
}

static int set_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[SERIAL_BYTES];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	if (rc < 0)
		return rc;
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and of constant length in DER */
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int add_authority(gnutls_x509_crt_t crt)
{
	uint8_t id[64];
	size_t len = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(crt, 0, id, &len);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_subject_key_id(crt, id, len);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_authority_key_id(crt, id, len);
	return rc < 0 ? rc : gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
}

static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *common_name)
{
	int rc = gnutls_x509_crt_set_version(crt, 3);
	if (rc >= 0)
		rc = set_serial(crt);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name, (unsigned)strlen(common_name));
	if (rc >= 0)
		rc = gnutls_x509_crt_set_activation_time(crt, VALID_FROM);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_expiration_time(crt, VALID_UNTIL);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key(crt, key);
	if (rc >= 0 && gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_RSA)
		rc = add_authority(crt);
	else if (rc >= 0)
		rc = add_names(crt, common_name);
	if (rc >= 0)
		rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	return rc;
}

int pf_certificate_sign(
	gnutls_x509_crt_t *out, gnutls_x509_privkey_t key, const char *common_name, struct pf_reason *reason)
{
	gnutls_x509_crt_t crt = NULL;
	int rc = gnutls_x509_crt_init(&crt);
	if (rc >= 0)
		rc = fill(crt, key, common_name);
	if (rc < 0) {
		if (crt)
			gnutls_x509_crt_deinit(crt);
		return refuse(reason, "a certificate", rc);
	}
	*out = crt;
	return PF_OK;
}
