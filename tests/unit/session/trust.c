/* Pairing, approval and access over real connections: who is let in, by what close code others are refused, and
 * what an operator's change does to a stream that runs. */
#include "session/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/file.h"
#include "peer.h"
#include "proto/native/datagram.h"
#include "session/admin.h"
#include "session/fec_law.h"

static const struct pf_host_params closed_host = {
	.max_sessions = 4,
	.keep_display_ms = 2000,
	.fec_percent = PF_FEC_ADAPTIVE,
};

static const struct pf_arm plain_arm = {0};

static void expect_close(struct peer *c, uint64_t code)
{
	place_wait(c->place, &c->closed);
	assert_int_equal(c->close.origin, PF_CLOSED_BY_PEER);
	if (c->close.code != code)
		fail_msg("closed with 0x%02llx %s", (unsigned long long)c->close.code, c->close.reason);
	peer_finish(c, PF_CLOSE_NORMAL);
}

static struct pf_pairing_ends ends_of(const struct peer *c, const struct pf_identity *id)
{
	struct pf_pairing_ends e;
	memcpy(e.client, pf_identity_fingerprint(id)->bytes, sizeof(e.client));
	memcpy(e.host, pf_quic_peer_fingerprint(c->quic)->bytes, sizeof(e.host));
	return e;
}

static void send_pair(struct peer *c, const struct pf_pair_message *m)
{
	uint8_t buf[PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_pair_write(&w, m);
	assert_false(w.failed);
	peer_send(c, buf, w.len);
}

static void request(struct peer *c, struct pf_slice spake)
{
	struct pf_pair_message m = {.type = PF_PAIR_REQUEST, .request = {.spake = spake}};
	strcpy(m.request.name, "test pad");
	send_pair(c, &m);
}

/* A device asks to pair; the client half of the ceremony so far. */
static struct pf_pairing_client ask(struct peer *c, const struct pf_identity *id, const char *pin)
{
	struct pf_pairing_client half;
	const struct pf_pairing_ends ends = ends_of(c, id);
	const struct pf_slice text = {(const uint8_t *)pin, strlen(pin)};
	assert_int_equal(pf_pairing_client_start(&half, text, &ends), PF_OK);
	request(c, (struct pf_slice){half.spake.message, sizeof(half.spake.message)});
	return half;
}

/* The whole ceremony; true when the host says it is paired. */
static bool pair(struct place *p, const struct pf_identity *id, const char *pin)
{
	struct peer c;
	struct pf_pair_message proof;
	peer_connect_as(&c, p, id);
	struct pf_pairing_client half = ask(&c, id, pin);
	place_wait_count(p, &c.pair_messages, 1);
	assert_int_equal(c.pair.type, PF_PAIR_CHALLENGE);
	if (pf_pairing_client_prove(&half, &c.pair, &proof) < 0) {
		peer_finish(&c, PF_CLOSE_ERROR);
		return false;
	}
	send_pair(&c, &proof);
	place_wait_count(p, &c.pair_messages, 2);
	assert_int_equal(c.pair.type, PF_PAIR_RESULT);
	bool paired = c.pair.result.paired;
	peer_finish(&c, PF_CLOSE_NORMAL);
	return paired;
}

static struct pf_identity *make_identity(void)
{
	struct pf_identity *id;
	assert_int_equal(pf_identity_generate(&id, "punktfunk-client", NULL), PF_OK);
	return id;
}

static void arm(struct place *p, const struct pf_arm *how, char pin[5])
{
	assert_int_equal(pf_host_arm(p->host, how, NULL), PF_OK);
	struct pf_window_status w = pf_host_window(p->host);
	assert_true(w.armed);
	memcpy(pin, w.pin, 5);
}

static void cool_down(struct place *p)
{
	place_run(p, 2050);
}

static void say_hello(struct peer *c, struct place *p, const struct pf_identity *id)
{
	struct pf_hello h = peer_hello();
	peer_connect_as(c, p, id);
	peer_send_hello(c, &h);
}

static void stream(struct peer *c, struct place *p, const struct pf_identity *id)
{
	say_hello(c, p, id);
	place_wait(p, &c->welcomed);
	peer_start(c);
	place_wait_count(p, &c->units, 3);
}

static void a_pin_pairs_and_the_device_streams_from_then_on(void **state)
{
	struct place p;
	struct peer c;
	char pin[5], config[64];
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	arm(&p, &plain_arm, pin);
	assert_true(pair(&p, id, pin));
	assert_false(pf_host_window(p.host).armed);
	const struct pf_device *d = pf_devices_find(pf_host_devices(p.host), pf_identity_fingerprint(id));
	assert_non_null(d);
	assert_string_equal(d->name, "test pad");
	stream(&c, &p, id);
	assert_int_equal(c.welcome.grants, PF_GRANT_ALL);
	assert_int_equal(c.welcome.expires_in_secs, 0);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop_keeping(&p);

	place_start_again(&p, &closed_host, config);
	stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void each_refusal_has_its_code(void **state)
{
	struct place p;
	struct peer c;
	char pin[5];
	struct pf_identity *id = make_identity(), *other = make_identity();
	place_start(&p, &closed_host);

	/* No window; then too soon; then the window's time. */
	peer_connect_as(&c, &p, id);
	ask(&c, id, "0000");
	expect_close(&c, PF_CLOSE_NOT_ARMED);
	peer_connect_as(&c, &p, id);
	ask(&c, id, "0000");
	expect_close(&c, PF_CLOSE_RATE_LIMITED);
	cool_down(&p);

	/* No certificate is told before anything is charged. */
	arm(&p, &plain_arm, pin);
	peer_connect(&c, &p, false);
	static const uint8_t spake[PF_PAIR_SPAKE_BYTES] = {0x41};
	request(&c, (struct pf_slice){spake, sizeof(spake)});
	expect_close(&c, PF_CLOSE_IDENTITY_REQUIRED);

	/* What is malformed does not spend the PIN. */
	peer_connect_as(&c, &p, id);
	request(&c, (struct pf_slice){spake, sizeof(spake)});
	expect_close(&c, PF_CLOSE_SETUP_FAILED);
	assert_string_equal(pf_host_window(p.host).pin, pin);
	cool_down(&p);

	/* A wrong PIN spends it. */
	char wrong[5];
	memcpy(wrong, pin, sizeof(wrong));
	wrong[3] = wrong[3] == '9' ? '0' : (char)(wrong[3] + 1);
	assert_false(pair(&p, id, wrong));
	assert_false(pf_host_window(p.host).armed);
	cool_down(&p);
	peer_connect_as(&c, &p, id);
	ask(&c, id, pin);
	expect_close(&c, PF_CLOSE_NOT_ARMED);
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	cool_down(&p);

	/* A bound window: others neither use nor burn it. */
	struct pf_arm bound = {.bound = true, .device = *pf_identity_fingerprint(id)};
	arm(&p, &bound, pin);
	peer_connect_as(&c, &p, other);
	ask(&c, other, pin);
	expect_close(&c, PF_CLOSE_BOUND_TO_OTHER);
	cool_down(&p);
	assert_true(pair(&p, id, pin));
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
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);

	arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	ask(&c, id, pin);
	place_wait_count(&p, &c.pair_messages, 1);
	assert_false(pf_host_window(p.host).armed); /* spent by the challenge */
	peer_send(&c, "PKFc\x12short", 10);
	expect_close(&c, PF_CLOSE_SETUP_FAILED);
	cool_down(&p);

	arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	ask(&c, id, pin);
	place_wait_count(&p, &c.pair_messages, 1);
	struct pf_pair_message proof = {.type = PF_PAIR_PROOF};
	memcpy(proof.proof.confirm, c.pair.challenge.confirm, sizeof(proof.proof.confirm)); /* reflected */
	send_pair(&c, &proof);
	place_wait_count(&p, &c.pair_messages, 2);
	assert_int_equal(c.pair.type, PF_PAIR_RESULT);
	assert_false(c.pair.result.paired);
	peer_finish(&c, PF_CLOSE_NORMAL);
	cool_down(&p);

	arm(&p, &plain_arm, pin);
	peer_connect_as(&c, &p, id);
	ask(&c, id, pin);
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
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	/* A directory where the file belongs: no rename goes over it. */
	snprintf(path, sizeof(path), "%s/%s/in-the-way", p.config, PF_DEVICES_FILE);
	assert_int_equal(pf_dir_ensure(path), PF_OK);
	arm(&p, &plain_arm, pin);
	assert_false(pair(&p, id, pin));
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 0);
	say_hello(&c, &p, id);
	place_run(&p, 50);
	assert_false(c.welcomed);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static struct pf_knock_status only_knock(struct place *p)
{
	struct pf_knock_status k[4];
	for (int i = 0; i < 400 && pf_host_knocks(p->host, k, 4) == 0; i++)
		place_run(p, 5);
	assert_int_equal(pf_host_knocks(p->host, k, 4), 1);
	return k[0];
}

static void an_approved_device_goes_on_on_the_same_connection(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	say_hello(&c, &p, id);
	struct pf_knock_status k = only_knock(&p);
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
	struct pf_identity *id = make_identity();
	params.approval_ms = 300;
	place_start(&p, &params);

	say_hello(&c, &p, id);
	struct pf_knock_status k = only_knock(&p);
	assert_int_equal(pf_host_deny(p.host, k.id, NULL), PF_OK);
	assert_int_equal(pf_host_deny(p.host, k.id, NULL), PF_ERR_NOT_FOUND);
	expect_close(&c, PF_CLOSE_DENIED);

	say_hello(&c, &p, id);
	k = only_knock(&p);
	say_hello(&again, &p, id);
	expect_close(&c, PF_CLOSE_SUPERSEDED);
	struct pf_knock_status newer = only_knock(&p);
	assert_true(newer.id != k.id && newer.waiting);
	/* A decision on the older knock counts for nothing. */
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_ERR_NOT_FOUND);
	expect_close(&again, PF_CLOSE_APPROVAL_TIMEOUT);

	/* The entry outlives the connection: approved now, let in next time. */
	k = only_knock(&p);
	assert_false(k.waiting);
	assert_int_equal(pf_host_approve(p.host, k.id, NULL, NULL, NULL), PF_OK);
	stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void pairing_with_a_pin_lets_in_the_waiting_connection(void **state)
{
	struct place p;
	struct peer c;
	char pin[5];
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	say_hello(&c, &p, id);
	only_knock(&p);
	arm(&p, &plain_arm, pin);
	assert_true(pair(&p, id, pin));
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
	expect_close(&c, PF_CLOSE_IDENTITY_REQUIRED);
	/* The version is looked at first. */
	h.abi_version = 3;
	peer_connect(&c, &p, false);
	peer_send_hello(&c, &h);
	expect_close(&c, PF_CLOSE_WIRE_VERSION);
	place_stop(&p);
}

static void paired(struct place *p, const struct pf_identity *id, const struct pf_access *access)
{
	struct pf_arm how = {.has_access = access != NULL};
	char pin[5];
	if (access)
		how.access = *access;
	arm(p, &how, pin);
	assert_true(pair(p, id, pin));
}

static void send_key(struct peer *c)
{
	uint8_t buf[64];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT, .input = {.kind = PF_INPUT_KEY_DOWN, .code = 0x41}};
	pf_datagram_write(&w, &d);
	assert_false(w.failed);
	assert_int_equal(pf_quic_datagram_send(c->quic, buf, w.len), PF_OK);
}

static struct pf_session_status only_session(struct place *p)
{
	struct pf_session_status s[2];
	assert_int_equal(pf_host_sessions(p->host, s, 2), 1);
	return s[0];
}

static void a_change_of_access_takes_effect_at_once(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	paired(&p, id, NULL);
	stream(&c, &p, id);
	struct pf_session_status s = only_session(&p);
	assert_string_equal(s.state, "streaming");
	assert_int_equal(s.grants, PF_GRANT_ALL);

	send_key(&c);
	for (int i = 0; i < 400 && only_session(&p).events_taken == 0; i++)
		place_run(&p, 5);
	assert_true(only_session(&p).events_taken == 1);

	const struct pf_access controller = {.grants = PF_GRANT_GAMEPAD, .expires_unix = pf_wall_s() + 50};
	assert_int_equal(pf_host_set_access(p.host, pf_identity_fingerprint(id), &controller, NULL), PF_OK);
	assert_int_equal(only_session(&p).grants, PF_GRANT_GAMEPAD);
	place_wait_count(&p, &c.control_count[PF_CONTROL_ACCESS_UPDATE], 1);
	const struct pf_control *m = &c.control[PF_CONTROL_ACCESS_UPDATE];
	assert_int_equal(m->access_update.grants, PF_GRANT_GAMEPAD);
	assert_in_range(m->access_update.seconds_left, 1, 50);

	send_key(&c);
	for (int i = 0; i < 400 && only_session(&p).events_refused == 0; i++)
		place_run(&p, 5);
	s = only_session(&p);
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
	struct pf_identity *id = make_identity();
	const struct pf_access view = {.grants = 0};
	place_start(&p, &closed_host);
	paired(&p, id, NULL);
	say_hello(&c, &p, id);
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
	struct pf_identity *id = make_identity();
	const struct pf_access short_time = {.grants = 0, .expires_unix = pf_wall_s() + 3};
	place_start(&p, &closed_host);
	paired(&p, id, &short_time);
	stream(&c, &p, id);
	expect_close(&c, PF_CLOSE_ACCESS_EXPIRED);
	/* It stays listed, and asks for approval from now on. */
	assert_int_equal(pf_devices_count(pf_host_devices(p.host)), 1);
	say_hello(&c, &p, id);
	struct pf_knock_status k = only_knock(&p);
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
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	paired(&p, id, NULL);
	stream(&c, &p, id);
	assert_int_equal(pf_host_unpair(p.host, pf_identity_fingerprint(id), NULL), PF_OK);
	expect_close(&c, PF_CLOSE_ACCESS_EXPIRED);
	assert_int_equal(pf_host_unpair(p.host, pf_identity_fingerprint(id), NULL), PF_ERR_NOT_FOUND);
	say_hello(&c, &p, id);
	only_knock(&p);
	peer_finish(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void an_operator_stops_a_session(void **state)
{
	struct place p;
	struct peer c;
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	paired(&p, id, NULL);
	stream(&c, &p, id);
	uint64_t number = only_session(&p).id;
	assert_int_equal(pf_host_stop_session(p.host, number + 1, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_host_stop_session(p.host, number, NULL), PF_OK);
	expect_close(&c, PF_CLOSE_NORMAL);
	stream(&c, &p, id);
	assert_int_equal(pf_host_stop_all(p.host), 1);
	expect_close(&c, PF_CLOSE_NORMAL);
	place_stop(&p);
	pf_identity_destroy(id);
}

static void a_guest_until_disconnect_is_forgotten_at_the_next_start(void **state)
{
	struct place p;
	struct peer c;
	char config[64];
	struct pf_identity *id = make_identity();
	const struct pf_access guest = {.grants = PF_GRANT_ALL, .until_disconnect = true};
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	paired(&p, id, &guest);
	stream(&c, &p, id);
	peer_finish(&c, PF_CLOSE_QUIT);
	stream(&c, &p, id); /* within the minute */
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
	struct pf_identity *id = make_identity();
	const struct pf_access controller = {.grants = PF_GRANT_GAMEPAD};
	strcpy(h.launch, "steam:570");
	place_start(&p, &closed_host);
	paired(&p, id, &controller);
	peer_connect_as(&c, &p, id);
	peer_send_hello(&c, &h);
	expect_close(&c, PF_CLOSE_LAUNCH_NOT_PERMITTED);
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
	struct pf_identity *id = make_identity();
	place_start(&p, &closed_host);
	snprintf(config, sizeof(config), "%s", p.config);
	snprintf(path, sizeof(path), "%s/%s", p.config, PF_DEVICES_FILE);
	paired(&p, id, NULL);
	place_stop_keeping(&p);
	assert_int_equal(pf_file_write_atomic(path, "{\"clients\":[", 12, 0600), PF_OK);

	params.pairing_pin = "1234";
	place_start_again(&p, &params, config);
	assert_int_equal(pf_host_arm(p.host, &plain_arm, &reason), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "damaged"));
	peer_connect_as(&c, &p, id);
	ask(&c, id, pf_host_window(p.host).pin);
	expect_close(&c, PF_CLOSE_NOT_ARMED);
	say_hello(&c, &p, id);
	struct pf_knock_status k = only_knock(&p);
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
		cmocka_unit_test(an_approved_device_goes_on_on_the_same_connection),
		cmocka_unit_test(a_waiting_device_is_denied_superseded_or_timed_out),
		cmocka_unit_test(pairing_with_a_pin_lets_in_the_waiting_connection),
		cmocka_unit_test(anonymous_clients_need_an_open_host),
		cmocka_unit_test(a_change_of_access_takes_effect_at_once),
		cmocka_unit_test(a_change_before_the_stream_is_told_with_it),
		cmocka_unit_test(time_that_is_over_ends_the_stream),
		cmocka_unit_test(unpairing_ends_the_stream),
		cmocka_unit_test(an_operator_stops_a_session),
		cmocka_unit_test(a_guest_until_disconnect_is_forgotten_at_the_next_start),
		cmocka_unit_test(a_guest_until_disconnect_is_forgotten_in_time),
		cmocka_unit_test(launching_needs_its_grant),
		cmocka_unit_test(a_damaged_store_lets_nobody_in_and_pairs_nobody),
		cmocka_unit_test(windows_have_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
