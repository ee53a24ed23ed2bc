/* Devices that wait for an operator's decision on their open connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "os/clock.h"

static void an_approved_device_goes_on_on_the_same_connection(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	device_hello(&c, &p, id);
	struct pf_knock_status k = host_only_knock(&p);
	assert_string_equal(k.name, "test");
	assert_string_equal(k.address, "127.0.0.1");
	assert_true(k.waiting && !k.wan);
	assert_false(c.welcomed);
	assert_int_equal(pf_host_approve(p.host, k.id + 1, NULL, NULL, NULL), PF_ERR_NOT_FOUND);
	const struct pf_access guest = {.grants = PF_GRANT_GAMEPAD, .expires_unix = pf_wall_s() + 900};
	assert_int_equal(pf_host_approve(p.host, k.id, "guest", &guest, NULL), PF_OK);
	place_wait(&p, &c.welcomed);
	assert_int_equal(c.welcome.grants, PF_GRANT_GAMEPAD);
	assert_in_range(c.welcome.expires_in_secs, 850, 900);
	peer_start(&c);
	place_wait_count(&p, &c.units, 3);
	assert_int_equal(pf_host_knocks(p.host, NULL, 0), 0);
	assert_string_equal(pf_devices_at(pf_host_devices(p.host), 0)->name, "guest");
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void a_waiting_device_is_denied_superseded_or_timed_out(void **state)
{
	struct place p;
	struct peer c, again;
	struct pf_host_params params = closed_host;
	struct pf_identity *id = device_identity();
	params.approval_ms = 300;
	place_start(&p, &params);

	device_hello(&c, &p, id);
	struct pf_knock_status k = host_only_knock(&p);
	assert_int_equal(pf_host_deny(p.host, k.id, NULL), PF_OK);
	assert_int_equal(pf_host_deny(p.host, k.id, NULL), PF_ERR_NOT_FOUND);
	device_expect_close(&c, PF_CLOSE_DENIED);

	device_hello(&c, &p, id);
	k = host_only_knock(&p);
	device_hello(&again, &p, id);
	device_expect_close(&c, PF_CLOSE_SUPERSEDED);
	struct pf_knock_status newer = host_only_knock(&p);
	assert_true(newer.id != k.id && newer.waiting);
	/* A decision on the older knock counts for nothing. */
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_ERR_NOT_FOUND);
	device_expect_close(&again, PF_CLOSE_APPROVAL_TIMEOUT);

	/* The entry outlives the connection: approved now, let in next time. */
	k = host_only_knock(&p);
	assert_false(k.waiting);
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_OK);
	device_stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void pairing_with_a_pin_lets_in_the_waiting_connection(void **state)
{
	struct place p;
	struct peer c;
	char pin[5];
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	device_hello(&c, &p, id);
	host_only_knock(&p);
	host_arm(&p, &plain_arm, pin);
	assert_true(device_pair(&p, id, pin));
	place_wait(&p, &c.welcomed);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void anonymous_clients_need_an_open_host(void **state)
{
	struct place p;
	struct peer c;
	struct pf_hello h = peer_hello();
	place_start(&p, &closed_host);
	peer_connect(&c, &p, false);
	peer_send_hello(&c, &h);
	device_expect_close(&c, PF_CLOSE_IDENTITY_REQUIRED);
	/* The version is looked at first. */
	h.abi_version = 3;
	peer_connect(&c, &p, false);
	peer_send_hello(&c, &h);
	device_expect_close(&c, PF_CLOSE_WIRE_VERSION);
	place_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_approved_device_goes_on_on_the_same_connection),
		cmocka_unit_test(a_waiting_device_is_denied_superseded_or_timed_out),
		cmocka_unit_test(pairing_with_a_pin_lets_in_the_waiting_connection),
		cmocka_unit_test(anonymous_clients_need_an_open_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
