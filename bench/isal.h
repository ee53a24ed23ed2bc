/* ISA-L on a block of ours: the peer of the GF(2^8) code. The matrix is inverted and its tables are made when it is
 * created, so that running is the product alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_isal;

/* Encodes when have says that nothing is lost, else writes the lost ones of data anew. data and have must stay. */
struct pf_isal *pf_isal_create(
	uint8_t *const *data, unsigned k, unsigned m, const bool *have, size_t shard_bytes);
void pf_isal_destroy(struct pf_isal *p);
/* user: a struct pf_isal. */
void pf_isal_run(void *user, unsigned iterations);
