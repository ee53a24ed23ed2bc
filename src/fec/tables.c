#include "fec/tables.h"

#include <stdlib.h>

#include "base/error.h"

#define ALIGNMENT 64

int pf_fec_tables_init(
	struct pf_fec_tables *t, const struct pf_fec_kernel *kernel, const uint8_t images[PF_FEC_TABLES][8])
{
	size_t bytes = PF_FEC_TABLES * kernel->table_bytes;
	uint8_t *at = aligned_alloc(ALIGNMENT, bytes + -bytes % ALIGNMENT);
	if (!at)
		return PF_ERR_NOMEM;
	for (size_t v = 0; v < PF_FEC_TABLES; v++)
		kernel->make_table(at + v * kernel->table_bytes, images[v]);
	*t = (struct pf_fec_tables){.at = at};
	return PF_OK;
}

void pf_fec_tables_finish(struct pf_fec_tables *t)
{
	free(t->at);
	*t = (struct pf_fec_tables){0};
}
