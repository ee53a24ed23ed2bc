#include "probe/steps.h"

#include <string.h>

#include "base/log.h"

#define SECOND_NS          1000000000LL
#define SPEED_AFTER_NS     SECOND_NS
#define SPEED_PATIENCE_NS  (5 * SECOND_NS)  /* beyond the burst itself */
#define SPEED_SETTLE_NS    (SECOND_NS / 5)  /* filler that is slower than the result */
#define RESYNC_WANTED_NS   (2 * SECOND_NS)  /* --clock-resync: this long after the first frame */
#define CLOCK_TOLERANCE_NS UINT64_C(500000) /* beyond what the round trips explain */

static void due_changes(struct pf_probe_steps *s, int64_t since_first_ns)
{
	const struct pf_probe_options *o = s->options;
	for (unsigned i = 0; i < o->remodes; i++) {
		if ((s->remodes_done >> i & 1) || since_first_ns < o->remode[i].at_s * SECOND_NS)
			continue;
		struct pf_control m = {.type = PF_CONTROL_RECONFIGURE};
		m.reconfigure.mode = o->remode[i].mode;
		pf_probe_link_send(s->link, &m);
		s->remodes_done |= 1u << i;
	}
	for (unsigned i = 0; i < o->rebitrates; i++) {
		if ((s->rebitrates_done >> i & 1) || since_first_ns < o->rebitrate[i].at_s * SECOND_NS)
			continue;
		struct pf_control m = {.type = PF_CONTROL_SET_BITRATE};
		m.set_bitrate.kbps = o->rebitrate[i].kbps;
		pf_probe_link_send(s->link, &m);
		s->rebitrates_done |= 1u << i;
	}
}

static void start_speed_test(struct pf_probe_steps *s, int64_t now_ns)
{
	struct pf_control m = {.type = PF_CONTROL_PROBE_REQUEST};
	m.probe_request.target_kbps = s->options->speed_kbps;
	m.probe_request.duration_ms = s->options->speed_ms;
	s->report->speed.asked_kbps = s->options->speed_kbps;
	s->report->speed.asked_ms = s->options->speed_ms;
	s->speed_before = pf_probe_media_stats(s->media);
	s->speed_until_ns = now_ns + s->options->speed_ms * 1000000LL + SPEED_PATIENCE_NS;
	s->speed = PF_SPEED_RUNNING;
	pf_probe_link_send(s->link, &m);
}

static void count_filler(struct pf_probe_steps *s)
{
	struct pf_receiver_stats after = pf_probe_media_stats(s->media);
	s->report->speed.received_datagrams = after.probe_datagrams - s->speed_before.probe_datagrams;
	s->report->speed.received_bytes = after.probe_bytes - s->speed_before.probe_bytes;
}

static void tick_speed_test(struct pf_probe_steps *s, int64_t now_ns, int64_t since_first_ns)
{
	switch (s->speed) {
	case PF_SPEED_DUE:
		if (s->options->speed_kbps && since_first_ns >= SPEED_AFTER_NS)
			start_speed_test(s, now_ns);
		break;
	case PF_SPEED_RUNNING:
		pf_probe_pump_skip_window(s->pump, now_ns);
		if (now_ns >= s->speed_until_ns) {
			pf_warn("probe", "the host did not answer the speed test");
			s->speed = PF_SPEED_OVER;
		}
		break;
	case PF_SPEED_SETTLING:
		pf_probe_pump_skip_window(s->pump, now_ns);
		if (now_ns >= s->speed_until_ns) {
			count_filler(s);
			s->speed = PF_SPEED_OVER;
		}
		break;
	case PF_SPEED_OVER:
		break;
	}
}

void pf_probe_steps_tick(struct pf_probe_steps *s, int64_t now_ns, int64_t since_first_ns)
{
	if (since_first_ns < 0)
		return;
	due_changes(s, since_first_ns);
	tick_speed_test(s, now_ns, since_first_ns);
	if (s->next_resync_ns == 0) {
		s->report->resync.wanted = s->options->clock_resync;
		s->next_resync_ns =
			now_ns + (s->options->clock_resync ? RESYNC_WANTED_NS : PF_CLOCK_RESYNC_NS);
	}
	if (now_ns >= s->next_resync_ns) {
		s->next_resync_ns = now_ns + PF_CLOCK_RESYNC_NS;
		struct pf_probe_resync *resync = &s->report->resync;
		if (!resync->done) {
			const struct pf_clock_sync *clock = pf_probe_link_clock(s->link);
			resync->first_ns = clock->offset_ns;
			resync->uncertainty_ns = clock->rtt_ns / 2 + CLOCK_TOLERANCE_NS;
		}
		pf_probe_link_resync(s->link);
	}
}

void pf_probe_steps_clock(struct pf_probe_steps *s)
{
	struct pf_probe_resync *resync = &s->report->resync;
	if (!resync->wanted || resync->done)
		return;
	/* The batch's own best sample, whether it was taken or not. */
	const struct pf_clock_sync *clock = pf_probe_link_clock(s->link);
	resync->second_ns = clock->sample_offset_ns;
	resync->uncertainty_ns += clock->sample_rtt_ns / 2;
	resync->done = clock->valid;
}

void pf_probe_steps_message(
	struct pf_probe_steps *s, const struct pf_control *m, int64_t now_ns, int64_t since_first_ns)
{
	struct pf_probe_report *r = s->report;
	double at_s = since_first_ns > 0 ? (double)since_first_ns / 1e9 : 0;
	if (m->type == PF_CONTROL_RECONFIGURED && r->mode_changes < PF_PROBE_CHANGES_MAX) {
		r->mode_change[r->mode_changes++] = (struct pf_probe_mode_change){
			.accepted = m->reconfigured.accepted, .mode = m->reconfigured.mode, .at_s = at_s};
	} else if (m->type == PF_CONTROL_BITRATE_CHANGED && r->rate_changes < PF_PROBE_CHANGES_MAX) {
		r->rate_change[r->rate_changes++] =
			(struct pf_probe_rate_change){.kbps = m->bitrate_changed.kbps, .at_s = at_s};
	} else if (m->type == PF_CONTROL_AUDIO_STATE && r->mute_changes < PF_PROBE_CHANGES_MAX) {
		pf_info("probe", "the sound is %s", m->audio_state.muted ? "muted" : "no longer muted");
		r->mute_change[r->mute_changes++] =
			(struct pf_probe_mute_change){.muted = m->audio_state.muted, .at_s = at_s};
	} else if (m->type == PF_CONTROL_PROBE_RESULT && s->speed == PF_SPEED_RUNNING) {
		r->speed.answered = true;
		r->speed.bytes_sent = m->probe_result.bytes_sent;
		r->speed.duration_ms = m->probe_result.duration_ms;
		r->speed.wire_packets_sent = m->probe_result.wire_packets_sent;
		r->speed.send_dropped = m->probe_result.send_dropped;
		s->speed_until_ns = now_ns + SPEED_SETTLE_NS;
		s->speed = PF_SPEED_SETTLING;
	}
}
