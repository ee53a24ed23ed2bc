#include "fec/fec16.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec16_code.h"
#include "fec/tier.h"

#define POSITIONS 65536u

int pf_fec16_create(struct pf_fec16 **out, const char *kernel)
{
	const struct pf_fec_kernel *found = pf_fec_tier_find(kernel);
	if (!found)
		return PF_ERR_UNSUPPORTED;
	struct pf_fec16 *f = calloc(1, sizeof(*f));
	if (!f)
		return PF_ERR_NOMEM;
	if (pf_fec16_transform_init(&f->transform, found)) {
		free(f);
		return PF_ERR_NOMEM;
	}
	*out = f;
	return PF_OK;
}

void pf_fec16_destroy(struct pf_fec16 *f)
{
	if (!f)
		return;
	pf_fec16_transform_finish(&f->transform);
	pf_fec16_locator_finish(&f->locator);
	pf_scratch_finish(&f->tail);
	pf_scratch_finish(&f->loss);
	pf_scratch_finish(&f->rows);
	pf_scratch_finish(&f->syndromes);
	pf_scratch_finish(&f->coefficients);
	pf_scratch_finish(&f->columns);
	pf_scratch_finish(&f->factors);
	free(f);
}

const char *pf_fec16_kernel(const struct pf_fec16 *f)
{
	return f->transform.kernel->name;
}

int pf_fec16_shape_init(struct pf_fec16_shape *shape, unsigned k, unsigned m, size_t shard_bytes)
{
	if (k == 0 || m == 0 || k >= POSITIONS || m >= POSITIONS || shard_bytes == 0 || shard_bytes % 2 != 0)
		return PF_ERR_INVALID;
	unsigned data_level = pf_fec_level(k), parity_level = pf_fec_level(m);
	bool data_high = data_level > parity_level || (data_level == parity_level && k <= m);
	unsigned level = data_level < parity_level ? data_level : parity_level;
	if ((1u << level) + (k > m ? k : m) > POSITIONS)
		return PF_ERR_INVALID;
	*shape = (struct pf_fec16_shape){.k = k, .m = m, .data_high = data_high, .level = level};
	return PF_OK;
}

int pf_fec16_padded_bytes(size_t shard_bytes, size_t *padded)
{
	if (__builtin_add_overflow(shard_bytes, -shard_bytes % PF_FEC16_BLOCK, padded))
		return PF_ERR_NOMEM;
	return PF_OK;
}

void pf_fec16_tail_load(uint8_t block[PF_FEC16_BLOCK], const uint8_t *tail, size_t tail_bytes)
{
	size_t half = tail_bytes / 2;
	memset(block, 0, PF_FEC16_BLOCK);
	memcpy(block, tail, half);
	memcpy(block + PF_FEC16_BLOCK / 2, tail + half, half);
}

void pf_fec16_tail_store(uint8_t *tail, size_t tail_bytes, const uint8_t block[PF_FEC16_BLOCK])
{
	size_t half = tail_bytes / 2;
	memcpy(tail, block, half);
	memcpy(tail + half, block + PF_FEC16_BLOCK / 2, half);
}

static void encode_blocks(struct pf_fec16 *f, const struct pf_fec16_shape *s, const uint8_t *const *data,
	uint8_t *const *parity, size_t bytes)
{
	const struct pf_fec16_outputs out = {.row = parity, .count = s->m};
	if (s->data_high)
		pf_fec16_gather(&f->transform, s->level, data, s->k, &out, bytes);
	else
		pf_fec16_spread(&f->transform, s->level, data, s->k, &out, bytes);
}

static void encode_tail(struct pf_fec16 *f, const struct pf_fec16_shape *s, const uint8_t *const *data,
	uint8_t *const *parity, size_t at, size_t tail_bytes)
{
	size_t count = (size_t)s->k + s->m;
	uint8_t *block = f->tail.p;
	uint8_t **row = (uint8_t **)(block + count * PF_FEC16_BLOCK);
	for (size_t i = 0; i < count; i++)
		row[i] = block + i * PF_FEC16_BLOCK;
	for (size_t i = 0; i < s->k; i++)
		pf_fec16_tail_load(row[i], data[i] + at, tail_bytes);
	encode_blocks(f, s, (const uint8_t *const *)row, row + s->k, PF_FEC16_BLOCK);
	for (size_t j = 0; j < s->m; j++)
		pf_fec16_tail_store(parity[j] + at, tail_bytes, row[s->k + j]);
}

/* A tail is reckoned with even if there is none: a smaller shard may have one. */
static int reserve(struct pf_fec16 *f, const struct pf_fec16_shape *s, size_t shard_bytes)
{
	size_t padded, per_shard = PF_FEC16_BLOCK + sizeof(uint8_t *);
	if (pf_fec16_padded_bytes(shard_bytes, &padded) ||
		pf_scratch_reserve(&f->tail, (size_t)s->k + s->m, per_shard))
		return PF_ERR_NOMEM;
	return pf_fec16_transform_reserve(&f->transform, s->level, s->k > s->m ? s->k : s->m, padded);
}

int pf_fec16_encode(struct pf_fec16 *f, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
	unsigned m, size_t shard_bytes)
{
	struct pf_fec16_shape s;
	if (pf_fec16_shape_init(&s, k, m, shard_bytes))
		return PF_ERR_INVALID;
	if (reserve(f, &s, shard_bytes))
		return PF_ERR_NOMEM;
	size_t tail_bytes = shard_bytes % PF_FEC16_BLOCK, whole = shard_bytes - tail_bytes;
	if (whole > 0)
		encode_blocks(f, &s, data, parity, whole);
	if (tail_bytes > 0)
		encode_tail(f, &s, data, parity, whole, tail_bytes);
	return PF_OK;
}
