/* The shards of one FEC block that are there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_fec8;

enum { GSC_BLOCK_MAX = 1278 }; /* 1023 data and what a percentage without sense adds is refused earlier */

struct gsc_block {
	size_t shard_len;
	unsigned k, m;
	unsigned data_count, parity_count;
	bool have[GSC_BLOCK_MAX];
	uint8_t *shards;
};

void gsc_block_init(struct gsc_block *b, size_t shard_len);
void gsc_block_free(struct gsc_block *b);
void gsc_block_begin(struct gsc_block *b, unsigned k, unsigned m);
/* False when it was there already. */
bool gsc_block_add(struct gsc_block *b, unsigned index, const uint8_t *shard);
uint8_t *gsc_block_shard(const struct gsc_block *b, unsigned index);
/* Needs k shards of any kind. The data shards made anew, -1 on failure. */
int gsc_block_repair(struct gsc_block *b, struct pf_fec8 *fec);
/* Whether the parity present is that of the data, all of it present (spec 6.5: what parity covers). */
bool gsc_block_parity_fits(const struct gsc_block *b, struct pf_fec8 *fec);
