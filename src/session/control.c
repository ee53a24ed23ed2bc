#include <stdatomic.h>

#include "base/log.h"
#include "os/clock.h"
#include "proto/native/datagram.h"
#include "session/session.h"

#define MODE_SPACING_NS  500000000
#define PROBE_SPACING_NS (10 * INT64_C(1000000000))
#define GAP_TOLD_MS      50 /* a shorter pause does not look like loss to a client */

static void reply_mode(struct pf_session *s, bool accepted, struct pf_mode mode)
{
	struct pf_control m = {
		.type = PF_CONTROL_RECONFIGURED, .reconfigured = {.accepted = accepted, .mode = mode}};
	pf_session_send(s, &m);
}

/* The answer goes out before the rebuild, so that the client can prepare (native-control 4.1). */
static void reconfigure(struct pf_session *s, struct pf_mode mode)
{
	int64_t now = pf_now_ns();
	bool too_soon = s->mode_changed_ns && now - s->mode_changed_ns < MODE_SPACING_NS;
	if (s->state != PF_SESSION_STREAMING || s->mode_pending || too_soon || !pf_mode_valid(mode)) {
		reply_mode(s, false, s->terms.mode);
		return;
	}
	s->mode_changed_ns = now;
	s->mode_pending = true;
	s->mode_told = mode;
	reply_mode(s, true, mode);
	pf_display_thread_set_mode(s->media.display, mode);
}

void pf_session_mode_changed(struct pf_session *s, const struct pf_notice *n)
{
	if (n->asked) {
		s->mode_pending = false;
		if (n->rc < 0)
			pf_warn("session", "%s: mode change failed: %s", s->label, n->reason.text);
		else
			pf_info("session", "%s: now %ux%u@%u, pause %u ms", s->label, n->mode.width_px,
				n->mode.height_px, n->mode.refresh_hz, n->gap_ms);
		if (!pf_mode_equal(n->mode, s->mode_told))
			reply_mode(s, true, n->mode); /* the truth (native-control 4.1) */
	}
	s->terms.mode = n->mode;
	pf_sender_set_refresh(s->media.sender, n->mode.refresh_hz);
	pf_keyframe_gate_forced(&s->gate, pf_now_ns());
	if (n->gap_ms >= GAP_TOLD_MS) {
		struct pf_control m = {
			.type = PF_CONTROL_PIPELINE_GAP, .pipeline_gap = {.gap_ms = n->gap_ms}};
		pf_session_send(s, &m);
	}
}

static void set_bitrate(struct pf_session *s, uint32_t kbps)
{
	uint8_t reason = pf_session_set_bitrate(s, kbps);
	struct pf_control m = {.type = PF_CONTROL_BITRATE_CHANGED,
		.bitrate_changed = {
			.kbps = s->terms.wire_kbps,
			.has_reason = (s->start.rate_features & PF_RATE_READS_REASON) != 0,
			.reason = reason,
		}};
	pf_session_send(s, &m);
}

static void reply_probe(struct pf_session *s, const struct pf_probe_result *r)
{
	struct pf_control m = {.type = PF_CONTROL_PROBE_RESULT,
		.probe_result = {
			.bytes_sent = r->bytes_sent,
			.packets_sent = r->packets_sent,
			.duration_ms = r->duration_ms,
			.wire_packets_sent = r->wire_packets_sent,
			.send_dropped = r->send_dropped,
		}};
	pf_session_send(s, &m);
}

static void probe(struct pf_session *s, uint32_t target_kbps, uint32_t duration_ms)
{
	int64_t now = pf_now_ns();
	if (s->probe_running || (s->probe_started_ns && now - s->probe_started_ns < PROBE_SPACING_NS))
		return; /* ignored without an answer (native-control 4.4) */
	s->probe_started_ns = now;
	bool possible = (s->hello.video_caps & PF_VIDEO_PROBE_SEQ) && target_kbps > 0 && duration_ms > 0 &&
			s->state == PF_SESSION_STREAMING;
	if (possible && pf_sender_probe(s->media.sender, target_kbps, duration_ms))
		s->probe_running = true;
	else
		reply_probe(s, &(struct pf_probe_result){0});
}

void pf_session_probe_done(struct pf_session *s, const struct pf_probe_result *result)
{
	s->probe_running = false;
	reply_probe(s, result);
}

static void echo_clock(struct pf_session *s, uint64_t t1_ns, uint64_t t2_ns)
{
	struct pf_control m = {.type = PF_CONTROL_CLOCK_ECHO,
		.clock_echo = {.t1_ns = t1_ns, .t2_ns = t2_ns, .t3_ns = pf_wall_ns()}};
	pf_session_send(s, &m);
}

/* Pacing is always smooth here: the answer to every wish. */
static void set_delivery(struct pf_session *s)
{
	struct pf_control m = {.type = PF_CONTROL_DELIVERY_CHANGED,
		.delivery_changed = {.profile = PF_DELIVERY_SMOOTH, .forced = true}};
	pf_session_send(s, &m);
}

static void note_delivery(struct pf_session *s, uint64_t packets)
{
	pf_session_gauge_loss(s, packets);
	switch (pf_delivery_report(&s->delivery, packets, s->first_sent_ns, pf_now_ns())) {
	case PF_DELIVERY_BLOCKED:
		pf_warn("session",
			"%s: video is sent, but the client says that none of it arrives: a firewall or NAT "
			"on the "
			"way drops UDP from port %u of this host, or the client reached it at another "
			"address",
			s->label, s->media_port);
		break;
	case PF_DELIVERY_RESTORED:
		pf_info("session", "%s: video arrives now", s->label);
		break;
	case PF_DELIVERY_NO_NEWS:
		break;
	}
}

void pf_session_handle_control(struct pf_session *s, const uint8_t *data, size_t len)
{
	uint64_t arrival_ns = pf_wall_ns();
	struct pf_control m;
	if (pf_control_read(&m, data, len) < 0)
		return;
	switch (m.type) {
	case PF_CONTROL_CLOCK_PROBE:
		echo_clock(s, m.clock_probe.t1_ns, arrival_ns);
		break;
	case PF_CONTROL_RECONFIGURE:
		reconfigure(s, m.reconfigure.mode);
		break;
	case PF_CONTROL_REQUEST_KEYFRAME:
		pf_session_request_keyframe(s);
		break;
	case PF_CONTROL_RFI_REQUEST:
		pf_session_frames_lost(s, m.rfi_request.first);
		break;
	case PF_CONTROL_LOSS_REPORT:
		pf_session_loss_report(s, m.loss_report.loss_ppm);
		break;
	case PF_CONTROL_SET_BITRATE:
		set_bitrate(s, m.set_bitrate.kbps);
		break;
	case PF_CONTROL_DELIVERY_REPORT:
		note_delivery(s, m.delivery_report.packets);
		break;
	case PF_CONTROL_SET_DELIVERY:
		set_delivery(s);
		break;
	case PF_CONTROL_PROBE_REQUEST:
		probe(s, m.probe_request.target_kbps, m.probe_request.duration_ms);
		break;
	case PF_CONTROL_PROBE_SHAPED:
		probe(s, m.probe_shaped.target_kbps, m.probe_shaped.duration_ms);
		break;
	case PF_CONTROL_INPUT_EDGE:
		pf_session_take_edge(s, &m.input_edge);
		break;
	default:
		break; /* informational, host-to-client, or of a feature that this host does not announce */
	}
}

/* The host timing datagram follows the last packet of its frame (native-media 6.7). */
void pf_session_unit_sent(struct pf_session *s, const struct pf_sent *sent)
{
	if (!s->first_sent_ns)
		s->first_sent_ns = sent->sent_ns;
	pf_session_stats_add(&s->media.stats, sent);
	if (sent->key)
		s->last_key_index = sent->frame_index;
	if (!(s->hello.video_caps & PF_VIDEO_HOST_TIMING))
		return;
	struct pf_datagram d = {.tag = PF_DATAGRAM_HOST_TIMING,
		.timing = {
			.pts_ns = sent->pts_ns,
			.host_us = pf_sent_host_us(sent),
			.has_stages = true,
			.queue_us = sent->stamps.capture_us + sent->stamps.queue_us,
			.encode_us = sent->stamps.convert_us + sent->stamps.encode_us,
			.pace_us = sent->stamps.pace_us,
		}};
	uint8_t buf[64];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_datagram_write(&w, &d);
	pf_quic_datagram_send(s->quic, buf, w.len);
}
