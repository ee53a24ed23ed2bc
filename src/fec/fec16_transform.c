#include "fec/fec16_transform.h"

#include <stdbool.h>

#include "base/error.h"
#include "fec/tables.h"

int pf_fec16_transform_init(struct pf_fec16_transform *t, const struct pf_fec_kernel *kernel)
{
	uint8_t images[PF_FEC_TABLES][8];
	*t = (struct pf_fec16_transform){.kernel = kernel, .field = pf_gf16_shared()};
	for (unsigned i = 0; i < 8; i++) {
		images[PF_FEC_TABLES - 1][i] = t->field->fold[1u << i];
		for (unsigned v = 0; v < 256; v++)
			images[v][i] = (uint8_t)pf_gf16_mul(t->field, (uint16_t)v, (uint16_t)(1u << i));
	}
	if (pf_fec_tables_init(&t->tables, kernel, images))
		return PF_ERR_NOMEM;
	t->tables.fold = t->field->fold;
	t->tables.norm = t->field->norm;
	return PF_OK;
}

void pf_fec16_transform_finish(struct pf_fec16_transform *t)
{
	pf_fec_tables_finish(&t->tables);
	pf_scratch_finish(&t->memory);
	pf_scratch_finish(&t->counts);
	pf_scratch_finish(&t->inputs);
	pf_scratch_finish(&t->zeros);
}

/* To the next multiple of 2^level. */
static size_t round_up(size_t n, unsigned level)
{
	size_t step = (size_t)1 << level;
	return (n + step - 1) & ~(step - 1);
}

int pf_fec16_transform_reserve(struct pf_fec16_transform *t, unsigned level, size_t n_high, size_t bytes)
{
	size_t chunk = (size_t)1 << level, high = round_up(n_high, level);
	if (pf_scratch_reserve(&t->memory, 2 * chunk, t->kernel->column_bytes) ||
		pf_scratch_reserve(&t->counts, high + 1, sizeof(uint32_t)) ||
		pf_scratch_reserve(&t->inputs, high, sizeof(uint8_t *)))
		return PF_ERR_NOMEM;
	return pf_scratch_reserve_zeros(&t->zeros, bytes);
}

static struct pf_fec_chunk start_chunk(const struct pf_fec16_transform *t, unsigned level)
{
	uint8_t *memory = t->memory.p;
	return (struct pf_fec_chunk){
		.tables = &t->tables,
		.level = level,
		.work = memory,
		.sum = memory + (t->kernel->column_bytes << level),
	};
}

static const uint32_t *count_wanted(
	struct pf_fec16_transform *t, unsigned level, const struct pf_fec16_outputs *out)
{
	uint32_t *wanted = t->counts.p, count = 0;
	size_t end = round_up(out->count, level);
	for (size_t i = 0; i < end; i++) {
		wanted[i] = count;
		count += i < out->count && out->row[i];
	}
	wanted[end] = count;
	return wanted;
}

/* The same rows with zeros in place of those that are not there. */
static const uint8_t *const *fill_inputs(
	struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in)
{
	const uint8_t **rows = t->inputs.p;
	size_t end = round_up(n_in, level);
	for (size_t i = 0; i < end; i++)
		rows[i] = i < n_in && in[i] ? in[i] : t->zeros.p;
	return rows;
}

static void sum_chunks(
	const struct pf_fec16_transform *t, struct pf_fec_chunk *c, const uint8_t *const *rows, size_t n_in)
{
	size_t chunk = (size_t)1 << c->level;
	c->add = false;
	for (size_t s = 0; s < n_in; s += chunk) {
		c->base = (uint32_t)(chunk + s);
		c->in = rows + s;
		c->used = n_in - s < chunk ? n_in - s : chunk;
		t->kernel->ifft(c);
		c->add = true;
	}
}

/* Evaluates the sum at the chunk of outputs that begins with the one numbered `first`. */
static void store_chunk(const struct pf_fec16_transform *t, struct pf_fec_chunk *c, uint32_t base,
	const struct pf_fec16_outputs *out, const uint32_t *wanted, size_t first)
{
	c->base = base;
	c->out = out->row + first;
	c->plus = out->plus ? out->plus + first : NULL;
	c->factor = out->factor ? out->factor + first : NULL;
	c->room = out->count - first;
	c->wanted = wanted + first;
	t->kernel->fft(c);
}

void pf_fec16_gather(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	const struct pf_fec16_outputs *out, size_t bytes)
{
	const uint8_t *const *rows = fill_inputs(t, level, in, n_in);
	const uint32_t *wanted = count_wanted(t, level, out);
	struct pf_fec_chunk c = start_chunk(t, level);
	for (; c.at < bytes; c.at += t->kernel->column_bytes) {
		c.left = bytes - c.at;
		sum_chunks(t, &c, rows, n_in);
		store_chunk(t, &c, 0, out, wanted, 0);
	}
}

void pf_fec16_spread(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	const struct pf_fec16_outputs *out, size_t bytes)
{
	const uint32_t *wanted = count_wanted(t, level, out);
	struct pf_fec_chunk c = start_chunk(t, level);
	size_t chunk = (size_t)1 << level;
	c.in = fill_inputs(t, level, in, n_in);
	c.used = n_in;
	for (; c.at < bytes; c.at += t->kernel->column_bytes) {
		c.left = bytes - c.at;
		c.base = 0;
		t->kernel->ifft(&c);
		for (size_t s = 0; s < out->count; s += chunk) {
			if (wanted[s] != wanted[s + chunk])
				store_chunk(t, &c, (uint32_t)(chunk + s), out, wanted, s);
		}
	}
}
