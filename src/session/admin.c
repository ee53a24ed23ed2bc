#include "session/admin.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "os/clock.h"
#include "session/session.h"

#define SECOND_NS 1000000000

static void print_address(char out[INET6_ADDRSTRLEN], const struct sockaddr *a)
{
	const void *ip = a->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
						  : (const void *)&((const struct sockaddr_in *)a)->sin_addr;
	if (!inet_ntop(a->sa_family, ip, out, INET6_ADDRSTRLEN))
		snprintf(out, INET6_ADDRSTRLEN, "?");
}

/* --- the window --- */

int pf_host_arm(struct pf_host *h, const struct pf_arm *arm, struct pf_reason *reason)
{
	struct pf_trust *t = pf_host_trust(h);
	unsigned ttl_s = arm->ttl_s ? arm->ttl_s : PF_ARM_SECONDS_DEFAULT;
	if (ttl_s < PF_ARM_SECONDS_MIN || ttl_s > PF_ARM_SECONDS_MAX)
		return pf_reason(reason, PF_ERR_INVALID, "a pairing window stays open for %d to %d seconds",
			PF_ARM_SECONDS_MIN, PF_ARM_SECONDS_MAX);
	const char *damage = pf_devices_damage(t->devices);
	if (damage)
		return pf_reason(reason, PF_ERR_INVALID, "%s", damage);
	pf_pairing_window_open(&t->window, pf_now_ns(), (int64_t)ttl_s * SECOND_NS,
		arm->bound ? &arm->device : NULL, arm->has_access ? &arm->access : NULL);
	pf_info("trust", "a pairing window is open for %u s", ttl_s);
	return PF_OK;
}

void pf_host_disarm(struct pf_host *h)
{
	pf_pairing_window_close(&pf_host_trust(h)->window);
}

struct pf_window_status pf_host_window(const struct pf_host *h)
{
	const struct pf_pairing_window *w = &pf_host_trust((struct pf_host *)h)->window;
	struct pf_window_status status = {0};
	int64_t now_ns = pf_now_ns();
	if (!pf_pairing_window_is_open(w, now_ns))
		return status;
	status.armed = true;
	memcpy(status.pin, w->pin, sizeof(status.pin));
	status.expires_in_s = w->stays ? 0 : (unsigned)((w->expires_ns - now_ns + SECOND_NS - 1) / SECOND_NS);
	status.bound = w->bound;
	status.device = w->device;
	return status;
}

/* --- devices that wait --- */

size_t pf_host_knocks(const struct pf_host *h, struct pf_knock_status *out, size_t cap)
{
	const struct pf_knocks *list = &pf_host_trust((struct pf_host *)h)->knocks;
	int64_t now_ns = pf_now_ns();
	size_t n = 0;
	for (const struct pf_knock *k = pf_knocks_next(list, 0, now_ns); k;
		k = pf_knocks_next(list, k->id, now_ns), n++) {
		if (n >= cap)
			continue;
		out[n] = (struct pf_knock_status){
			.id = k->id,
			.fingerprint = k->fingerprint,
			.wan = k->wan,
			.waiting = k->waiting,
			.age_s = (unsigned)((now_ns - k->at_ns) / SECOND_NS),
			.expires_in_s = (unsigned)((k->at_ns + PF_KNOCK_LIFE_NS - now_ns) / SECOND_NS),
		};
		memcpy(out[n].name, k->name, sizeof(k->name));
		print_address(out[n].address, (const struct sockaddr *)&k->address);
	}
	return n;
}

static int find_knock(struct pf_host *h, unsigned id, struct pf_knock **out, struct pf_reason *reason)
{
	*out = pf_knocks_find(&pf_host_trust(h)->knocks, id, pf_now_ns());
	return *out ? PF_OK
		    : pf_reason(reason, PF_ERR_NOT_FOUND,
			      "no device waits with this number; it may have asked again, with a new one");
}

int pf_host_approve(struct pf_host *h, unsigned id, const char *name, const struct pf_access *access,
	struct pf_reason *reason)
{
	struct pf_knock *k;
	int rc = find_knock(h, id, &k, reason);
	if (rc < 0)
		return rc;
	if (k->wan)
		return pf_reason(reason, PF_ERR_AUTH,
			"%s does not ask from a local network: open a pairing window that is bound to it",
			k->name);
	const struct pf_fingerprint fp = k->fingerprint;
	rc = pf_host_admit_device(h, &fp, name ? name : k->name, access, reason);
	if (rc == PF_OK)
		pf_info("trust", "a device was approved");
	return rc;
}

int pf_host_deny(struct pf_host *h, unsigned id, struct pf_reason *reason)
{
	struct pf_knock *k;
	int rc = find_knock(h, id, &k, reason);
	if (rc < 0)
		return rc;
	const struct pf_fingerprint fp = k->fingerprint;
	pf_host_emit_device(h, "pairing.denied", &fp, k->name);
	pf_knocks_remove(&pf_host_trust(h)->knocks, id);
	pf_host_decide_parked(h, &fp, false);
	return PF_OK;
}

/* --- devices --- */

const struct pf_devices *pf_host_devices(const struct pf_host *h)
{
	return pf_host_trust((struct pf_host *)h)->devices;
}

int pf_host_rename_device(
	struct pf_host *h, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason)
{
	return pf_devices_rename(pf_host_trust(h)->devices, fp, name, reason);
}

int pf_host_set_access(struct pf_host *h, const struct pf_fingerprint *fp, const struct pf_access *access,
	struct pf_reason *reason)
{
	struct pf_devices *devices = pf_host_trust(h)->devices;
	int rc = pf_devices_set_access(devices, fp, access, pf_wall_s(), reason);
	if (rc < 0)
		return rc;
	pf_host_emit_device(h, "access.changed", fp, pf_devices_find(devices, fp)->name);
	for (struct pf_session *s = pf_host_first(h); s && !pf_host_trust(h)->open; s = s->next) {
		if (pf_session_is_of(s, fp) && pf_session_is_admitted(s))
			pf_session_set_access(s, access);
	}
	return PF_OK;
}

static void end_unpaired(struct pf_host *h, const struct pf_fingerprint *fp)
{
	for (struct pf_session *s = pf_host_first(h); s; s = s->next) {
		if (pf_session_is_admitted(s) && s->has_fingerprint && (!fp || pf_session_is_of(s, fp)))
			pf_session_close(s, PF_CLOSE_ACCESS_EXPIRED, "this device is no longer paired");
	}
}

int pf_host_unpair(struct pf_host *h, const struct pf_fingerprint *fp, struct pf_reason *reason)
{
	int rc = pf_devices_remove(pf_host_trust(h)->devices, fp, reason);
	if (rc == PF_OK)
		end_unpaired(h, fp);
	return rc;
}

int pf_host_unpair_all(struct pf_host *h, struct pf_reason *reason)
{
	int rc = pf_devices_remove_all(pf_host_trust(h)->devices, reason);
	if (rc == PF_OK)
		end_unpaired(h, NULL);
	return rc;
}

/* --- sessions --- */

static const char *word_of(enum pf_session_state state)
{
	switch (state) {
	case PF_SESSION_HANDSHAKE:
	case PF_SESSION_WAIT_HELLO:
		return "handshake";
	case PF_SESSION_PAIRING:
	case PF_SESSION_PAIRED:
		return "pairing";
	case PF_SESSION_PARKED:
	case PF_SESSION_WAIT_OLDER:
	case PF_SESSION_WAIT_SLOT:
		return "waiting";
	case PF_SESSION_WAIT_DISPLAY:
	case PF_SESSION_WAIT_SOUND:
	case PF_SESSION_WAIT_START:
	case PF_SESSION_WAIT_PUNCH:
		return "starting";
	case PF_SESSION_STREAMING:
		return "streaming";
	case PF_SESSION_ENDING:
		break;
	}
	return "ending";
}

static void describe(const struct pf_session *s, struct pf_session_status *out)
{
	*out = (struct pf_session_status){
		.id = s->number,
		.has_fingerprint = s->has_fingerprint,
		.fingerprint = s->fingerprint,
		.state = word_of(s->state),
		.mode = s->terms.mode,
		.codec = s->terms.codec,
		.bitrate_kbps = s->terms.wire_kbps,
		.grants = pf_grants_mask(&s->grants),
		.expires_unix = s->grants.access.expires_unix,
		.seconds = s->streaming_since_ns
				   ? (unsigned)((pf_now_ns() - s->streaming_since_ns) / SECOND_NS)
				   : 0,
		.frames = s->media.stats.units,
		.repeats = s->media.stats.repeats,
		.dropped = s->media.stats.dropped,
		.muted = s->sound.muted,
		.events_taken = s->grants.taken,
		.events_refused = s->grants.refused,
	};
	pf_name_sanitise(out->name, s->hello.name, strlen(s->hello.name),
		s->has_fingerprint ? s->fingerprint.bytes : NULL);
	if (s->quic)
		print_address(out->address, pf_quic_remote(s->quic));
}

size_t pf_host_sessions(const struct pf_host *h, struct pf_session_status *out, size_t cap)
{
	size_t n = 0;
	for (const struct pf_session *s = pf_host_first((struct pf_host *)h); s; s = s->next) {
		if (!pf_session_is_admitted(s) && s->state != PF_SESSION_ENDING)
			continue;
		if (n < cap)
			describe(s, &out[n]);
		n++;
	}
	void *user;
	const struct pf_stream_plane *plane = pf_host_plane(h, &user);
	return plane ? n + plane->sessions(user, n < cap ? out + n : NULL, n < cap ? cap - n : 0) : n;
}

static void stop(struct pf_session *s)
{
	pf_session_close(s, PF_CLOSE_NORMAL, "ended by the host's operator");
}

/* NULL: it is not one of the native plane's. */
static struct pf_session *find_session(struct pf_host *h, uint64_t id)
{
	for (struct pf_session *s = pf_host_first(h); s; s = s->next) {
		if (s->number == id && pf_session_is_admitted(s))
			return s;
	}
	return NULL;
}

static int refuse_session(uint64_t id, struct pf_reason *reason)
{
	return pf_reason(reason, PF_ERR_NOT_FOUND, "no session %llu runs", (unsigned long long)id);
}

int pf_host_stop_session(struct pf_host *h, uint64_t id, struct pf_reason *reason)
{
	struct pf_session *s = find_session(h, id);
	void *user;
	const struct pf_stream_plane *plane = pf_host_plane(h, &user);
	if (s)
		stop(s);
	return s || (plane && plane->stop(user, id)) ? PF_OK : refuse_session(id, reason);
}

int pf_host_mute_session(struct pf_host *h, uint64_t id, bool muted, struct pf_reason *reason)
{
	struct pf_session *s = find_session(h, id);
	void *user;
	const struct pf_stream_plane *plane = pf_host_plane(h, &user);
	if (s)
		pf_session_mute(s, muted);
	return s || (plane && plane->mute(user, id, muted)) ? PF_OK : refuse_session(id, reason);
}

unsigned pf_host_stop_all(struct pf_host *h)
{
	unsigned n = 0;
	for (struct pf_session *s = pf_host_first(h); s; s = s->next) {
		if (pf_session_is_admitted(s) && !s->closing) {
			stop(s);
			n++;
		}
	}
	void *user;
	const struct pf_stream_plane *plane = pf_host_plane(h, &user);
	return plane ? n + plane->stop_all(user) : n;
}
