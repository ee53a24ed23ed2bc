#include "fec/fec16_loss.h"

/* Positions below this have differences that are bytes. */
static bool is_narrow(uint32_t position)
{
	return position < 256;
}

void pf_fec16_loss_find(struct pf_fec16_loss *loss, void *memory, size_t count, const bool *have_data,
	const uint8_t *const *parity)
{
	uint32_t *words = memory;
	*loss = (struct pf_fec16_loss){
		.count = count,
		.data = words,
		.parity = words + count,
		.x = words + 2 * count,
		.y = words + 3 * count,
		.log_a = (uint16_t *)(words + 4 * count),
		.log_b = (uint16_t *)(words + 4 * count) + count,
	};
	for (uint32_t i = 0, n = 0; n < count; i++) {
		if (!have_data[i])
			loss->data[n++] = i;
	}
	for (uint32_t j = 0, n = 0; n < count; j++) {
		if (parity[j])
			loss->parity[n++] = j;
	}
}

void pf_fec16_loss_locate(
	struct pf_fec16_loss *loss, struct pf_fec16 *f, const struct pf_fec16_shape *shape, unsigned levels)
{
	const struct pf_gf16 *field = f->transform.field;
	for (size_t i = 0; i < loss->count; i++) {
		loss->x[i] = pf_fec16_data_at(shape, loss->data[i]);
		loss->y[i] = pf_fec16_parity_at(shape, loss->parity[i]);
	}
	pf_fec16_locate(&f->locator, field, levels, loss->x, loss->y, loss->count, loss->log_a, loss->log_b);
	for (loss->narrow = 0; loss->narrow < loss->count && is_narrow(loss->x[loss->narrow]);)
		loss->narrow++;
	uint16_t *scaled = shape->data_high ? loss->log_a : loss->log_b;
	const uint32_t *high = shape->data_high ? loss->x : loss->y;
	for (size_t i = 0; i < loss->count; i++)
		scaled[i] = (uint16_t)pf_gf16_log_sub(scaled[i], field->log[high[i] >> shape->level]);
}

void pf_fec16_cauchy(struct pf_fec16_matrix *m, const struct pf_gf16 *field, const struct pf_fec16_loss *loss,
	size_t begin, size_t end)
{
	m->stride = m->columns = loss->count;
	m->narrow = 0;
	while (end <= loss->narrow && m->narrow < loss->count && is_narrow(loss->y[m->narrow]))
		m->narrow++;
	uint16_t *row = m->words;
	for (size_t i = begin; i < end; i++, row += m->stride) {
		for (size_t j = 0; j < loss->count; j++)
			row[j] = field->exp[PF_GF16_ORDER - field->log[loss->x[i] ^ loss->y[j]]];
	}
}

/* Logarithm of G(z), the side's factor put in. */
static uint32_t gain(const struct pf_gf16 *field, const struct pf_fec16_loss *loss,
	const struct pf_fec16_shape *shape, uint32_t z)
{
	int64_t sum = shape->data_high ? field->log[z >> shape->level] : 0;
	for (size_t i = 0; i < loss->count; i++) {
		sum += field->log[z ^ loss->x[i]];
		sum -= field->log[z ^ loss->y[i]];
	}
	sum %= PF_GF16_ORDER;
	return (uint32_t)(sum < 0 ? sum + PF_GF16_ORDER : sum);
}

static void fill_column(const struct pf_fec16_matrix *m, size_t column, const struct pf_gf16 *field,
	const struct pf_fec16_loss *loss, uint32_t position, uint32_t log)
{
	for (size_t i = 0; i < loss->count; i++) {
		uint32_t product = pf_gf16_log_add(loss->log_a[i], log);
		uint32_t distance = field->log[loss->x[i] ^ position];
		m->words[i * m->stride + column] = field->exp[pf_gf16_log_sub(product, distance)];
	}
}

void pf_fec16_direct(struct pf_fec16_matrix *m, uint32_t *column, const struct pf_gf16 *field,
	const struct pf_fec16_loss *loss, const struct pf_fec16_shape *shape, const bool *have_data)
{
	bool all_narrow = loss->narrow == loss->count && is_narrow(loss->y[loss->count - 1]);
	size_t n = 0;
	m->stride = m->columns = shape->k;
	for (size_t j = 0; j < loss->count; j++) {
		column[n] = shape->k + loss->parity[j];
		fill_column(m, n++, field, loss, loss->y[j], loss->log_b[j]);
	}
	/* Positions ascend. */
	m->narrow = all_narrow ? n : 0;
	for (uint32_t k = 0; k < shape->k; k++) {
		if (!have_data[k])
			continue;
		uint32_t z = pf_fec16_data_at(shape, k);
		column[n] = k;
		fill_column(m, n++, field, loss, z, gain(field, loss, shape, z));
		if (all_narrow && is_narrow(z))
			m->narrow = n;
	}
}
