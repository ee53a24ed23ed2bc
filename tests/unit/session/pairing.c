/* Pairing with a PIN over real connections: who is let in, and by what close code others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "os/file.h"

static void a_pin_pairs_and_the_device_streams_from_then_on(void **state)
{
	struct place p;
	struct peer c;
	char pin[5], config[64];
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	host_arm(&p, &plain_arm, pin);
	assert_true(device_pair(&p, id, pin));
	assert_false(pf_host_window(p.host).armed);
	const struct pf_device *d = pf_devices_find(pf_host_devices(p.host), pf_identity_fingerprint(id));
	assert_non_null(d);
	assert_string_equal(d->name, "test pad");
	device_stream(&c, &p, id);
	assert_int_equal(c.welcome.grants, PF_GRANT_ALL);
	assert_int_equal(c.welcome.expires_in_secs, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop_keeping(&p);

	place_start_again(&p, &closed_host, config);
	device_stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void each_refusal_has_its_code(void **state)
{
	struct place p;
	struct peer c;
	char pin[5];
	struct pf_identity *id = device_identity(), *other = device_identity();
	place_start(&p, &closed_host);

	/* No window; then too soon; then the window's time. */
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, "0000");
	device_expect_close(&c, PF_CLOSE_NOT_ARMED);
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, "0000");
	device_expect_close(&c, PF_CLOSE_RATE_LIMITED);
	host_cool_down(&p);

	/* No certificate is told before anything is charged. */
	host_arm(&p, &plain_arm, pin);
	peer_connect(&c, &p, false);
	static const uint8_t spake[PF_PAIR_SPAKE_BYTES] = {0x41};
	device_request_pairing(&c, (struct pf_slice){spake, sizeof(spake)});
	device_expect_close(&c, PF_CLOSE_IDENTITY_REQUIRED);

	/* What is malformed does not spend the PIN. */
	peer_connect_as(&c, &p, id);
	device_request_pairing(&c, (struct pf_slice){spake, sizeof(spake)});
	device_expect_close(&c, PF_CLOSE_SETUP_FAILED);
	assert_string_equal(pf_host_window(p.host).pin, pin);
	host_cool_down(&p);

	/* A wrong PIN spends it. */
	char wrong[5];
	memcpy(wrong, pin, sizeof(wrong));
	wrong[3] = wrong[3] == '9' ? '0' : (char)(wrong[3] + 1);
	assert_false(device_pair(&p, id, wrong));
	assert_false(pf_host_window(p.host).armed);
	host_cool_down(&p);
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, pin);
	device_expect_close(&c, PF_CLOSE_NOT_ARMED);
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	host_cool_down(&p);

	/* A bound window: others neither use nor burn it. */
	struct pf_arm bound = {.bound = true, .device = *pf_identity_fingerprint(id)};
	host_arm(&p, &bound, pin);
	peer_connect_as(&c, &p, other);
	device_ask(&c, other, pin);
	device_expect_close(&c, PF_CLOSE_BOUND_TO_OTHER);
	host_cool_down(&p);
	assert_true(device_pair(&p, id, pin));
	place_stop(&p);
	pf_identity_destroy(id);
	pf_identity_destroy(other);
}

/* After the challenge: a proof that is none, one that is wrong, and silence with a vanished client. */
static void a_bad_proof_stores_nothing(void **state)
{
	struct place p;
	struct peer c;
	char pin[5];
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);

	host_arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, pin);
	place_wait_count(&p, &c.pair_messages, 1);
	assert_false(pf_host_window(p.host).armed); /* spent by the challenge */
	peer_send(&c, "PKFc\x12short", 10);
	device_expect_close(&c, PF_CLOSE_SETUP_FAILED);
	host_cool_down(&p);

	host_arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, pin);
	place_wait_count(&p, &c.pair_messages, 1);
	struct pf_pair_message proof = {.type = PF_PAIR_PROOF};
	memcpy(proof.proof.confirm, c.pair.challenge.confirm, sizeof(proof.proof.confirm)); /* reflected */
	device_send_pair(&c, &proof);
	place_wait_count(&p, &c.pair_messages, 2);
	assert_int_equal(c.pair.type, PF_PAIR_RESULT);
	assert_false(c.pair.result.paired);
	peer_finish(&c, PF_CLOSE_NORMAL);
	host_cool_down(&p);

	host_arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, pin);
	place_wait_count(&p, &c.pair_messages, 1);
	peer_finish(&c, PF_CLOSE_ERROR);
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void a_store_that_cannot_be_written_pairs_nobody(void **state)
{
	struct place p;
	struct peer c;
	char pin[5], path[128];
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	/* A directory where the file belongs: no rename goes over it. */
	snprintf(path, sizeof(path), "%s/%s/in-the-way", p.config, PF_DEVICES_FILE);
	assert_int_equal(pf_dir_ensure(path), PF_OK);
	host_arm(&p, &plain_arm, pin);
	assert_false(device_pair(&p, id, pin));
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	device_hello(&c, &p, id);
	place_run(&p, 50);
	assert_false(c.welcomed);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void a_damaged_store_lets_nobody_in_and_pairs_nobody(void **state)
{
	struct place p;
	struct peer c;
	char path[128], config[64];
	struct pf_reason reason = {0};
	struct pf_host_params params = closed_host;
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	snprintf(path, sizeof(path), "%s/%s", p.config, PF_DEVICES_FILE);
	device_paired(&p, id, NULL);
	place_stop_keeping(&p);
	assert_int_equal(pf_file_write_atomic(path, "{\"clients\":[", 12, 0600), PF_OK);

	params.pairing_pin = "1234";
	place_start_again(&p, &params, config);
	assert_int_equal(pf_host_arm(p.host, &plain_arm, &reason), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "damaged"));
	peer_connect_as(&c, &p, id);
	device_ask(&c, id, pf_host_window(p.host).pin);
	device_expect_close(&c, PF_CLOSE_NOT_ARMED);
	device_hello(&c, &p, id);
	struct pf_knock_status k = host_only_knock(&p);
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_ERR_INVALID);
	assert_false(c.welcomed);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void windows_have_limits(void **state)
{
	struct place p;
	place_start(&p, &closed_host);
	struct pf_arm how = {.ttl_s = PF_ARM_SECONDS_MIN - 1};
	assert_int_equal(pf_host_arm(p.host, &how, NULL), PF_ERR_INVALID);
	how.ttl_s = PF_ARM_SECONDS_MAX + 1;
	assert_int_equal(pf_host_arm(p.host, &how, NULL), PF_ERR_INVALID);
	assert_false(pf_host_window(p.host).armed);
	assert_int_equal(pf_host_arm(p.host, &plain_arm, NULL), PF_OK);
	assert_in_range(
		pf_host_window(p.host).expires_in_s, PF_ARM_SECONDS_DEFAULT - 1, PF_ARM_SECONDS_DEFAULT);
	pf_host_disarm(p.host);
	assert_false(pf_host_window(p.host).armed);
	place_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_pairs_and_the_device_streams_from_then_on),
		cmocka_unit_test(each_refusal_has_its_code),
		cmocka_unit_test(a_bad_proof_stores_nothing),
		cmocka_unit_test(a_store_that_cannot_be_written_pairs_nobody),
		cmocka_unit_test(a_damaged_store_lets_nobody_in_and_pairs_nobody),
		cmocka_unit_test(windows_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
