#include <arpa/inet.h>
#include <string.h>

#include "pair.h"

static void fingerprints_are_seen_on_both_sides(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	assert_true(p->client.peer_known && p->at_host[0].peer_known);
	assert_true(pf_fingerprint_equal(&p->client.peer, pf_identity_fingerprint(p->host_id)));
	assert_true(pf_fingerprint_equal(&p->at_host[0].peer, pf_identity_fingerprint(p->client_id)));
}

static void client_without_certificate_is_anonymous(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->params.id = NULL;
	connect_pair(p);
	assert_false(p->at_host[0].peer_known);
	assert_null(pf_quic_peer_fingerprint(p->at_host[0].q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			fingerprints_are_seen_on_both_sides, pair_set_up, pair_tear_down),
		cmocka_unit_test_setup_teardown(
			client_without_certificate_is_anonymous, pair_set_up, pair_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
