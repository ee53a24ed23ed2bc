/* Why a run ended, in words that a person can act on. */
#pragma once

#include <stdbool.h>

#include "net/quic.h"
#include "probe/report.h"

/* The first reason is the true one: later ones are let go. */
void pf_probe_say_end(struct pf_probe_report *r, const char *text);
/* remembered: the pin is what the host showed before. */
void pf_probe_say_close(struct pf_probe_report *r, const struct pf_quic_close *c, bool remembered);
