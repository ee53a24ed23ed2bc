#include "pairing.h"

#include "bytes.h"
#include "crypto.h"
#include "violations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMON "/pair?devicename=roth&updateState=1&"

struct attempt {
	struct gsc_http *http;
	struct gsc_identity *identity;
	const char *pin;
	bool ignore_wrong_hash;
	uint8_t key[16];
	uint8_t challenge[16];     /* cc */
	uint8_t client_secret[16]; /* cs */
	uint8_t host_hash[32];
	uint8_t host_challenge[16]; /* sc */
	char *host_pem;
	gnutls_x509_crt_t host_cert;
	uint8_t host_signature[GSC_SIGNATURE_MAX];
	size_t host_signature_len;
	char why[256];
};

void gsc_pairing_key(uint8_t key[16], const uint8_t salt[16], const char *pin)
{
	uint8_t hash[32];
	gsc_sha256(hash, (struct gsc_span[]){{salt, 16}, {pin, strlen(pin)}, {0}});
	memcpy(key, hash, 16);
}

/* Takes over path. The bytes of the hex element name, when one is wanted, go to out; their number, -1 on failure. */
static long ask(struct attempt *a, bool https, char *path, const char *name, uint8_t *out, size_t cap)
{
	struct gsc_xml xml;
	long got = -1;
	if (gsc_http_xml(a->http, https, path, strstr(path, "getservercert") ? 900 : 15, &xml, a->why)) {
		const char *paired = gsc_xml_text(&xml, "paired");
		const char *hex = name ? gsc_xml_text(&xml, name) : "";
		if (xml.status_code != 200 || !paired || strcmp(paired, "1") != 0)
			snprintf(a->why, sizeof(a->why), "status %ld, paired %s, message \"%s\"",
				xml.status_code, paired ? paired : "missing",
				xml.status_message ? xml.status_message : "");
		else if (!hex || (got = gsc_unhex(out, cap, hex)) < 0)
			snprintf(a->why, sizeof(a->why), "no proper %s in the reply", name);
	}
	gsc_xml_free(&xml);
	free(path);
	return got;
}

static bool phase1(struct attempt *a)
{
	uint8_t salt[16], pem[8192];
	char salt_hex[33];
	gsc_random(salt, sizeof(salt));
	gsc_hex(salt_hex, salt, sizeof(salt));
	gsc_pairing_key(a->key, salt, a->pin);
	char *cert = gsc_hex_new(a->identity->cert_pem, strlen(a->identity->cert_pem));
	char *path = gsc_format(COMMON "phrase=getservercert&salt=%s&clientcert=%s", salt_hex, cert);
	free(cert);
	long len = ask(a, false, path, "plaincert", pem, sizeof(pem) - 1);
	if (len <= 0) {
		if (len == 0)
			snprintf(a->why, sizeof(a->why), "empty plaincert");
		return false;
	}
	a->host_pem = strndup((const char *)pem, (size_t)len);
	a->host_cert = gsc_certificate(a->host_pem);
	a->host_signature_len = a->host_cert ? gsc_certificate_signature(a->host_cert, a->host_signature) : 0;
	if (a->host_signature_len != 256)
		snprintf(a->why, sizeof(a->why), "plaincert is no RSA-2048 certificate");
	return a->host_signature_len == 256;
}

static bool phase2(struct attempt *a)
{
	uint8_t sealed[48], open[48];
	char hex[33];
	gsc_random(a->challenge, 16);
	gsc_ecb_encrypt(a->key, a->challenge, 16, sealed);
	gsc_hex(hex, sealed, 16);
	long len =
		ask(a, false, gsc_format(COMMON "clientchallenge=%s", hex), "challengeresponse", sealed, 48);
	if (len < 0)
		return false;
	if (len != 48) {
		snprintf(a->why, sizeof(a->why), "challengeresponse has %ld bytes", len);
		return false;
	}
	gsc_ecb_decrypt(a->key, sealed, 48, open);
	memcpy(a->host_hash, open, 32);
	memcpy(a->host_challenge, open + 32, 16);
	return true;
}

static bool check_host_secret(struct attempt *a, const uint8_t *secret)
{
	uint8_t hash[32];
	if (!gsc_certificate_verify(a->host_cert, secret, 16, secret + 16, 256)) {
		snprintf(a->why, sizeof(a->why), "the signature of the host's secret is wrong");
		return false;
	}
	gsc_sha256(hash, (struct gsc_span[]){{a->challenge, 16}, {a->host_signature, a->host_signature_len},
				 {secret, 16}, {0}});
	if (memcmp(hash, a->host_hash, 32) != 0 && !a->ignore_wrong_hash) {
		snprintf(a->why, sizeof(a->why), "wrong PIN: the host's hash does not fit");
		return false;
	}
	return true;
}

static bool phase3(struct attempt *a)
{
	uint8_t hash[32], sealed[32], secret[16 + 256];
	char hex[65];
	gsc_random(a->client_secret, 16);
	gsc_sha256(hash,
		(struct gsc_span[]){{a->host_challenge, 16},
			{a->identity->signature, a->identity->signature_len}, {a->client_secret, 16}, {0}});
	gsc_ecb_encrypt(a->key, hash, 32, sealed);
	gsc_hex(hex, sealed, 32);
	long len = ask(a, false, gsc_format(COMMON "serverchallengeresp=%s", hex), "pairingsecret", secret,
		sizeof(secret));
	if (len < 0)
		return false;
	if (len != sizeof(secret)) {
		snprintf(a->why, sizeof(a->why), "pairingsecret has %ld bytes", len);
		return false;
	}
	return check_host_secret(a, secret);
}

static bool phase4(struct attempt *a)
{
	uint8_t secret[16 + GSC_SIGNATURE_MAX];
	memcpy(secret, a->client_secret, 16);
	size_t len = gsc_identity_sign(a->identity, secret, 16, secret + 16);
	char *hex = gsc_hex_new(secret, 16 + len);
	char *path = gsc_format(COMMON "clientpairingsecret=%s", hex);
	free(hex);
	return ask(a, false, path, NULL, NULL, 0) >= 0;
}

static bool phase5(struct attempt *a)
{
	if (!gsc_write_file(a->identity->host_path, a->host_pem, 0644)) {
		snprintf(a->why, sizeof(a->why), "cannot write %s", a->identity->host_path);
		return false;
	}
	return ask(a, true, gsc_format(COMMON "phrase=pairchallenge"), NULL, NULL, 0) >= 0;
}

int gsc_pair(struct gsc_http *http, struct gsc_identity *identity, const char *pin, bool ignore_wrong_hash)
{
	static bool (*const phases[])(struct attempt *) = {phase1, phase2, phase3, phase4, phase5};
	struct attempt a = {
		.http = http, .identity = identity, .pin = pin, .ignore_wrong_hash = ignore_wrong_hash};
	int failed = 0;
	printf("PIN %s\n", pin);
	fflush(stdout);
	for (int i = 0; i < 5 && !failed; i++)
		failed = phases[i](&a) ? 0 : i + 1;
	if (failed) {
		struct gsc_body body;
		char ignored[256];
		fprintf(stderr, "pairing failed in phase %d: %s\n", failed, a.why);
		gsc_http_get(http, false, "/unpair", 5, &body, ignored);
		free(body.data);
	}
	if (a.host_cert)
		gnutls_x509_crt_deinit(a.host_cert);
	free(a.host_pem);
	return failed ? 1 : 0;
}
