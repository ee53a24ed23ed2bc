#include "client/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec16.h"
#include "fec/fec8.h"

struct pf_repair {
	struct pf_fec16 *fec16; /* one of the two */
	struct pf_fec8 *fec8;
	uint8_t **data;         /* scratch for one block */
	bool *have;             /* likewise */
	const uint8_t **parity; /* likewise */
};

int pf_repair_create(struct pf_repair **out, unsigned fec_scheme, uint32_t data_max, uint32_t total_max)
{
	struct pf_repair *r = calloc(1, sizeof(*r));
	if (!r)
		return PF_ERR_NOMEM;
	int err = fec_scheme == 0 ? pf_fec8_create(&r->fec8, PF_FEC8_CAUCHY, NULL)
				  : pf_fec16_create(&r->fec16, NULL);
	r->data = calloc(data_max, sizeof(*r->data));
	r->have = calloc(data_max, sizeof(*r->have));
	r->parity = calloc(total_max, sizeof(*r->parity));
	if (!err && (!r->data || !r->have || !r->parity))
		err = PF_ERR_NOMEM;
	if (err) {
		pf_repair_destroy(r);
		return err;
	}
	*out = r;
	return PF_OK;
}

void pf_repair_destroy(struct pf_repair *r)
{
	if (!r)
		return;
	pf_fec16_destroy(r->fec16);
	pf_fec8_destroy(r->fec8);
	free(r->data);
	free(r->have);
	free(r->parity);
	free(r);
}

int pf_repair_block(
	struct pf_repair *r, const struct pf_body *body, const struct pf_block *block, size_t shard_bytes)
{
	for (uint32_t i = 0; i < block->k; i++) {
		r->data[i] = body->data + (block->base + i) * shard_bytes;
		r->have[i] = pf_body_has(body, block->base + i);
	}
	memset(r->parity, 0, block->m * sizeof(*r->parity));
	for (const struct pf_parity *p = block->parity; p; p = p->next)
		r->parity[p->index] = p->bytes;
	if (r->fec16)
		return pf_fec16_repair(
			r->fec16, r->data, r->have, block->k, r->parity, block->m, shard_bytes);
	return pf_fec8_repair(r->fec8, r->data, r->have, block->k, r->parity, block->m, shard_bytes);
}
