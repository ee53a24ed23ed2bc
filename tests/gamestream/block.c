#include "block.h"

#include "bytes.h"
#include "fec/fec8.h"

#include <stdlib.h>
#include <string.h>

void gsc_block_init(struct gsc_block *b, size_t shard_len)
{
	memset(b, 0, sizeof(*b));
	b->shard_len = shard_len;
	b->shards = malloc(GSC_BLOCK_MAX * shard_len);
}

void gsc_block_free(struct gsc_block *b)
{
	free(b->shards);
}

void gsc_block_begin(struct gsc_block *b, unsigned k, unsigned m)
{
	b->k = k;
	b->m = m;
	b->data_count = b->parity_count = 0;
	memset(b->have, 0, sizeof(b->have));
}

uint8_t *gsc_block_shard(const struct gsc_block *b, unsigned index)
{
	return b->shards + index * b->shard_len;
}

bool gsc_block_add(struct gsc_block *b, unsigned index, const uint8_t *shard)
{
	if (index >= b->k + b->m || b->have[index])
		return false;
	b->have[index] = true;
	*(index < b->k ? &b->data_count : &b->parity_count) += 1;
	memcpy(gsc_block_shard(b, index), shard, b->shard_len);
	return true;
}

/* Parity covers the shard before the RTP header and fecInfo were written. */
static void as_encoded(uint8_t *shard)
{
	memset(shard, 0, 16);
	memset(shard + 28, 0, 4);
}

int gsc_block_repair(struct gsc_block *b, struct pf_fec8 *fec)
{
	uint8_t *data[GSC_BLOCK_MAX];
	const uint8_t *parity[GSC_BLOCK_MAX];
	for (unsigned i = 0; i < b->k; i++) {
		data[i] = gsc_block_shard(b, i);
		if (b->have[i])
			as_encoded(data[i]);
	}
	for (unsigned i = 0; i < b->m; i++)
		parity[i] = b->have[b->k + i] ? gsc_block_shard(b, b->k + i) : NULL;
	if (pf_fec8_repair(fec, data, b->have, b->k, parity, b->m, b->shard_len) != 0)
		return -1;
	return (int)(b->k - b->data_count);
}

static bool same_parity(const uint8_t *sent, const uint8_t *made, size_t len)
{
	return memcmp(sent + 16, made + 16, 4) == 0 && memcmp(sent + 24, made + 24, 3) == 0 &&
	       memcmp(sent + 32, made + 32, len - 32) == 0;
}

bool gsc_block_parity_fits(const struct gsc_block *b, struct pf_fec8 *fec)
{
	size_t len = b->shard_len;
	uint8_t *copy = malloc((b->k + b->m) * len);
	const uint8_t *data[GSC_BLOCK_MAX];
	uint8_t *parity[GSC_BLOCK_MAX];
	memcpy(copy, b->shards, b->k * len);
	for (unsigned i = 0; i < b->k; i++) {
		as_encoded(copy + i * len);
		data[i] = copy + i * len;
	}
	for (unsigned i = 0; i < b->m; i++)
		parity[i] = copy + (b->k + i) * len;
	bool ok = pf_fec8_encode(fec, data, b->k, parity, b->m, len) == 0;
	for (unsigned i = 0; ok && i < b->m; i++)
		if (b->have[b->k + i])
			ok = same_parity(gsc_block_shard(b, b->k + i), parity[i], len);
	free(copy);
	return ok;
}
