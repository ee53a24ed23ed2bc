/* What the host sends to a client's controllers, counted and written down as one JSON object a line. One thread. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "probe/report.h"
#include "proto/native/datagram.h"

struct pf_probe_feedback {
	FILE *log; /* NULL: it is only counted */
	int64_t start_ns;
	struct pf_probe_report *report;
};

/* path NULL: no log. Errors: PF_ERR_IO. */
int pf_probe_feedback_open(struct pf_probe_feedback *f, struct pf_probe_report *report, const char *path,
	int64_t now_ns, struct pf_reason *reason);
/* Rumble and HID output; others are ignored. */
void pf_probe_feedback_take(struct pf_probe_feedback *f, const struct pf_datagram *d, int64_t now_ns);
/* Errors: PF_ERR_IO (something was not written). */
int pf_probe_feedback_close(struct pf_probe_feedback *f);
