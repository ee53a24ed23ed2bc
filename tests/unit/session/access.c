/* What an operator's change does to a stream that runs, and how access ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "os/clock.h"
#include "os/file.h"
#include "proto/native/datagram.h"
#include "session/trust.h"

static void send_key(struct peer *c)
{
	uint8_t buf[64];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT, .input = {.kind = PF_INPUT_KEY_DOWN, .code = 0x41}};
	pf_datagram_write(&w, &d);
	assert_false(w.failed);
	assert_int_equal(pf_quic_datagram_send(c->quic, buf, w.len), PF_OK);
}

static void a_change_of_access_takes_effect_at_once(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	device_paired(&p, id, NULL);
	device_stream(&c, &p, id);
	struct pf_session_status s = host_only_session(&p);
	assert_string_equal(s.state, "streaming");
	assert_int_equal(s.grants, PF_GRANT_ALL);

	send_key(&c);
	for (int i = 0; i < 400 && host_only_session(&p).events_taken == 0; i++)
		place_run(&p, 5);
	assert_true(host_only_session(&p).events_taken == 1);

	const struct pf_access controller = {.grants = PF_GRANT_GAMEPAD, .expires_unix = pf_wall_s() + 50};
	assert_int_equal(pf_host_set_access(p.host, pf_identity_fingerprint(id), &controller, NULL), PF_OK);
	assert_int_equal(host_only_session(&p).grants, PF_GRANT_GAMEPAD);
	place_wait_count(&p, &c.control_count[PF_CONTROL_ACCESS_UPDATE], 1);
	const struct pf_control *m = &c.control[PF_CONTROL_ACCESS_UPDATE];
	assert_int_equal(m->access_update.grants, PF_GRANT_GAMEPAD);
	assert_in_range(m->access_update.seconds_left, 1, 50);

	send_key(&c);
	for (int i = 0; i < 400 && host_only_session(&p).events_refused == 0; i++)
		place_run(&p, 5);
	s = host_only_session(&p);
	assert_true(s.events_taken == 1 && s.events_refused == 1);

	/* The stream itself needs no grant. */
	unsigned before = c.units;
	place_wait_count(&p, &c.units, before + 3);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

/* Between Welcome and the stream: Welcome's grants are not the last word. */
static void a_change_before_the_stream_is_told_with_it(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	const struct pf_access view = {.grants = 0};
	place_start(&p, &closed_host);
	device_paired(&p, id, NULL);
	device_hello(&c, &p, id);
	place_wait(&p, &c.welcomed);
	assert_int_equal(c.welcome.grants, PF_GRANT_ALL);
	assert_int_equal(pf_host_set_access(p.host, pf_identity_fingerprint(id), &view, NULL), PF_OK);
	peer_start(&c);
	place_wait_count(&p, &c.control_count[PF_CONTROL_ACCESS_UPDATE], 1);
	assert_int_equal(c.control[PF_CONTROL_ACCESS_UPDATE].access_update.grants, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void time_that_is_over_ends_the_stream(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	const struct pf_access short_time = {.grants = 0, .expires_unix = pf_wall_s() + 3};
	place_start(&p, &closed_host);
	device_paired(&p, id, &short_time);
	device_stream(&c, &p, id);
	device_expect_close(&c, PF_CLOSE_ACCESS_EXPIRED);
	/* It stays listed, and asks for approval from now on. */
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 1);
	device_hello(&c, &p, id);
	struct pf_knock_status k = host_only_knock(&p);
	/* Approved anew it has what it had, without the end. */
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_OK);
	place_wait(&p, &c.welcomed);
	assert_int_equal(c.welcome.grants, 0);
	assert_int_equal(c.welcome.expires_in_secs, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void unpairing_ends_the_stream(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	device_paired(&p, id, NULL);
	device_stream(&c, &p, id);
	assert_int_equal(pf_host_unpair(p.host, pf_identity_fingerprint(id), NULL), PF_OK);
	device_expect_close(&c, PF_CLOSE_ACCESS_EXPIRED);
	assert_int_equal(pf_host_unpair(p.host, pf_identity_fingerprint(id), NULL), PF_ERR_NOT_FOUND);
	device_hello(&c, &p, id);
	host_only_knock(&p);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void an_operator_stops_a_session(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = device_identity();
	place_start(&p, &closed_host);
	device_paired(&p, id, NULL);
	device_stream(&c, &p, id);
	uint64_t number = host_only_session(&p).id;
	assert_int_equal(pf_host_stop_session(p.host, number + 1, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_host_stop_session(p.host, number, NULL), PF_OK);
	device_expect_close(&c, PF_CLOSE_NORMAL);
	device_stream(&c, &p, id);
	assert_int_equal(pf_host_stop_all(p.host), 1);
	device_expect_close(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void a_guest_until_disconnect_is_forgotten_at_the_next_start(void **state)
{
	struct place p;
	struct peer c;
	char config[64];
	struct pf_identity *id = device_identity();
	const struct pf_access guest = {.grants = PF_GRANT_ALL, .until_disconnect = true};
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	device_paired(&p, id, &guest);
	device_stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	device_stream(&c, &p, id); /* within the minute */
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop_keeping(&p);
	place_start_again(&p, &closed_host, config);
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	place_stop(&p);
	pf_identity_destroy(id);
}

/* A minute after its last session, unless it comes back or the operator changed his mind. */
static void a_guest_until_disconnect_is_forgotten_in_time(void **state)
{
	const int64_t s = 1000000000;
	char dir[] = "/tmp/pf-session-XXXXXX";
	struct pf_trust *t = calloc(1, sizeof(*t));
	const struct pf_access guest = {.grants = PF_GRANT_ALL, .until_disconnect = true},
			       full = pf_access_full();
	struct pf_fingerprint one = {{1}}, two = {{2}}, three = {{3}};
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pf_trust_init(t, dir, false, NULL), PF_OK);
	assert_int_equal(pf_devices_pair(t->devices, &one, "one", &guest, 1, NULL), PF_OK);
	assert_int_equal(pf_devices_pair(t->devices, &two, "two", &guest, 1, NULL), PF_OK);
	assert_int_equal(pf_devices_pair(t->devices, &three, "three", &full, 1, NULL), PF_OK);
	pf_trust_left(t, &three, 0); /* nothing follows for those who stay */
	pf_trust_left(t, &one, 0);
	pf_trust_left(t, &two, 10 * s);
	assert_int_equal(pf_trust_remove_left(t, 0), 60 * s);
	pf_trust_back(t, &one);
	assert_int_equal(pf_trust_remove_left(t, 60 * s), 70 * s);
	assert_int_equal(pf_devices_count(t->devices), 3);
	pf_trust_left(t, &one, 65 * s);
	assert_int_equal(pf_trust_remove_left(t, 70 * s), 125 * s);
	assert_null(pf_devices_find(t->devices, &two));
	assert_int_equal(pf_devices_set_access(t->devices, &one, &full, 1, NULL), PF_OK);
	assert_int_equal(pf_trust_remove_left(t, 125 * s), 0);
	assert_int_equal(pf_devices_count(t->devices), 2);
	pf_trust_finish(t);
	free(t);
	assert_int_equal(pf_dir_remove(dir), PF_OK);
}

static void launching_needs_its_grant(void **state)
{
	struct place p;
	struct peer c;
	struct pf_hello h = peer_hello();
	struct pf_identity *id = device_identity();
	const struct pf_access controller = {.grants = PF_GRANT_GAMEPAD};
	strcpy(h.launch, "steam:570");
	place_start(&p, &closed_host);
	device_paired(&p, id, &controller);
	peer_connect_as(&c, &p, id);
	peer_send_hello(&c, &h);
	device_expect_close(&c, PF_CLOSE_LAUNCH_NOT_PERMITTED);
	place_stop(&p);
	pf_identity_destroy(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_of_access_takes_effect_at_once),
		cmocka_unit_test(a_change_before_the_stream_is_told_with_it),
		cmocka_unit_test(time_that_is_over_ends_the_stream),
		cmocka_unit_test(unpairing_ends_the_stream),
		cmocka_unit_test(an_operator_stops_a_session),
		cmocka_unit_test(a_guest_until_disconnect_is_forgotten_at_the_next_start),
		cmocka_unit_test(a_guest_until_disconnect_is_forgotten_in_time),
		cmocka_unit_test(launching_needs_its_grant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
