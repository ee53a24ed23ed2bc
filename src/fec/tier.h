/* What this CPU runs: one kernel per instruction set. Adding one: a row in tier.c. */
#pragma once

#include "fec/kernel.h"

/* The best kernel for this CPU, or the named one; NULL when unknown or not for this CPU. Thread-safety: safe. */
const struct pf_fec_kernel *pf_fec_tier_find(const char *name);

/* Names of the kernels in this build, best first, whether or not this CPU runs them; NULL ends the list. */
const char *pf_fec_tier_name(unsigned index);
