/* The tables of a field under a kernel: every product with a byte (kernel.h). One per context. */
#pragma once

#include "fec/kernel.h"

/* products[v][i] = v * (1 << i). Table 256 multiplies by 0. Errors: PF_ERR_NOMEM. */
int pf_fec_tables_init(
	struct pf_fec_tables *t, const struct pf_fec_kernel *kernel, const uint8_t products[256][8]);
void pf_fec_tables_finish(struct pf_fec_tables *t);
