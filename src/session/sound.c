#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "proto/native/name.h"
#include "session/planes.h"
#include "session/session.h"
#include "session/sound_source.h"

#define PROVE_MS      20 /* between looks at the rate that the device runs at */
#define PROVE_MOST_NS INT64_C(1000000000)

/* --- what it will be --- */

static void post_live(
	struct pf_session *s, enum pf_notice_kind kind, bool live, const struct pf_reason *reason)
{
	struct pf_notice n = {.kind = kind, .rc = live ? PF_OK : PF_ERR_CLOSED};
	if (reason)
		n.reason = *reason;
	pf_outbox_post(s->media.outbox, &n);
}

static void post_sound_live(void *user, bool live, const struct pf_reason *reason)
{
	post_live(user, PF_NOTICE_SOUND, live, reason);
}

static void post_microphone_live(void *user, bool live, const struct pf_reason *reason)
{
	post_live(user, PF_NOTICE_MICROPHONE, live, reason);
}

static void close_source(struct pf_session *s)
{
	if (s->sound.source)
		s->sound.source->impl->destroy(s->sound.source);
	s->sound.source = NULL;
}

/* A stream without sound is still worth seeing. */
static void open_source(struct pf_session *s, uint32_t rate_hz)
{
	struct pf_reason reason = {0};
	const struct pf_sound_source_params params = {
		.host = s->host,
		.place = &s->media.place,
		.number = s->number,
		.channels = s->hello.audio_channels,
		.rate_hz = rate_hz,
		.keep_host_audio = (s->hello.client_caps & PF_CLIENT_KEEP_HOST_AUDIO) != 0,
		.on_live = post_sound_live,
		.user = s,
	};
	if (pf_sound_source_open(&s->sound.source, &params, &reason) < 0)
		pf_warn("sound", "%s: no sound: %s", s->label, reason.text);
}

static void plan(struct pf_session *s, uint32_t capture_rate_hz)
{
	const struct pf_sound_settings *settings = &pf_host_get_params(s->host)->sound;
	s->sound.plan = pf_sound_plan(
		&s->hello, settings, s->terms.wire_kbps, pf_quic_datagram_max(s->quic), capture_rate_hz);
	s->sound.redundancy = (struct pf_redundancy){
		.possible = s->sound.plan.may_redundant, .choice = settings->redundancy};
	s->terms.audio_kbps = s->sound.plan.wire_kbps;
	if (s->sound.source && s->sound.source->rate_hz != s->sound.plan.rate_hz)
		close_source(s);
}

bool pf_session_plan_sound(struct pf_session *s)
{
	const struct pf_sound_settings *settings = &pf_host_get_params(s->host)->sound;
	if (!pf_sound_may_be_pcm(&s->hello, settings, s->terms.wire_kbps, pf_quic_datagram_max(s->quic))) {
		plan(s, 0);
		return true;
	}
	open_source(s, s->hello.audio_rate_hz);
	s->sound.prove_until_ns = pf_now_ns() + PROVE_MOST_NS;
	return pf_session_prove_sound(s);
}

bool pf_session_prove_sound(struct pf_session *s)
{
	uint32_t rate_hz = s->sound.source ? s->sound.source->impl->device_rate(s->sound.source) : 0;
	if (s->sound.source && rate_hz != s->hello.audio_rate_hz && pf_now_ns() < s->sound.prove_until_ns) {
		pf_session_set_deadline(s, PROVE_MS);
		return false;
	}
	if (rate_hz != s->hello.audio_rate_hz)
		pf_info("sound",
			"%s asks for lossless sound at %u Hz, but the device runs at %u Hz: it gets Opus",
			s->label, s->hello.audio_rate_hz, rate_hz);
	plan(s, rate_hz);
	return true;
}

/* --- what the client is told --- */

/* Once the stream runs: before, it could disturb the client's first look at the clock (native-control 2). */
static void tell_state(struct pf_session *s)
{
	bool muted = s->sound.muted || s->sound.dead;
	struct pf_control m = {.type = PF_CONTROL_AUDIO_STATE, .audio_state = {.muted = muted}};
	if (s->state != PF_SESSION_STREAMING || muted == s->sound.told_muted)
		return;
	s->sound.told_muted = muted;
	if (s->hello.client_caps & PF_CLIENT_EXT)
		pf_session_send(s, &m);
}

void pf_session_sound_live(struct pf_session *s, const struct pf_notice *n)
{
	bool dead = n->rc < 0;
	if (!s->sound.source && !s->sound.out)
		return; /* of a source that was closed meanwhile */
	if (dead != s->sound.dead && dead)
		pf_warn("sound", "%s hears nothing: %s", s->label, n->reason.text);
	else if (dead != s->sound.dead)
		pf_info("sound", "%s hears again", s->label);
	s->sound.dead = dead;
	tell_state(s);
}

void pf_session_mute(struct pf_session *s, bool muted)
{
	s->sound.muted = muted;
	if (s->sound.out)
		pf_sound_out_mute(s->sound.out, muted);
	tell_state(s);
}

/* --- while it runs --- */

static int send_sound(void *user, const uint8_t *data, size_t len)
{
	struct pf_session *s = user;
	return s->quic ? pf_quic_datagram_send(s->quic, data, len) : PF_ERR_CLOSED;
}

static void start_out(struct pf_session *s)
{
	if (!s->sound.source)
		open_source(s, s->sound.plan.rate_hz);
	if (!s->sound.source)
		return;
	const struct pf_sound_out_params params = {
		.loop = pf_host_loop(s->host),
		.plan = &s->sound.plan,
		.source = s->sound.source,
		.gain = pf_host_get_params(s->host)->sound.gain,
		.muted = s->sound.muted,
		.first_seq = s->sound.next_seq,
		.before = s->sound.stats,
		.datagram_max = pf_quic_datagram_max(s->quic),
		.send = send_sound,
		.user = s,
	};
	int rc = pf_sound_out_create(&s->sound.out, &params);
	if (rc < 0) {
		pf_warn("sound", "%s: no sound: %s", s->label, pf_strerror(rc));
		close_source(s);
		return;
	}
	s->sound.source = NULL;
	s->open_handles++;
	pf_sound_out_set_redundant(s->sound.out, pf_redundancy_wanted(&s->sound.redundancy, pf_now_ns()));
}

void pf_session_start_sound(struct pf_session *s)
{
	start_out(s);
	tell_state(s);
}

static void stop_out(struct pf_session *s)
{
	if (s->sound.out) {
		pf_sound_out_stats(s->sound.out, &s->sound.stats);
		s->sound.next_seq = pf_sound_out_destroy(s->sound.out, pf_session_part_gone);
	}
	s->sound.out = NULL;
}

/* Of all that the session had. */
static struct pf_microphone_stats heard(const struct pf_session *s)
{
	struct pf_microphone_stats sum = s->sound.heard, more = {0};
	if (s->sound.microphone)
		pf_microphone_stats(s->sound.microphone, &more);
	sum.packets += more.packets;
	sum.lost += more.lost;
	sum.concealed += more.concealed;
	sum.late += more.late;
	return sum;
}

static void close_microphone(struct pf_session *s)
{
	s->sound.heard = heard(s);
	pf_microphone_destroy(s->sound.microphone);
	s->sound.microphone = NULL;
}

void pf_session_stop_sound(struct pf_session *s)
{
	stop_out(s);
	close_source(s);
	close_microphone(s);
}

static void describe_microphone(const struct pf_session *s, char *out, size_t cap)
{
	struct pf_microphone_stats m = heard(s);
	if (m.packets)
		snprintf(out, cap, "; microphone %llu packets (%llu lost, %llu concealed, %llu late)",
			(unsigned long long)m.packets, (unsigned long long)m.lost,
			(unsigned long long)m.concealed, (unsigned long long)m.late);
}

void pf_session_describe_sound(const struct pf_session *s, char out[PF_SOUND_TEXT])
{
	struct pf_sound_stats stats = s->sound.stats;
	if (s->sound.out)
		pf_sound_out_stats(s->sound.out, &stats);
	out[0] = 0;
	if (stats.packets)
		snprintf(out, PF_SOUND_TEXT,
			"; sound %llu packets (%llu redundant, %llu dropped), p50 %u us, p99 %u us",
			(unsigned long long)stats.packets, (unsigned long long)stats.redundant,
			(unsigned long long)stats.dropped, pf_histogram_at(&stats.sent_us, 50),
			pf_histogram_at(&stats.sent_us, 99));
	size_t len = strlen(out);
	describe_microphone(s, out + len, PF_SOUND_TEXT - len);
}

void pf_session_ports_changed(struct pf_session *s, const struct pf_display_ports *ports)
{
	if (!pf_media_take_ports(&s->media, ports))
		return;
	pf_session_stop_sound(s);
	if (s->state != PF_SESSION_STREAMING)
		return;
	pf_session_start_sound(s);
	pf_session_set_microphone(s);
}

void pf_session_watch_sound(struct pf_session *s)
{
	const struct pf_sound_plan *p = &s->sound.plan;
	if (!s->sound.out)
		return;
	pf_sound_out_set_room(s->sound.out, pf_quic_datagram_max(s->quic));
	pf_sound_out_set_redundant(s->sound.out, pf_redundancy_wanted(&s->sound.redundancy, pf_now_ns()));
	uint32_t rate_hz = pf_sound_out_device_rate(s->sound.out);
	if (p->codec != PF_AUDIO_PCM || rate_hz == 0 || rate_hz == p->rate_hz)
		return;
	/* Resampled it would not be what was promised, and the codec of a session cannot change. */
	pf_warn("sound",
		"%s: the device now runs at %u Hz; lossless sound at %u Hz ends. The client has to connect "
		"again",
		s->label, rate_hz, p->rate_hz);
	stop_out(s);
	s->sound.dead = true;
	tell_state(s);
}

/* --- the microphone --- */

static void open_microphone(struct pf_session *s)
{
	char node[PF_AUDIO_NODE_MAX], description[PF_NAME_BYTES_MAX + 32], name[PF_NAME_BYTES_MAX + 1];
	struct pf_reason reason = {0};
	pf_name_sanitise(
		name, s->hello.name, strlen(s->hello.name), s->has_fingerprint ? s->fingerprint.bytes : NULL);
	snprintf(description, sizeof(description), "Microphone of %s", name);
	snprintf(node, sizeof(node), "punktfunk-mic-%d-%llu", (int)getpid(), (unsigned long long)s->number);
	const struct pf_microphone_params params = {
		.remote = s->media.place.own ? s->media.place.remote : NULL,
		.node = s->media.place.own ? s->media.place.source : node,
		.description = description,
		.defaults = s->media.place.own ? NULL : pf_host_audio_defaults(s->host),
		.on_live = post_microphone_live,
		.user = s,
	};
	if (pf_microphone_create(&s->sound.microphone, &params, &reason) < 0)
		pf_warn("sound", "%s: no microphone: %s", s->label, reason.text);
}

void pf_session_set_microphone(struct pf_session *s)
{
	bool wanted = s->state == PF_SESSION_STREAMING && pf_host_audio_defaults(s->host) &&
		      (pf_grants_mask(&s->grants) & PF_GRANT_MIC);
	if (wanted && !s->sound.microphone)
		open_microphone(s);
	if (!wanted)
		close_microphone(s);
}

void pf_session_microphone_live(struct pf_session *s, const struct pf_notice *n)
{
	if (n->rc < 0)
		pf_warn("sound", "%s: no microphone: %s", s->label, n->reason.text);
	else
		pf_debug("sound", "%s: the microphone can be recorded", s->label);
}
