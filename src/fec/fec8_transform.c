#include "fec/fec8_transform.h"

#include "base/error.h"

/* A butterfly's work in products of a byte with a column, as measured with its share of what a chunk costs besides. */
#define BUTTERFLY(n) ((n)*4)

#define MAX_PARITY (1u << (PF_FEC8_LEVELS - 1)) /* no shape with more of it pays */

/* vanish[d][x] = s(x) for the positions 0 .. 2^d - 1. */
static void fill_vanishing(const struct pf_gf8 *field, uint8_t vanish[PF_FEC8_LEVELS][256])
{
	for (unsigned x = 0; x < 256; x++)
		vanish[0][x] = (uint8_t)x;
	for (unsigned d = 1; d < PF_FEC8_LEVELS; d++) {
		for (unsigned x = 0; x < 256; x++)
			vanish[d][x] = pf_gf8_mul(field, vanish[d - 1][x], vanish[d - 1][x ^ 1u << (d - 1)]);
	}
}

void pf_fec8_transform_init(struct pf_fec8_transform *t, const struct pf_gf8 *field,
	const struct pf_fec_kernel *kernel, const struct pf_fec_tables *tables)
{
	uint8_t vanish[PF_FEC8_LEVELS][256], derivative = 1;
	t->kernel = kernel;
	t->tables = tables;
	fill_vanishing(field, vanish);
	for (unsigned d = 0; d < PF_FEC8_LEVELS; d++) {
		uint8_t unit = field->inverse[vanish[d][1u << d]];
		for (unsigned x = 0; x < 256; x++) {
			t->skew[d][x] = pf_gf8_mul(field, vanish[d][x], unit);
			t->scale[d][x] = pf_gf8_mul(field, derivative, field->inverse[vanish[d][x]]);
		}
		for (unsigned x = 1u << d; x < 2u << d; x++)
			derivative = pf_gf8_mul(field, derivative, (uint8_t)x);
	}
}

void pf_fec8_transform_finish(struct pf_fec8_transform *t)
{
	pf_scratch_finish(&t->memory);
	pf_scratch_finish(&t->head);
	pf_scratch_finish(&t->zeros);
}

/* Data shards at positions of the parity's own chunk. */
static unsigned head_count(unsigned k, unsigned m)
{
	unsigned head = (1u << pf_fec_level(m)) - m;
	return head < k ? head : k;
}

bool pf_fec8_transform_pays(const struct pf_fec8_transform *t, unsigned k, unsigned m, size_t bytes)
{
	unsigned level = pf_fec_level(m), chunk = 1u << level, head = head_count(k, m);
	unsigned chunks = 1 + (k - head + chunk - 1) / chunk;
	/* A single parity shard has no butterflies to save products by. */
	return level > 0 && level < PF_FEC8_LEVELS && bytes >= t->kernel->column_bytes &&
	       BUTTERFLY(chunks * chunk * level / 2) + (head + 1) * m < k * m;
}

int pf_fec8_transform_reserve(struct pf_fec8_transform *t, size_t bytes)
{
	if (pf_scratch_reserve(&t->memory, (size_t)2 * MAX_PARITY, t->kernel->column_bytes) ||
		pf_scratch_reserve(&t->head, MAX_PARITY, bytes) || pf_scratch_reserve_zeros(&t->zeros, bytes))
		return PF_ERR_NOMEM;
	return PF_OK;
}

static void add_head(struct pf_fec8_transform *t, const uint8_t *matrix, size_t stride,
	const uint8_t *const *data, unsigned head, unsigned m, size_t bytes)
{
	for (unsigned j = 0; j < m; j++)
		t->head_rows[j] = (uint8_t *)t->head.p + j * bytes;
	const struct pf_fec_product p = {
		.tables = t->tables,
		.out = t->head_rows,
		.in = data,
		.rows = m,
		.columns = head,
		.bytes_of = matrix,
		.stride = stride,
		.bytes = bytes,
	};
	t->kernel->product(&p);
}

/* Rows of the parity's chunk from m on are data, and have no row of `plus`. */
static const uint32_t *count_wanted(struct pf_fec8_transform *t, unsigned level, unsigned m)
{
	for (unsigned i = 0; i <= 1u << level; i++)
		t->wanted[i] = i < m ? i : m;
	return t->wanted;
}

static void sum_chunks(const struct pf_fec8_transform *t, struct pf_fec_chunk *c, unsigned count)
{
	unsigned chunk = 1u << c->level;
	c->add = false;
	for (unsigned s = 0; s < count; s += chunk) {
		c->base = chunk + s;
		c->scale = t->scale[c->level][c->base];
		c->in = t->inputs + s;
		c->used = count - s < chunk ? count - s : chunk;
		t->kernel->ifft(c);
		c->add = true;
	}
}

void pf_fec8_transform_encode(struct pf_fec8_transform *t, const uint8_t *matrix, size_t stride,
	const uint8_t *const *data, unsigned k, uint8_t *const *parity, unsigned m, size_t bytes)
{
	unsigned level = pf_fec_level(m), head = head_count(k, m), rest = k - head;
	if (head > 0)
		add_head(t, matrix, stride, data, head, m, bytes);
	for (unsigned i = 0; i < sizeof(t->inputs) / sizeof(t->inputs[0]); i++)
		t->inputs[i] = i < rest ? data[head + i] : t->zeros.p;
	size_t column = t->kernel->column_bytes;
	struct pf_fec_chunk c = {
		.tables = t->tables,
		.level = level,
		.work = t->memory.p,
		.sum = (uint8_t *)t->memory.p + (column << level),
		.skew = t->skew,
		.out = parity,
		.plus = head > 0 ? (const uint8_t *const *)t->head_rows : NULL,
		.room = m,
		.wanted = count_wanted(t, level, m),
	};
	for (size_t at = 0; at < bytes; at += column) {
		/* The last column together with some bytes that are done already. */
		c.at = bytes - at < column ? bytes - column : at;
		sum_chunks(t, &c, rest);
		c.base = 0;
		t->kernel->fft(&c);
	}
}
