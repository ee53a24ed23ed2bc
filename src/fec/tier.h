/*
 * What this CPU runs: one row per instruction set, with the kernels of both codes. Adding one: its kernel
 * files and a row in tier.c.
 */
#pragma once

#include "fec/gf16_kernel.h"
#include "fec/gf8_kernel.h"

/* Both kernels have the tier's name. */
struct pf_fec_tier {
	const struct pf_gf16_kernel *gf16;
	const struct pf_gf8_kernel *gf8;
};

/* The best tier of this CPU, or the named one; NULL when unknown or not for this CPU. Thread-safety: safe. */
const struct pf_fec_tier *pf_fec_tier_find(const char *name);
