/*
 * The laws of a receiving client (native-media 5.4, 5.5, 7.5): what it asks the host for and when, and what it
 * tells it. Takes the media thread's events, sends over the link, fills the report. The loop's thread.
 */
#pragma once

#include <stdint.h>

#include "probe/link.h"
#include "probe/media.h"
#include "probe/report.h"

struct pf_probe_pump;

struct pf_probe_pump_params {
	struct pf_probe_link *link;
	struct pf_probe_media *media;
	struct pf_probe_output *output; /* may be NULL */
	struct pf_probe_report *report;
	uint8_t host_caps2; /* of Welcome */
};

/* All of params outlive the pump. Errors: PF_ERR_NOMEM. */
int pf_probe_pump_create(
	struct pf_probe_pump **out, const struct pf_probe_pump_params *params, int64_t now_ns);
void pf_probe_pump_destroy(struct pf_probe_pump *p);

/* Takes the events that wait; whenever there are some. */
void pf_probe_pump_take(struct pf_probe_pump *p);
/* Every few milliseconds: what is due by time. */
void pf_probe_pump_tick(struct pf_probe_pump *p, int64_t now_ns);
void pf_probe_pump_timing(struct pf_probe_pump *p, const struct pf_host_timing *t);
/* The window under way holds a speed test or a gap of the host's: it is not reported. */
void pf_probe_pump_skip_window(struct pf_probe_pump *p, int64_t now_ns);
/* pf_now_ns() of the first and of the newest unit; 0 = none came. */
int64_t pf_probe_pump_first_ns(const struct pf_probe_pump *p);
int64_t pf_probe_pump_last_ns(const struct pf_probe_pump *p);
