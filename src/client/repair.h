/* Fills in the missing data shards of one block from its parity (native-media 4, 5.2). One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "client/store.h"

struct pf_repair;

/* fec_scheme and the limits as in client/geometry.h. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_repair_create(struct pf_repair **out, unsigned fec_scheme, uint32_t data_max, uint32_t total_max);
void pf_repair_destroy(struct pf_repair *r);

/* The body must have room for the whole block. Data bits are not changed.
 * Errors: as pf_fec16_repair; the data is unchanged then. */
int pf_repair_block(
	struct pf_repair *r, const struct pf_body *body, const struct pf_block *block, size_t shard_bytes);
