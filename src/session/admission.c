#include <string.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/udp.h"
#include "proto/native/datagram.h"
#include "session/session.h"

/* --- the gate (native-control 2, step 4) --- */

/* The connection waits, without a place among the streams, until an operator decides (6.5). */
static void park(struct pf_session *s)
{
	struct pf_trust *t = pf_host_trust(s->host);
	char name[PF_NAME_BYTES_MAX + 1];
	const struct sockaddr *remote = pf_quic_remote(s->quic);
	bool wan = !pf_udp_peer_is_private(remote);
	pf_name_sanitise(name, s->hello.name, strlen(s->hello.name), s->fingerprint.bytes);
	struct pf_session *older = pf_host_find_parked(s->host, s);
	s->knock_id = pf_knocks_add(&t->knocks, &s->fingerprint, name, remote, wan, pf_now_ns());
	if (s->knock_id == 0) {
		pf_session_close(s, PF_CLOSE_DENIED,
			"too many devices already wait for this host's approval; try again in ten minutes");
		return;
	}
	if (older)
		pf_session_close(older, PF_CLOSE_SUPERSEDED, "the same device asks again");
	s->state = PF_SESSION_PARKED;
	unsigned wait_ms = pf_host_get_params(s->host)->approval_ms;
	pf_session_set_deadline(s, wait_ms ? wait_ms : PF_PARKED_MS);
	pf_info("session", "%s waits for approval (%u%s): punktfunk-host ctl approve %u", s->label,
		s->knock_id, wan ? ", not from a local network: pair it with a PIN bound to it" : "",
		s->knock_id);
	pf_host_emit(s->host, "pairing.pending", s, NULL);
}

bool pf_session_admit(struct pf_session *s)
{
	struct pf_trust *t = pf_host_trust(s->host);
	struct pf_access access;
	switch (pf_trust_look(t, s->has_fingerprint ? &s->fingerprint : NULL, &access)) {
	case PF_TRUST_ADMITTED:
		pf_grants_set(&s->grants, &access, pf_wall_s());
		if (s->has_fingerprint)
			pf_trust_back(t, &s->fingerprint);
		return true;
	case PF_TRUST_ANONYMOUS:
		pf_session_close(s, PF_CLOSE_IDENTITY_REQUIRED,
			"this host lets in paired devices only, and the client showed no identity");
		return false;
	case PF_TRUST_UNKNOWN:
		break;
	}
	park(s);
	return false;
}

void pf_session_parked_decided(struct pf_session *s, bool approved)
{
	if (!approved) {
		pf_session_close(s, PF_CLOSE_DENIED, "the host's operator denied this device");
		return;
	}
	pf_session_set_deadline(s, 0);
	s->knock_id = 0;
	if (pf_session_admit(s))
		pf_session_enter(s);
}

void pf_session_leave_queue(struct pf_session *s)
{
	if (s->knock_id)
		pf_knocks_left(&pf_host_trust(s->host)->knocks, s->knock_id);
	s->knock_id = 0;
}

int pf_host_admit_device(struct pf_host *h, const struct pf_fingerprint *fp, const char *name,
	const struct pf_access *access, struct pf_reason *reason)
{
	struct pf_trust *t = pf_host_trust(h);
	int rc = pf_devices_pair(t->devices, fp, name, access, pf_wall_s(), reason);
	if (rc < 0)
		return rc;
	pf_host_emit_device(h, "access.granted", fp, pf_devices_find(t->devices, fp)->name);
	struct pf_knock *k = pf_knocks_find_device(&t->knocks, fp, pf_now_ns());
	if (k)
		pf_knocks_remove(&t->knocks, k->id);
	pf_host_decide_parked(h, fp, true);
	return PF_OK;
}

void pf_host_decide_parked(struct pf_host *h, const struct pf_fingerprint *fp, bool approved)
{
	for (struct pf_session *s = pf_host_first(h); s; s = s->next) {
		if (s->state == PF_SESSION_PARKED && !s->closing && pf_session_is_of(s, fp))
			pf_session_parked_decided(s, approved);
	}
}

/* --- access that changes or ends while the session runs (4.9) --- */

static void tell_access(struct pf_session *s)
{
	struct pf_control m = {.type = PF_CONTROL_ACCESS_UPDATE,
		.access_update = {
			.grants = pf_grants_mask(&s->grants),
			.seconds_left = pf_grants_seconds_left(&s->grants, pf_wall_s()),
		}};
	pf_session_send(s, &m);
}

void pf_session_set_access(struct pf_session *s, const struct pf_access *access)
{
	pf_grants_set(&s->grants, access, pf_wall_s());
	/* The end of what is held now may be refused from now on. */
	pf_input_plane_release(s->media.input);
	if (!(pf_grants_mask(&s->grants) & PF_GRANT_GAMEPAD))
		pf_input_plane_unplug(s->media.input);
	pf_session_set_microphone(s);
	s->access_untold = true;
	pf_session_watch_access(s);
	if (s->state == PF_SESSION_STREAMING)
		pf_session_begin_access(s);
}

void pf_session_begin_access(struct pf_session *s)
{
	if (s->access_untold && !s->closing)
		tell_access(s);
	s->access_untold = false;
}

void pf_session_watch_access(struct pf_session *s)
{
	switch (pf_grants_look(&s->grants, pf_wall_s())) {
	case PF_GRANTS_FINE:
		break;
	case PF_GRANTS_WARN:
		tell_access(s);
		break;
	case PF_GRANTS_OVER:
		pf_host_emit(s->host, "access.expired", s, NULL);
		pf_session_close(
			s, PF_CLOSE_ACCESS_EXPIRED, "the time for which this device was let in is over");
		break;
	}
}

/* --- what the client sends in --- */

/* From Start on: controllers arrive while the media path is still being opened. */
static bool sends_input(const struct pf_session *s)
{
	return s->state == PF_SESSION_WAIT_PUNCH || s->state == PF_SESSION_STREAMING;
}

void pf_session_take_datagram(struct pf_session *s, const uint8_t *data, size_t len)
{
	struct pf_datagram d;
	if (!sends_input(s) || pf_datagram_read(&d, data, len) < 0)
		return;
	/* What is refused here must never get further. */
	if (!pf_grants_allow(&s->grants, pf_datagram_grant(&d)))
		return;
	if (d.tag == PF_DATAGRAM_INPUT)
		pf_input_plane_event(s->media.input, &d.input);
	else if (d.tag == PF_DATAGRAM_RICH_INPUT)
		pf_input_plane_rich(s->media.input, &d.rich);
	else if (d.tag == PF_DATAGRAM_MIC && s->sound.microphone)
		pf_microphone_take(s->sound.microphone, &d.audio, pf_now_ns());
}

void pf_session_take_edge(struct pf_session *s, const struct pf_input_event *e)
{
	if (sends_input(s) && pf_grants_allow(&s->grants, pf_input_grant(e->kind)))
		pf_input_plane_event(s->media.input, e);
}
