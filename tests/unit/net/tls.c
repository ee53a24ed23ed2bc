/* Clients that are not ours: other ALPN lists, a ClientHello of two datagrams, odd certificates. */
#include <string.h>

#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "net/quic_conn.h"
#include "pair.h"

#define BASE_PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE"

struct hello {
	const char *priority;
	unsigned flags;
	const char *alpn[3];
	gnutls_certificate_credentials_t credentials; /* NULL: none */
};

/* Nothing has been sent yet: the loop has not run since start_client. */
static void say_hello_as(struct pair *p, const struct hello *hello)
{
	start_client(p, &p->client);
	struct pf_quic *q = p->client.q;
	gnutls_deinit(q->tls.session);
	assert_int_equal(
		gnutls_init(&q->tls.session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT | hello->flags), 0);
	gnutls_session_set_ptr(q->tls.session, &q->tls.ref);
	assert_int_equal(gnutls_priority_set_direct(q->tls.session, hello->priority, NULL), 0);
	gnutls_datum_t list[3];
	unsigned count = 0;
	for (; count < 3 && hello->alpn[count]; count++)
		list[count] = (gnutls_datum_t){
			(unsigned char *)hello->alpn[count], (unsigned)strlen(hello->alpn[count])};
	if (count > 0)
		assert_int_equal(gnutls_alpn_set_protocols(q->tls.session, list, count, 0), 0);
	gnutls_credentials_set(q->tls.session, GNUTLS_CRD_CERTIFICATE,
		hello->credentials ? hello->credentials : pf_identity_credentials(p->client_id));
	assert_int_equal(ngtcp2_crypto_gnutls_configure_client_session(q->tls.session), 0);
	ngtcp2_conn_set_tls_native_handle(q->conn, q->tls.session);
}

static void pkf1_is_chosen_from_a_list(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	say_hello_as(p, &(struct hello){.priority = BASE_PRIORITY, .alpn = {"pkf2", "pkf1"}});
	run_until(p, both_connected);
	gnutls_datum_t chosen;
	assert_int_equal(gnutls_alpn_get_selected_protocol(p->client.q->tls.session, &chosen), 0);
	assert_int_equal(chosen.size, 4);
	assert_memory_equal(chosen.data, "pkf1", 4);
}

static void no_common_protocol_is_refused_with_the_alert(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	say_hello_as(p, &(struct hello){.priority = BASE_PRIORITY, .alpn = {"pkf2", "h3"}});
	run_until(p, both_closed);
	assert_false(p->client.connected || p->at_host[0].connected);
	assert_int_equal(p->client.close.origin, PF_CLOSED_BY_TRANSPORT);
	assert_int_equal(p->client.close.code, 0x100 + 120);
	assert_int_equal(p->at_host[0].close.code, 0x100 + 120);
	assert_non_null(strstr(p->client.close.reason, "TLS alert 120"));
}

static void a_peer_without_protocol_is_refused(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	say_hello_as(p, &(struct hello){.priority = BASE_PRIORITY});
	run_until(p, both_closed);
	assert_false(p->client.connected || p->at_host[0].connected);
	assert_int_equal(p->at_host[0].close.code, 0x100 + 120);
}

/* As of clients that send a hybrid key share first: a large group and one that we take. */
static void a_client_hello_of_two_datagrams_is_put_together(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	say_hello_as(
		p, &(struct hello){.priority = BASE_PRIORITY ":-GROUP-ALL:+GROUP-FFDHE8192:+GROUP-X25519",
			   .flags = GNUTLS_KEY_SHARE_TOP2,
			   .alpn = {"pkf1"}});
	run_until(p, both_connected);
	assert_true(p->relay.first_flight_bytes >= 2 * 1200);
}

/* RSA, expired, and for signing certificates only: nothing but the proof of the key counts. */
static gnutls_certificate_credentials_t odd_certificate(struct pf_fingerprint *print)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	gnutls_certificate_credentials_t credentials;
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "odd", 3), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, 1000000000), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, 1100000000), 0);
	assert_int_equal(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	assert_int_equal(pf_fingerprint_of(print, der.data, der.size), PF_OK);
	gnutls_free(der.data);
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
	assert_int_equal(gnutls_certificate_set_x509_key(credentials, &crt, 1, key), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return credentials;
}

static void any_certificate_is_accepted_from_clients(void **state)
{
	struct pair *p = *state;
	struct pf_fingerprint print;
	gnutls_certificate_credentials_t odd = odd_certificate(&print);
	start_host(p, "127.0.0.1", NULL);
	say_hello_as(p, &(struct hello){
				.priority = BASE_PRIORITY ":%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS",
				.alpn = {"pkf1"},
				.credentials = odd,
			});
	run_until(p, both_connected);
	assert_true(p->at_host[0].peer_known);
	assert_true(pf_fingerprint_equal(&p->at_host[0].peer, &print));
	pf_quic_close(p->client.q, PF_CLOSE_NORMAL, NULL);
	run_until(p, client_closed);
	gnutls_certificate_free_credentials(odd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pkf1_is_chosen_from_a_list),
		TEST(no_common_protocol_is_refused_with_the_alert),
		TEST(a_peer_without_protocol_is_refused),
		TEST(a_client_hello_of_two_datagrams_is_put_together),
		TEST(any_certificate_is_accepted_from_clients),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
