#include "isal.h"

#include <isa-l/erasure_code.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BYTES 32 /* per coefficient */

struct pf_isal {
	int k, rows;
	int shard_bytes;
	uint8_t *tables, *parity;
	uint8_t **from, **to; /* k and rows of them */
};

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static void product(struct pf_isal *p)
{
	ec_encode_data(p->shard_bytes, p->k, p->rows, p->tables, p->from, p->to);
}

static void aim_at_parity(struct pf_isal *p, uint8_t *const *data, unsigned m, const uint8_t *generator)
{
	p->rows = (int)m;
	memcpy(p->from, data, (size_t)p->k * sizeof(*p->from));
	for (unsigned j = 0; j < m; j++)
		p->to[j] = p->parity + (size_t)j * (size_t)p->shard_bytes;
	ec_init_tables(p->k, p->rows, (uint8_t *)generator + p->k * p->k, p->tables);
}

/* Each lost row of data is replaced by a row of parity; the inverse of that leads back. */
static void aim_at_lost(struct pf_isal *p, uint8_t *const *data, const bool *have, const uint8_t *generator)
{
	size_t k = (size_t)p->k;
	uint8_t *kept = need(malloc(k * k)), *inverse = need(malloc(k * k));
	uint8_t *wanted = need(malloc((size_t)p->rows * k));
	size_t lost = 0;
	for (size_t i = 0; i < k; i++) {
		size_t row = have[i] ? i : k + lost;
		p->from[i] = have[i] ? data[i] : p->parity + lost * (size_t)p->shard_bytes;
		memcpy(kept + i * k, generator + row * k, k);
		if (!have[i])
			p->to[lost++] = data[i];
	}
	if (gf_invert_matrix(kept, inverse, p->k) != 0)
		abort();
	p->rows = (int)lost;
	for (size_t i = 0, row = 0; i < k; i++) {
		if (!have[i])
			memcpy(wanted + row++ * k, inverse + i * k, k);
	}
	ec_init_tables(p->k, p->rows, wanted, p->tables);
	free(kept);
	free(inverse);
	free(wanted);
}

struct pf_isal *pf_isal_create(
	uint8_t *const *data, unsigned k, unsigned m, const bool *have, size_t shard_bytes)
{
	struct pf_isal *p = need(calloc(1, sizeof(*p)));
	uint8_t *generator = need(malloc((size_t)(k + m) * k));
	p->k = (int)k;
	p->shard_bytes = (int)shard_bytes;
	p->tables = need(malloc((size_t)k * m * TABLE_BYTES));
	p->parity = need(aligned_alloc(64, (size_t)m * shard_bytes));
	p->from = need(calloc(k, sizeof(*p->from)));
	p->to = need(calloc(m, sizeof(*p->to)));
	gf_gen_cauchy1_matrix(generator, (int)(k + m), p->k);
	aim_at_parity(p, data, m, generator);
	product(p);
	if (memchr(have, false, k))
		aim_at_lost(p, data, have, generator);
	free(generator);
	return p;
}

void pf_isal_destroy(struct pf_isal *p)
{
	free(p->tables);
	free(p->parity);
	free(p->from);
	free(p->to);
	free(p);
}

void pf_isal_run(void *user, unsigned iterations)
{
	for (unsigned i = 0; i < iterations; i++)
		product(user);
}
