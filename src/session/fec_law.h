/*
 * How much parity a session sends (native-media 3.7): driven by the client's loss reports, unless pinned by
 * the operator. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_FEC_START_PERCENT 10
#define PF_FEC_MIN_PERCENT   5
#define PF_FEC_MAX_PERCENT   50
#define PF_FEC_PIN_MAX       90
#define PF_FEC_ADAPTIVE      (-1)

struct pf_fec_law {
	bool pinned;
	unsigned percent;
	bool rfi_in_window, rfi_seen;
	int64_t rfi_ns; /* of the last RfiRequest */
	unsigned run;   /* windows in a row that held an RfiRequest */
	bool reported;
	int64_t last_report_ns;
};

/* pin_percent 0..PF_FEC_PIN_MAX (clamped), or PF_FEC_ADAPTIVE. */
void pf_fec_law_init(struct pf_fec_law *law, int pin_percent);
/*
 * An RfiRequest arrived: a picture was beyond repair. One alone may be chance. One on the heels of another means that
 * the parity does not suffice, and that what is sent to recover goes the same way; waiting for the next report would
 * cost a second of frozen picture. Returns the percentage from now on.
 */
unsigned pf_fec_law_rfi(struct pf_fec_law *law, int64_t now_ns);
/* A LossReport arrived; any monotonic clock. Returns the percentage from now on. */
unsigned pf_fec_law_report(struct pf_fec_law *law, uint32_t loss_ppm, int64_t now_ns);
/* The host knows better what the path loses: at least this from now on, unless pinned; at most
 * PF_FEC_MAX_PERCENT. Returns the percentage from now on. */
unsigned pf_fec_law_raise(struct pf_fec_law *law, unsigned percent);
/* The percentage that a steady loss calls for, PF_FEC_MIN_PERCENT..PF_FEC_MAX_PERCENT. */
unsigned pf_fec_level(uint32_t loss_ppm);
