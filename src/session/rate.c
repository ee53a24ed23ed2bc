#include <stdatomic.h>

#include "base/log.h"
#include "os/clock.h"
#include "session/negotiate.h"
#include "session/session.h"

#define BUSY_PERMILLE 800 /* encoding takes more of a frame interval: no climbs (native-media 7.4) */

void pf_session_apply_rate(struct pf_session *s)
{
	uint32_t encoder_kbps = pf_encoder_kbps(
		s->terms.wire_kbps, s->terms.audio_kbps, s->terms.shard_payload, s->terms.fec_percent);
	pf_sender_set_bitrate(s->media.sender, s->terms.wire_kbps);
	atomic_store_explicit(&s->media.control.rate, pf_encode_rate(encoder_kbps, s->terms.fec_percent),
		memory_order_release);
}

uint8_t pf_session_set_bitrate(struct pf_session *s, uint32_t kbps)
{
	uint32_t granted = pf_negotiate_bitrate(kbps);
	uint32_t busy = atomic_load_explicit(&s->media.control.busy_permille, memory_order_relaxed);
	if (granted > s->terms.wire_kbps && busy > BUSY_PERMILLE)
		return PF_BITRATE_CADENCE;
	s->terms.wire_kbps = granted;
	pf_session_apply_rate(s);
	return PF_BITRATE_GRANTED;
}

struct pf_shard_path pf_session_path(const struct pf_session *s)
{
	const struct sockaddr *local = pf_quic_local(s->quic);
	bool ipv6 = local->sa_family == AF_INET6 &&
		    !IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)local)->sin6_addr);
	return (struct pf_shard_path){
		.ipv6 = ipv6,
		.ip_mtu = pf_host_get_params(s->host)->wire_mtu,
		.udp_budget = pf_path_memory_get(pf_host_paths(s->host), pf_quic_remote(s->quic)),
		.client_max = s->hello.max_shard_payload,
	};
}

/* Discovery needs a moment; a second look catches a slow one (native-media 1.5). */
void pf_session_watch_path(struct pf_session *s, int64_t now_ns)
{
	static const int64_t sample_ns[] = {3 * INT64_C(1000000000), 10 * INT64_C(1000000000)};
	if (s->path_samples >= 2 || now_ns - s->streaming_since_ns < sample_ns[s->path_samples])
		return;
	s->path_samples++;
	unsigned bytes = pf_quic_path_mtu(s->quic);
	pf_path_memory_note(pf_host_paths(s->host), pf_quic_remote(s->quic), bytes);
	if (bytes >= PF_PATH_FULL_BYTES || s->hello.max_shard_payload == 0)
		return;
	struct pf_shard_path path = pf_session_path(s);
	unsigned payload = pf_negotiate_shard_payload(&path);
	if (payload == 0 || payload >= s->terms.shard_payload)
		return;
	pf_warn("session", "%s: the path takes datagrams of %u bytes only; shards of %u bytes from now on",
		s->label, bytes, payload);
	s->terms.shard_payload = payload;
	struct pf_control m = {
		.type = PF_CONTROL_SHARD_PAYLOAD_CHANGED, .shard_payload = {.bytes = (uint16_t)payload}};
	pf_session_send(s, &m);
	pf_sender_set_shard_payload(s->media.sender, payload);
	pf_session_apply_rate(s);
}

/* Filler of a bandwidth test is not the stream's own loss. */
void pf_session_gauge_loss(struct pf_session *s, uint64_t delivered)
{
	struct pf_sender_stats sent;
	pf_sender_get_stats(s->media.sender, &sent);
	if (s->probe_running)
		s->gauge = (struct pf_loss_gauge){0};
	s->measured_loss_ppm =
		pf_loss_gauge_report(&s->gauge, delivered, sent.datagrams + sent.datagrams_test_dropped);
}

static void set_parity(struct pf_session *s, unsigned percent)
{
	if (percent == s->terms.fec_percent)
		return;
	pf_debug("session", "%s: parity %u %% -> %u %%", s->label, s->terms.fec_percent, percent);
	s->terms.fec_percent = percent;
	pf_session_apply_rate(s);
}

void pf_session_loss_report(struct pf_session *s, uint32_t loss_ppm)
{
	uint64_t new_units = s->media.stats.units - s->media.stats.repeats;
	unsigned shards =
		(unsigned)(s->media.stats.bytes / ((new_units ? new_units : 1) * s->terms.shard_payload)) + 1;
	pf_fec_law_report(&s->fec, loss_ppm, pf_now_ns());
	pf_redundancy_loss(&s->sound.redundancy,
		loss_ppm > s->measured_loss_ppm ? loss_ppm : s->measured_loss_ppm, pf_now_ns());
	unsigned percent = pf_fec_law_raise(&s->fec, pf_loss_parity_percent(s->measured_loss_ppm, shards));
	set_parity(s, percent);
}

static void act_on(struct pf_session *s, enum pf_keyframe_verdict verdict)
{
	if (verdict != PF_KEYFRAME_FORCE)
		return;
	pf_media_force_key(&s->media);
}

void pf_session_request_keyframe(struct pf_session *s)
{
	act_on(s, pf_keyframe_gate_request(&s->gate, pf_now_ns()));
}

/* No encoder here invalidates references yet: a range of lost frames is answered by an IDR. */
void pf_session_frames_lost(struct pf_session *s, uint32_t first_index)
{
	set_parity(s, pf_fec_law_rfi(&s->fec, pf_now_ns()));
	if ((int32_t)(first_index - s->last_key_index) > 0)
		pf_keyframe_gate_healed(&s->gate);
	act_on(s, pf_keyframe_gate_rfi_declined(&s->gate, pf_now_ns()));
}
