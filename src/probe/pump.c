#include "probe/pump.h"

#include <stdlib.h>

#include "client/freeze.h"
#include "client/loss_report.h"
#include "client/rfi.h"
#include "packet/header.h"
#include "probe/account.h"
#include "proto/native/caps.h"

#define NOTHING_CAME_NS     2600000000LL /* then ask for a keyframe, and again */
#define BACKLOG_LATE_US     400000
#define BACKLOG_PATIENCE_NS 250000000LL
#define BACKLOG_SPACING_NS  2000000000LL

/* Frames that come too late for too long: a client that cannot keep up starts over. */
struct backlog {
	int64_t late_since_ns; /* 0 = not late */
	int64_t next_flush_ns;
};

struct pf_probe_pump {
	struct pf_probe_pump_params with;
	struct pf_probe_account account;
	struct pf_rfi rfi;
	struct pf_freeze freeze;
	struct backlog backlog;
	struct pf_loss_report loss;
	bool delivery_began; /* a DeliveryReport with packets in it was sent */
	int64_t first_ns, last_ns;
	int64_t next_knock_ns; /* while nothing comes */
};

static struct pf_loss_counters counters_of(const struct pf_receiver_stats *s)
{
	return (struct pf_loss_counters){.received = s->received, .recovered = s->recovered, .late = s->late};
}

void pf_probe_pump_skip_window(struct pf_probe_pump *p, int64_t now_ns)
{
	struct pf_receiver_stats stats = pf_probe_media_stats(p->with.media);
	struct pf_loss_counters counters = counters_of(&stats);
	pf_loss_report_restart(&p->loss, &counters, now_ns);
}

int pf_probe_pump_create(
	struct pf_probe_pump **out, const struct pf_probe_pump_params *params, int64_t now_ns)
{
	struct pf_probe_pump *p = calloc(1, sizeof(*p));
	if (!p)
		return PF_ERR_NOMEM;
	p->with = *params;
	p->account.report = params->report;
	p->next_knock_ns = now_ns + NOTHING_CAME_NS;
	pf_probe_pump_skip_window(p, now_ns);
	*out = p;
	return PF_OK;
}

void pf_probe_pump_destroy(struct pf_probe_pump *p)
{
	free(p);
}

static void send_key_request(struct pf_probe_pump *p)
{
	const struct pf_control m = {.type = PF_CONTROL_REQUEST_KEYFRAME};
	pf_probe_link_send(p->with.link, &m);
	p->with.report->keyframe_asks++;
}

static void want_key(struct pf_probe_pump *p, int64_t now_ns)
{
	if (pf_rfi_keyframe(&p->rfi, now_ns))
		send_key_request(p);
}

static void send_ask(struct pf_probe_pump *p, struct pf_rfi_ask ask)
{
	if (ask.kind == PF_RFI_KEYFRAME) {
		send_key_request(p);
	} else if (ask.kind == PF_RFI_RANGE) {
		struct pf_control m = {.type = PF_CONTROL_RFI_REQUEST};
		m.rfi_request.first = ask.first;
		m.rfi_request.last = ask.last;
		pf_probe_link_send(p->with.link, &m);
		p->with.report->rfi_asks++;
	}
}

static void watch_backlog(struct pf_probe_pump *p, int64_t latency_us, int64_t now_ns)
{
	struct backlog *b = &p->backlog;
	if (!pf_probe_link_clock(p->with.link)->valid || latency_us <= BACKLOG_LATE_US) {
		b->late_since_ns = 0;
		return;
	}
	if (b->late_since_ns == 0)
		b->late_since_ns = now_ns;
	if (now_ns - b->late_since_ns < BACKLOG_PATIENCE_NS || now_ns < b->next_flush_ns)
		return;
	*b = (struct backlog){.next_flush_ns = now_ns + BACKLOG_SPACING_NS};
	pf_probe_media_flush(p->with.media);
	p->with.report->flushes++;
	want_key(p, now_ns);
}

static void take_unit(struct pf_probe_pump *p, const struct pf_probe_event *e)
{
	const struct pf_clock_sync *clock = pf_probe_link_clock(p->with.link);
	bool clean = pf_freeze_is_clean(e->user_flags);
	bool gap = p->rfi.started && (int32_t)(e->frame_index - p->rfi.last_index) > 1;
	bool late_start = !p->rfi.started && !clean;
	int64_t latency_us = pf_probe_account_unit(&p->account, e, clock->valid ? clock->offset_ns : 0);
	if (p->first_ns == 0)
		p->first_ns = e->at_ns;
	p->last_ns = e->at_ns;
	if ((gap && !clean) || late_start)
		pf_freeze_loss(&p->freeze, e->at_ns);
	int64_t held_ns;
	if (pf_freeze_unit(&p->freeze, e->user_flags, e->at_ns, &held_ns))
		pf_histogram_add(&p->with.report->recovery, (uint64_t)held_ns / 1000);
	send_ask(p, pf_rfi_delivered(&p->rfi, e->frame_index, clean, e->at_ns));
	if (late_start)
		want_key(p, e->at_ns);
	watch_backlog(p, latency_us, e->at_ns);
}

static void take_loss(struct pf_probe_pump *p, const struct pf_probe_event *e)
{
	/* One that lies behind a delivered unit was noticed as a gap when that one came. */
	if (!p->rfi.started || (int32_t)(e->frame_index - p->rfi.last_index) > 0)
		pf_freeze_loss(&p->freeze, e->at_ns);
}

void pf_probe_pump_take(struct pf_probe_pump *p)
{
	struct pf_probe_event e;
	while (pf_probe_media_take(p->with.media, &e)) {
		if (e.kind == PF_PROBE_UNIT)
			take_unit(p, &e);
		else
			take_loss(p, &e);
	}
}

static void report_delivery(struct pf_probe_pump *p, uint64_t datagrams)
{
	bool wanted = (p->with.host_caps2 & PF_HOST2_DELIVERY) || datagrams == 0 || !p->delivery_began;
	if (!wanted)
		return;
	struct pf_control m = {.type = PF_CONTROL_DELIVERY_REPORT};
	m.delivery_report.packets = datagrams;
	pf_probe_link_send(p->with.link, &m);
	p->delivery_began = datagrams > 0;
}

static void report_loss(struct pf_probe_pump *p, int64_t now_ns)
{
	struct pf_receiver_stats stats = pf_probe_media_stats(p->with.media);
	struct pf_loss_counters counters = counters_of(&stats);
	struct pf_control m = {.type = PF_CONTROL_LOSS_REPORT};
	if (!pf_loss_report_due(&p->loss, &counters, now_ns, &m.loss_report.loss_ppm))
		return;
	pf_probe_link_send(p->with.link, &m);
	struct pf_probe_report *r = p->with.report;
	r->loss_reports++;
	if (r->loss_ppm_max < m.loss_report.loss_ppm)
		r->loss_ppm_max = m.loss_report.loss_ppm;
	report_delivery(p, stats.datagrams);
}

void pf_probe_pump_tick(struct pf_probe_pump *p, int64_t now_ns)
{
	if (pf_freeze_overdue(&p->freeze, now_ns))
		want_key(p, now_ns);
	if (pf_probe_output_wants_key(p->with.output))
		want_key(p, now_ns);
	if (p->first_ns == 0 && now_ns >= p->next_knock_ns) {
		p->next_knock_ns = now_ns + NOTHING_CAME_NS;
		want_key(p, now_ns);
	}
	report_loss(p, now_ns);
}

void pf_probe_pump_timing(struct pf_probe_pump *p, const struct pf_host_timing *t)
{
	pf_probe_account_timing(&p->account, t);
}

int64_t pf_probe_pump_first_ns(const struct pf_probe_pump *p)
{
	return p->first_ns;
}

int64_t pf_probe_pump_last_ns(const struct pf_probe_pump *p)
{
	return p->last_ns;
}
