/*
 * LossReport (native-control 4.3): which part of the data shards the network lost before parity repaired
 * it, one figure per window. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_LOSS_WINDOW_NS 750000000ll

/* Data shards since the session began. */
struct pf_loss_counters {
	uint64_t received, recovered;
	uint64_t late; /* arrived after they had been recovered */
};

struct pf_loss_report {
	int64_t window_start_ns;
	struct pf_loss_counters at_start;
};

/* (recovered - late) / (received + recovered - late) in parts per million; 0 for an empty window. */
uint32_t pf_loss_ppm(uint64_t received, uint64_t recovered, uint64_t late);

/* Starts a window now; also to throw away one that held a speed test or a gap of the host's. */
void pf_loss_report_restart(struct pf_loss_report *r, const struct pf_loss_counters *now, int64_t now_ns);
/* True when the window is over: *ppm is to be sent, and the next window has begun. */
bool pf_loss_report_due(
	struct pf_loss_report *r, const struct pf_loss_counters *now, int64_t now_ns, uint32_t *ppm);
