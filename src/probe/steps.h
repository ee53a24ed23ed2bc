/*
 * What the command line asks for while the session runs: mode and bitrate changes, a speed test, a second
 * clock handshake. The loop's thread.
 */
#pragma once

#include <stdint.h>

#include "client/receiver.h"
#include "probe/link.h"
#include "probe/options.h"
#include "probe/pump.h"

enum pf_probe_speed_state { PF_SPEED_DUE, PF_SPEED_RUNNING, PF_SPEED_SETTLING, PF_SPEED_OVER };

struct pf_probe_steps {
	const struct pf_probe_options *options;
	struct pf_probe_report *report;
	struct pf_probe_link *link;
	struct pf_probe_media *media;
	struct pf_probe_pump *pump;
	uint32_t remodes_done, rebitrates_done; /* one bit per step */
	enum pf_probe_speed_state speed;
	int64_t speed_until_ns; /* RUNNING: patience; SETTLING: when the filler is counted */
	struct pf_receiver_stats speed_before;
	int64_t next_resync_ns; /* 0: the first frame has not come */
};

/* since_first_ns: since the first frame; negative before it. */
void pf_probe_steps_tick(struct pf_probe_steps *s, int64_t now_ns, int64_t since_first_ns);
/* The host's answers; others are ignored. */
void pf_probe_steps_message(
	struct pf_probe_steps *s, const struct pf_control *m, int64_t now_ns, int64_t since_first_ns);
/* A batch of clock rounds is over. */
void pf_probe_steps_clock(struct pf_probe_steps *s);
