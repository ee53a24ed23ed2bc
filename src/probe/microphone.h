/*
 * A tone in place of a microphone: 440 Hz at half level, Opus for speech with in-band correction, each packet when a
 * sound card would have had it. The loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "probe/link.h"

struct pf_probe_microphone;

struct pf_probe_microphone_params {
	bool burst;            /* two packets of 20 ms every 40 ms; else one of 10 ms every 10 ms */
	bool stereo;           /* else mono */
	unsigned drop_percent; /* of the packets are not sent, which ones is the same in each run; 0..100 */
	struct pf_probe_link *link;
};

struct pf_probe_microphone_stats {
	uint64_t sent, dropped; /* packets */
};

/* Sends from now on. Errors: PF_ERR_NOMEM. */
int pf_probe_microphone_start(
	struct pf_probe_microphone **out, uv_loop_t *loop, const struct pf_probe_microphone_params *params);
struct pf_probe_microphone_stats pf_probe_microphone_stats(const struct pf_probe_microphone *m);
/* Its handle closes on the loop, then it is freed. */
void pf_probe_microphone_close(struct pf_probe_microphone *m);
