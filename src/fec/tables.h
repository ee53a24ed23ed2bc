/* The tables of a field under a kernel: every product with a byte (kernel.h). One per context. */
#pragma once

#include "fec/kernel.h"

/* images[v][i] = v * (1 << i), and of the last table what kernel.h says or zeros. Errors: PF_ERR_NOMEM. */
int pf_fec_tables_init(
	struct pf_fec_tables *t, const struct pf_fec_kernel *kernel, const uint8_t images[PF_FEC_TABLES][8]);
void pf_fec_tables_finish(struct pf_fec_tables *t);
