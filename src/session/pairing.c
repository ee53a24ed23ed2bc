/* The host's side of the pairing ceremony on one connection (native-control 6.2). */
#include "pairing/ceremony.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/udp.h"
#include "session/admin.h"
#include "session/session.h"

#define PROOF_MS 60000
#define GONE_MS  5000 /* for the client to close after the result */

static struct pf_pairing_ends ends_of(const struct pf_session *s)
{
	struct pf_pairing_ends e;
	memcpy(e.client, s->fingerprint.bytes, sizeof(e.client));
	memcpy(e.host, pf_host_fingerprint(s->host)->bytes, sizeof(e.host));
	return e;
}

static void send_message(struct pf_session *s, const struct pf_pair_message *m, bool last)
{
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	size_t at = pf_frame_begin(&w);
	pf_pair_write(&w, m);
	pf_frame_end(&w, at);
	pf_quic_stream_write(s->quic, s->stream, buf, w.len, last);
}

/* False: refused, with the typed close. */
static bool attempt(struct pf_session *s, struct pf_trust *t)
{
	if (!s->has_fingerprint) {
		pf_session_close(s, PF_CLOSE_IDENTITY_REQUIRED, "pairing needs a client certificate");
		return false;
	}
	bool local = pf_udp_peer_is_private(pf_quic_remote(s->quic));
	enum pf_close_code code = pf_pairing_window_attempt(&t->window, &s->fingerprint, local, pf_now_ns());
	const char *damage = pf_devices_damage(t->devices);
	if (code == PF_CLOSE_NORMAL && damage) {
		pf_error_log("trust", "%s", damage);
		pf_session_close(s, PF_CLOSE_NOT_ARMED, "this host cannot read its list of paired devices");
		return false;
	}
	if (code == PF_CLOSE_NORMAL)
		return true;
	pf_session_close(s, code, "%s", pf_refusal_sentence(code));
	return false;
}

void pf_session_pair(struct pf_session *s, const struct pf_pair_message *request)
{
	struct pf_trust *t = pf_host_trust(s->host);
	if (!attempt(s, t))
		return;
	const struct pf_slice pin = {(const uint8_t *)t->window.pin, PF_PIN_DIGITS};
	const struct pf_pairing_ends ends = ends_of(s);
	struct pf_pair_message challenge;
	int rc = pf_pairing_answer(&challenge, s->pairing.owed, pin, &ends, request->request.spake);
	if (rc < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "the pairing request is malformed");
		return;
	}
	s->pairing.has_access = t->window.has_access;
	s->pairing.access = t->window.access;
	snprintf(s->pairing.name, sizeof(s->pairing.name), "%s", request->request.name);
	snprintf(s->hello.name, sizeof(s->hello.name), "%s", request->request.name);
	pf_session_set_label(s);
	pf_pairing_window_spend(&t->window);
	send_message(s, &challenge, false);
	s->state = PF_SESSION_PAIRING;
	pf_session_set_deadline(s, PROOF_MS);
}

/* Nothing is stored but by the right proof; what cannot be stored is not paired. */
static bool store(struct pf_session *s)
{
	struct pf_reason reason = {0};
	int rc = pf_host_admit_device(s->host, &s->fingerprint, s->pairing.name,
		s->pairing.has_access ? &s->pairing.access : NULL, &reason);
	if (rc < 0)
		pf_error_log("trust", "%s gave the right PIN, but is not paired: %s", s->label, reason.text);
	return rc == PF_OK;
}

void pf_session_handle_proof(struct pf_session *s, const uint8_t *data, size_t len)
{
	struct pf_pair_message m, result = {.type = PF_PAIR_RESULT};
	if (pf_pair_read(&m, data, len) < 0 || m.type != PF_PAIR_PROOF) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "the message is no proof of pairing");
		return;
	}
	bool right = pf_pairing_proof_is(s->pairing.owed, m.proof.confirm);
	sodium_memzero(s->pairing.owed, sizeof(s->pairing.owed));
	if (!right)
		pf_warn("trust", "%s gave a wrong PIN; the window is closed", s->label);
	result.result.paired = right && store(s);
	send_message(s, &result, true);
	s->state = PF_SESSION_PAIRED;
	pf_session_set_deadline(s, GONE_MS);
	if (result.result.paired)
		pf_info("trust", "%s is paired", s->label);
	pf_host_emit(s->host, result.result.paired ? "pairing.completed" : "pairing.denied", s, NULL);
}
