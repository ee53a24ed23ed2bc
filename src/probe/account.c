#include "probe/account.h"

#include "packet/header.h"

static void add_network(struct pf_probe_account *a, int64_t latency_us, uint32_t host_us)
{
	int64_t network_us = latency_us - (int64_t)host_us;
	pf_histogram_add(&a->report->network, network_us > 0 ? (uint64_t)network_us : 0);
}

static void count_frame(struct pf_probe_report *r, const struct pf_probe_event *unit)
{
	r->bytes += unit->len;
	r->mismatched += unit->mismatched;
	r->key_frames += (unit->user_flags & PF_UNIT_KEY) != 0;
	if (unit->user_flags & PF_UNIT_REPEAT) {
		r->repeat_frames++;
		return;
	}
	if (r->new_frames++ == 0)
		r->first_new_ns = unit->at_ns;
	r->last_new_ns = unit->at_ns;
}

static bool take_timing(struct pf_probe_account *a, uint64_t pts_ns, uint32_t *host_us)
{
	for (unsigned i = 0; i < PF_PROBE_ACCOUNT_REACH; i++) {
		if (a->timing[i].used && a->timing[i].pts_ns == pts_ns) {
			a->timing[i].used = false;
			*host_us = a->timing[i].host_us;
			return true;
		}
	}
	return false;
}

int64_t pf_probe_account_unit(
	struct pf_probe_account *a, const struct pf_probe_event *unit, int64_t offset_ns)
{
	struct pf_probe_report *r = a->report;
	count_frame(r, unit);
	int64_t latency_us = ((int64_t)(unit->received_wall_ns - unit->pts_ns) + offset_ns) / 1000;
	r->clock_suspect += latency_us < 0;
	pf_histogram_add(&r->latency, latency_us > 0 ? (uint64_t)latency_us : 0);
	uint32_t host_us;
	if (take_timing(a, unit->pts_ns, &host_us)) {
		add_network(a, latency_us, host_us);
		return latency_us;
	}
	unsigned at = a->next_frame++ % PF_PROBE_ACCOUNT_REACH;
	a->frame[at].used = true;
	a->frame[at].pts_ns = unit->pts_ns;
	a->frame[at].latency_us = latency_us;
	return latency_us;
}

static void add_stages(struct pf_probe_report *r, const struct pf_host_timing *t)
{
	uint64_t known = (uint64_t)t->queue_us + t->encode_us + t->pace_us;
	pf_histogram_add(&r->queue, t->queue_us);
	pf_histogram_add(&r->encode, t->encode_us);
	pf_histogram_add(&r->pace, t->pace_us);
	pf_histogram_add(&r->xfer, t->host_us > known ? t->host_us - known : 0);
}

void pf_probe_account_timing(struct pf_probe_account *a, const struct pf_host_timing *timing)
{
	a->report->timings++;
	pf_histogram_add(&a->report->host, timing->host_us);
	if (timing->has_stages)
		add_stages(a->report, timing);
	for (unsigned i = 0; i < PF_PROBE_ACCOUNT_REACH; i++) {
		if (a->frame[i].used && a->frame[i].pts_ns == timing->pts_ns) {
			a->frame[i].used = false;
			add_network(a, a->frame[i].latency_us, timing->host_us);
			return;
		}
	}
	unsigned at = a->next_timing++ % PF_PROBE_ACCOUNT_REACH;
	a->timing[at].used = true;
	a->timing[at].pts_ns = timing->pts_ns;
	a->timing[at].host_us = timing->host_us;
}
