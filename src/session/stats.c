#include "session/stats.h"

#include <stdio.h>

#include "base/log.h"

static const char *const names[PF_STAGE_COUNT] = {
	[PF_STAGE_WAIT] = "wait",
	[PF_STAGE_CAPTURE] = "capture",
	[PF_STAGE_QUEUE] = "queue",
	[PF_STAGE_CONVERT] = "convert",
	[PF_STAGE_ENCODE] = "encode",
	[PF_STAGE_PACKETISE] = "packetise",
	[PF_STAGE_PACE] = "pace",
	[PF_STAGE_HOST] = "host",
};

uint32_t pf_sent_host_us(const struct pf_sent *sent)
{
	int64_t ns = sent->sent_ns - sent->stamps.capture_ns;
	return ns > 0 ? (uint32_t)(ns / 1000) : 0;
}

static uint32_t stage_us(const struct pf_sent *sent, enum pf_stage stage)
{
	const struct pf_stamps *t = &sent->stamps;
	switch (stage) {
	case PF_STAGE_WAIT:
		return t->wait_us;
	case PF_STAGE_CAPTURE:
		return t->capture_us;
	case PF_STAGE_QUEUE:
		return t->queue_us;
	case PF_STAGE_CONVERT:
		return t->convert_us;
	case PF_STAGE_ENCODE:
		return t->encode_us;
	case PF_STAGE_PACKETISE:
		return t->packetise_us;
	case PF_STAGE_PACE:
		return t->pace_us;
	case PF_STAGE_HOST:
		return pf_sent_host_us(sent);
	case PF_STAGE_COUNT:
		break;
	}
	return 0;
}

void pf_session_stats_add(struct pf_session_stats *s, const struct pf_sent *sent)
{
	s->units++;
	s->bytes += sent->bytes;
	s->keys += sent->key;
	s->window_bytes += sent->bytes;
	if (sent->repeat) {
		s->repeats++;
		s->window_repeats++;
		return;
	}
	s->window_units++;
	pf_histogram_add(&s->host, pf_sent_host_us(sent));
	for (int stage = 0; stage < PF_STAGE_COUNT; stage++)
		pf_histogram_add(&s->window[stage], stage_us(sent, (enum pf_stage)stage));
}

void pf_session_stats_drop(struct pf_session_stats *s)
{
	s->dropped++;
	s->window_dropped++;
}

void pf_session_stats_print(struct pf_session_stats *s, const char *label, unsigned elapsed_ms)
{
	char text[512];
	size_t len = 0;
	double seconds = elapsed_ms ? elapsed_ms / 1000.0 : 1;
	for (int stage = 0; stage < PF_STAGE_COUNT; stage++) {
		const struct pf_histogram *h = &s->window[stage];
		int n = snprintf(text + len, sizeof(text) - len, "  %s %u/%u/%u", names[stage],
			pf_histogram_at(h, 50), pf_histogram_at(h, 95), pf_histogram_at(h, 99));
		if (n > 0 && (size_t)n < sizeof(text) - len)
			len += (size_t)n;
	}
	pf_info("perf", "%s: %.1f new + %.1f repeated fps, %.2f Mbit/s, %llu dropped; us p50/p95/p99:%s",
		label, (double)s->window_units / seconds, (double)s->window_repeats / seconds,
		(double)s->window_bytes * 8 / 1e6 / seconds, (unsigned long long)s->window_dropped, text);
	for (int stage = 0; stage < PF_STAGE_COUNT; stage++)
		pf_histogram_reset(&s->window[stage]);
	s->window_units = s->window_repeats = s->window_bytes = s->window_dropped = 0;
}
