#include "device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct pf_host_params closed_host = {
	.max_sessions = 4,
	.keep_display_ms = 2000,
	.fec_percent = PF_FEC_ADAPTIVE,
};

const struct pf_arm plain_arm = {0};

void device_expect_close(struct peer *c, uint64_t code)
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

void device_send_pair(struct peer *c, const struct pf_pair_message *m)
{
	uint8_t buf[PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_pair_write(&w, m);
	assert_false(w.failed);
	peer_send(c, buf, w.len);
}

void device_request_pairing(struct peer *c, struct pf_slice spake)
{
	struct pf_pair_message m = {.type = PF_PAIR_REQUEST, .request = {.spake = spake}};
	strcpy(m.request.name, "test pad");
	device_send_pair(c, &m);
}

/* A device asks to pair; the client half of the ceremony so far. */
struct pf_pairing_client device_ask(struct peer *c, const struct pf_identity *id, const char *pin)
{
	struct pf_pairing_client half;
	const struct pf_pairing_ends ends = ends_of(c, id);
	const struct pf_slice text = {(const uint8_t *)pin, strlen(pin)};
	assert_int_equal(pf_pairing_client_start(&half, text, &ends), PF_OK);
	device_request_pairing(c, (struct pf_slice){half.spake.message, sizeof(half.spake.message)});
	return half;
}

/* The whole ceremony; true when the host says it is paired. */
bool device_pair(struct place *p, const struct pf_identity *id, const char *pin)
{
	struct peer c;
	struct pf_pair_message proof;
	peer_connect_as(&c, p, id);
	struct pf_pairing_client half = device_ask(&c, id, pin);
	place_wait_count(p, &c.pair_messages, 1);
	assert_int_equal(c.pair.type, PF_PAIR_CHALLENGE);
	if (pf_pairing_client_prove(&half, &c.pair, &proof) < 0) {
		peer_finish(&c, PF_CLOSE_ERROR);
		return false;
	}
	device_send_pair(&c, &proof);
	place_wait_count(p, &c.pair_messages, 2);
	assert_int_equal(c.pair.type, PF_PAIR_RESULT);
	bool paired = c.pair.result.paired;
	peer_finish(&c, PF_CLOSE_NORMAL);
	return paired;
}

struct pf_identity *device_identity(void)
{
	struct pf_identity *id;
	assert_int_equal(pf_identity_generate(&id, "punktfunk-client", NULL), PF_OK);
	return id;
}

void host_arm(struct place *p, const struct pf_arm *how, char pin[5])
{
	assert_int_equal(pf_host_arm(p->host, how, NULL), PF_OK);
	struct pf_window_status w = pf_host_window(p->host);
	assert_true(w.armed);
	memcpy(pin, w.pin, 5);
}

void host_cool_down(struct place *p)
{
	place_run(p, 2050);
}

void device_hello(struct peer *c, struct place *p, const struct pf_identity *id)
{
	struct pf_hello h = peer_hello();
	peer_connect_as(c, p, id);
	peer_send_hello(c, &h);
}

void device_stream(struct peer *c, struct place *p, const struct pf_identity *id)
{
	device_hello(c, p, id);
	place_wait(p, &c->welcomed);
	peer_start(c);
	place_wait_count(p, &c->units, 3);
}

struct pf_knock_status host_only_knock(struct place *p)
{
	struct pf_knock_status k[4];
	for (int i = 0; i < 400 && pf_host_knocks(p->host, k, 4) == 0; i++)
		place_run(p, 5);
	assert_int_equal(pf_host_knocks(p->host, k, 4), 1);
	return k[0];
}

void device_paired(struct place *p, const struct pf_identity *id, const struct pf_access *access)
{
	struct pf_arm how = {.has_access = access != NULL};
	char pin[5];
	if (access)
		how.access = *access;
	host_arm(p, &how, pin);
	assert_true(device_pair(p, id, pin));
}

struct pf_session_status host_only_session(struct place *p)
{
	struct pf_session_status s[2];
	assert_int_equal(pf_host_sessions(p->host, s, 2), 1);
	return s[0];
}
