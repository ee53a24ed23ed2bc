/*
 * Repair of the GF(2^16) code, by whichever way is the least work for what was lost:
 *
 * 1. Directly: each lost shard is a sum over all shards that are used instead, with coefficients in closed form.
 * 2. By syndromes: as many parity shards as data shards were lost, minus what the data at hand adds to them, an encoding.
 *    What is left of each is a Cauchy combination of the lost shards alone, whose inverse is explicit too; for very
 *    many losses it is applied as an encoding in the other direction between two scalings.
 *
 * The result is that of native-media 4.1.6, since any k shards determine the data.
 */
#include <string.h>

#include "base/error.h"
#include "fec/fec16.h"
#include "fec/fec16_code.h"
#include "fec/fec16_loss.h"

#define DIRECT_MAX  16  /* losses that are ever repaired directly, */
#define INVERSE_MAX 512 /* and by the explicit inverse: they bound the memory for coefficients */

/* Work is compared in products of a column of a row with a byte. */
#define WIDE_PRODUCT 2 /* with a word */
#define BUTTERFLY(n) ((n)*3 / 2)

/* Rows of the blocks at hand, NULL where the shard has no such role. */
struct rows {
	const uint8_t **present;  /* by data index */
	uint8_t **restored;       /* by data index */
	uint8_t **syndrome;       /* by parity index */
	const uint8_t **received; /* by parity index */
	const uint8_t **known;    /* the inputs of a product: at most k */
	uint8_t **lost;           /* its outputs, by loss */
};

enum way { DIRECT, SYNDROMES_AND_INVERSE, SYNDROMES_AND_TRANSFORM };

struct repair {
	struct pf_fec16 *f;
	struct pf_fec16_shape shape;
	struct pf_fec16_loss loss;
	struct rows rows;
	enum way way;
	/* Of direct repair, or of the inverse for lost shards at narrow and at other positions. */
	struct pf_fec16_matrix matrix[2];
	uint32_t *columns;         /* of direct repair */
	uint16_t *syndrome_factor; /* by parity index */
	uint16_t *lost_factor;     /* by loss, or of a transformed solution by data index */
};

static void multiply(const struct repair *r, const uint8_t *const *in, const struct pf_fec16_matrix *m,
	uint8_t *const *out, size_t rows, const uint16_t *scale, size_t bytes)
{
	const struct pf_fec_product p = {
		.tables = &r->f->transform.tables,
		.out = out,
		.in = in,
		.rows = (unsigned)rows,
		.columns = (unsigned)m->columns,
		.stride = m->stride,
		.bytes = bytes,
		.words_of = m->words,
		.narrow = (unsigned)m->narrow,
		.scale = scale,
	};
	if (rows > 0)
		r->f->transform.kernel->product(&p);
}

static void list_lost(const struct repair *r)
{
	for (size_t i = 0; i < r->loss.count; i++)
		r->rows.lost[i] = r->rows.restored[r->loss.data[i]];
}

static void direct_repair(const struct repair *r, size_t bytes)
{
	const uint32_t *column = r->columns;
	for (size_t c = 0; c < r->shape.k; c++) {
		bool data = column[c] < r->shape.k;
		r->rows.known[c] =
			data ? r->rows.present[column[c]] : r->rows.received[column[c] - r->shape.k];
	}
	list_lost(r);
	multiply(r, r->rows.known, &r->matrix[0], r->rows.lost, r->loss.count, NULL, bytes);
}

/* By the factors of their columns already. */
static void find_syndromes(const struct repair *r, size_t bytes)
{
	const struct pf_fec16_shape *s = &r->shape;
	const struct pf_fec16_outputs out = {
		.row = r->rows.syndrome,
		.plus = r->rows.received,
		.factor = r->syndrome_factor,
		.count = r->loss.parity[r->loss.count - 1] + 1,
	};
	(s->data_high ? pf_fec16_gather : pf_fec16_spread)(
		&r->f->transform, s->level, r->rows.present, s->k, &out, bytes);
}

static void inverse_solution(const struct repair *r, size_t bytes)
{
	size_t narrow = r->loss.narrow;
	for (size_t j = 0; j < r->loss.count; j++)
		r->rows.known[j] = r->rows.syndrome[r->loss.parity[j]];
	list_lost(r);
	multiply(r, r->rows.known, &r->matrix[0], r->rows.lost, narrow, r->lost_factor, bytes);
	multiply(r, r->rows.known, &r->matrix[1], r->rows.lost + narrow, r->loss.count - narrow,
		r->lost_factor + narrow, bytes);
}

static void transformed_solution(const struct repair *r, size_t bytes)
{
	const struct pf_fec16_loss *loss = &r->loss;
	const struct pf_fec16_outputs out = {
		.row = r->rows.restored,
		.factor = r->lost_factor,
		.count = loss->data[loss->count - 1] + 1,
	};
	(r->shape.data_high ? pf_fec16_spread : pf_fec16_gather)(&r->f->transform, r->shape.level,
		(const uint8_t *const *)r->rows.syndrome, loss->parity[loss->count - 1] + 1, &out, bytes);
}

static void repair_blocks(const struct repair *r, size_t bytes)
{
	if (r->way == DIRECT) {
		direct_repair(r, bytes);
		return;
	}
	find_syndromes(r, bytes);
	(r->way == SYNDROMES_AND_INVERSE ? inverse_solution : transformed_solution)(r, bytes);
}

static void repair_tail(const struct repair *r, uint8_t *const *data, size_t at, size_t tail_bytes)
{
	uint8_t *block = r->f->tail.p;
	for (uint32_t i = 0; i < r->shape.k; i++, block += PF_FEC16_BLOCK) {
		if (r->rows.present[i]) {
			pf_fec16_tail_load(block, data[i] + at, tail_bytes);
			r->rows.present[i] = block;
		} else {
			r->rows.restored[i] = block;
		}
	}
	for (size_t j = 0; j < r->loss.count; j++, block += PF_FEC16_BLOCK) {
		const uint8_t **received = &r->rows.received[r->loss.parity[j]];
		pf_fec16_tail_load(block, *received + at, tail_bytes);
		*received = block;
	}
	repair_blocks(r, PF_FEC16_BLOCK);
	for (size_t i = 0; i < r->loss.count; i++) {
		uint32_t index = r->loss.data[i];
		pf_fec16_tail_store(data[index] + at, tail_bytes, r->rows.restored[index]);
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many chunks of 2^level the ascending indexes fall in. */
static size_t count_chunks(const uint32_t *index, size_t count, unsigned level)
{
	size_t chunks = count > 0;
	for (size_t i = 1; i < count; i++)
		chunks += index[i] >> level != index[i - 1] >> level;
	return chunks;
}

/* Of one transform of each of so many chunks of 2^level rows; those from position 256 on cost half as much again. */
static size_t transform_work(size_t chunks, unsigned level)
{
	size_t rows = chunks << level, wide = rows > 256 ? rows - 256 : 0;
	return BUTTERFLY((rows + wide / 2) * (level > 0 ? level : 1)) / 2;
}

/* From `count` lost shards at the ascending indexes on the high side to the low side, or back. */
static size_t side_work(const struct repair *r, const uint32_t *high, size_t count)
{
	return transform_work(1 + count_chunks(high, count, r->shape.level), r->shape.level);
}

static size_t syndrome_work(const struct repair *r)
{
	const struct pf_fec16_shape *s = &r->shape;
	if (s->data_high)
		return transform_work(2 + (s->k >> s->level), s->level);
	return side_work(r, r->loss.parity, r->loss.count);
}

static size_t transformed_solution_work(const struct repair *r)
{
	return side_work(r, r->shape.data_high ? r->loss.data : r->loss.parity, r->loss.count);
}

static void choose_way(struct repair *r)
{
	const struct pf_fec16_loss *loss = &r->loss;
	size_t lost = loss->count, inverse = SIZE_MAX, transformed = transformed_solution_work(r);
	if (lost <= INVERSE_MAX)
		inverse = lost * (loss->narrow + WIDE_PRODUCT * (lost - loss->narrow));
	r->way = inverse <= transformed ? SYNDROMES_AND_INVERSE : SYNDROMES_AND_TRANSFORM;
	size_t direct = lost * r->shape.k * (loss->narrow == lost ? 1 : WIDE_PRODUCT);
	if (lost <= DIRECT_MAX && direct <= syndrome_work(r) + smaller(inverse, transformed))
		r->way = DIRECT;
}

/* For the worst loss of the shape, and with a tail: the next block must not allocate because it lost more or has one. */
static int reserve(struct pf_fec16 *f, const struct pf_fec16_shape *s, size_t shard_bytes)
{
	size_t lost = smaller(s->k, s->m);
	size_t padded;
	if (pf_fec16_padded_bytes(shard_bytes, &padded))
		return PF_ERR_NOMEM;
	size_t direct = smaller(lost, DIRECT_MAX) * s->k, inverse = smaller(lost, INVERSE_MAX);
	inverse *= inverse;
	size_t row_count = 3 * (size_t)s->k + 2 * (size_t)s->m + lost;
	if (pf_scratch_reserve(&f->rows, row_count, sizeof(void *)) ||
		pf_scratch_reserve(&f->loss, lost, PF_FEC16_LOSS_BYTES) ||
		pf_scratch_reserve(&f->columns, s->k, sizeof(uint32_t)) ||
		pf_scratch_reserve(&f->factors, (size_t)s->k + s->m, sizeof(uint16_t)) ||
		pf_scratch_reserve(&f->coefficients, direct > inverse ? direct : inverse, sizeof(uint16_t)) ||
		pf_scratch_reserve(&f->syndromes, lost, padded) ||
		pf_scratch_reserve(&f->tail, s->k + lost, PF_FEC16_BLOCK))
		return PF_ERR_NOMEM;
	return pf_fec16_transform_reserve(&f->transform, s->level, s->k > s->m ? s->k : s->m, padded);
}

/* A transform takes its own factor of the high side once more than the inverse wants it. */
static uint32_t side_log(const struct repair *r, uint32_t position, bool high)
{
	if (r->way != SYNDROMES_AND_TRANSFORM || !high)
		return 0;
	return r->f->transform.field->log[position >> r->shape.level];
}

static void find_factors(struct repair *r)
{
	const struct pf_gf16 *field = r->f->transform.field;
	const struct pf_fec16_loss *loss = &r->loss;
	bool high = r->shape.data_high;
	r->syndrome_factor = r->f->factors.p;
	r->lost_factor = r->syndrome_factor + r->shape.m;
	for (size_t j = 0; j < loss->count; j++) {
		uint32_t log = pf_gf16_log_sub(loss->log_b[j], side_log(r, loss->y[j], !high));
		r->syndrome_factor[loss->parity[j]] = field->exp[log];
	}
	for (size_t i = 0; i < loss->count; i++) {
		uint32_t log = pf_gf16_log_sub(loss->log_a[i], side_log(r, loss->x[i], high));
		bool by_index = r->way == SYNDROMES_AND_TRANSFORM;
		r->lost_factor[by_index ? loss->data[i] : i] = field->exp[log];
	}
}

static void find_coefficients(struct repair *r, const bool *have_data)
{
	const struct pf_gf16 *field = r->f->transform.field;
	const struct pf_fec16_loss *loss = &r->loss;
	r->matrix[0].words = r->f->coefficients.p;
	if (r->way == DIRECT) {
		r->columns = r->f->columns.p;
		pf_fec16_direct(&r->matrix[0], r->columns, field, loss, &r->shape, have_data);
		return;
	}
	find_factors(r);
	if (r->way == SYNDROMES_AND_TRANSFORM)
		return;
	r->matrix[1].words = r->matrix[0].words + loss->narrow * loss->count;
	pf_fec16_cauchy(&r->matrix[0], field, loss, 0, loss->narrow);
	pf_fec16_cauchy(&r->matrix[1], field, loss, loss->narrow, loss->count);
}

static void find_rows(struct repair *r, uint8_t *const *data, const bool *have_data,
	const uint8_t *const *parity, size_t row_bytes)
{
	struct rows *rows = &r->rows;
	uint8_t **pointers = r->f->rows.p;
	size_t k = r->shape.k, m = r->shape.m;
	rows->present = (const uint8_t **)pointers;
	rows->restored = pointers + k;
	rows->known = (const uint8_t **)pointers + 2 * k;
	rows->syndrome = pointers + 3 * k;
	rows->received = (const uint8_t **)rows->syndrome + m;
	rows->lost = rows->syndrome + 2 * m;
	for (size_t i = 0; i < k; i++) {
		rows->present[i] = have_data[i] ? data[i] : NULL;
		rows->restored[i] = have_data[i] ? NULL : data[i];
	}
	for (size_t j = 0; j < m; j++)
		rows->syndrome[j] = NULL;
	for (size_t j = 0; j < r->loss.count; j++) {
		uint32_t index = r->loss.parity[j];
		rows->syndrome[index] = (uint8_t *)r->f->syndromes.p + j * row_bytes;
		rows->received[index] = parity[index];
	}
}

/* The positions of the shape are below 2^levels. */
static unsigned shape_levels(const struct pf_fec16_shape *s)
{
	uint32_t end = (1u << s->level) + (s->data_high ? s->k : s->m);
	return 32 - (unsigned)__builtin_clz(end - 1);
}

int pf_fec16_repair(struct pf_fec16 *f, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes)
{
	struct repair r = {.f = f};
	if (pf_fec16_shape_init(&r.shape, k, m, shard_bytes))
		return PF_ERR_INVALID;
	size_t lost = 0, arrived = 0;
	for (unsigned i = 0; i < k; i++)
		lost += !have_data[i];
	for (unsigned j = 0; j < m; j++)
		arrived += parity[j] != NULL;
	if (lost == 0)
		return PF_OK;
	if (arrived < lost)
		return PF_ERR_LIMIT;
	unsigned levels = shape_levels(&r.shape);
	if (reserve(f, &r.shape, shard_bytes) || pf_fec16_locator_reserve(&f->locator, levels))
		return PF_ERR_NOMEM;

	pf_fec16_loss_find(&r.loss, f->loss.p, lost, have_data, parity);
	pf_fec16_loss_locate(&r.loss, f, &r.shape, levels);
	choose_way(&r);
	find_coefficients(&r, have_data);
	size_t tail_bytes = shard_bytes % PF_FEC16_BLOCK, whole = shard_bytes - tail_bytes;
	size_t row_bytes = whole + (tail_bytes > 0 ? PF_FEC16_BLOCK : 0);
	find_rows(&r, data, have_data, parity, row_bytes);
	if (whole > 0)
		repair_blocks(&r, whole);
	if (tail_bytes > 0)
		repair_tail(&r, data, whole, tail_bytes);
	return PF_OK;
}
