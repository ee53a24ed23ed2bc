/*
 * Brings together what arrives apart: each frame with the host timing datagram that has its pts
 * (native-media 6.7), in either order. Fills the figures of a report. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/media.h"
#include "probe/report.h"
#include "proto/native/datagram.h"

#define PF_PROBE_ACCOUNT_REACH 256 /* frames that wait for their timing, timings for their frame */

struct pf_probe_account {
	struct pf_probe_report *report;
	struct {
		bool used;
		uint64_t pts_ns;
		int64_t latency_us;
	} frame[PF_PROBE_ACCOUNT_REACH];
	struct {
		bool used;
		uint64_t pts_ns;
		uint32_t host_us;
	} timing[PF_PROBE_ACCOUNT_REACH];
	unsigned next_frame, next_timing; /* rings: the oldest makes room */
};

/* offset_ns: the host's clock minus ours. Returns capture -> received, us; may be negative. */
int64_t pf_probe_account_unit(
	struct pf_probe_account *a, const struct pf_probe_event *unit, int64_t offset_ns);
void pf_probe_account_timing(struct pf_probe_account *a, const struct pf_host_timing *timing);
