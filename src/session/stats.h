/*
 * A session's numbers: durations per stage and counts, for `--perf` every second and one summary line at the
 * end. Fed and read on the net loop.
 */
#pragma once

#include <stdint.h>

#include "base/histogram.h"
#include "session/outbox.h"

enum pf_stage {
	PF_STAGE_WAIT,
	PF_STAGE_CAPTURE,
	PF_STAGE_QUEUE,
	PF_STAGE_CONVERT,
	PF_STAGE_ENCODE,
	PF_STAGE_PACKETISE,
	PF_STAGE_PACE,
	PF_STAGE_HOST, /* picture complete -> last packet handed to the kernel */
	PF_STAGE_COUNT,
};

struct pf_session_stats {
	uint64_t units, repeats, keys, dropped, bytes;
	struct pf_histogram window[PF_STAGE_COUNT]; /* since the last print */
	struct pf_histogram host;                   /* whole session, new pictures only */
	uint64_t window_units, window_repeats, window_bytes, window_dropped;
};

void pf_session_stats_add(struct pf_session_stats *s, const struct pf_sent *sent);
void pf_session_stats_drop(struct pf_session_stats *s);
/* Logs one line per stage group of the last window (elapsed_ms long) and begins a new one. */
void pf_session_stats_print(struct pf_session_stats *s, const char *label, unsigned elapsed_ms);

/* host_us of the host timing datagram: picture complete -> last packet sent. */
uint32_t pf_sent_host_us(const struct pf_sent *sent);
