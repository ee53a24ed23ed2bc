/*
 * Repair of the GF(2^16) code in two steps, each with the work of its own size.
 *
 * 1. Syndromes: as many parity shards as data shards were lost, minus what the data at hand adds to them.
 *    What is left of each is a Cauchy combination of the lost shards alone. This is an encoding, of no more
 *    parity than is needed: the closer together the chosen parity shards, the smaller its transforms.
 * 2. Solution: the inverse of that Cauchy matrix, which is explicit (fec16_locator.h), row by row, or for
 *    many losses as an encoding in the other direction between two scalings.
 *
 * The result is that of native-media 4.1.6, since any k shards determine the data.
 */
#include <stdalign.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec16.h"
#include "fec/fec16_code.h"

/* Measured with AVX2: making a coefficient's table costs about as much as multiplying this many blocks by
 * it, and three steps of a transform (two rows in, two out) as much as four multiplications. */
#define TABLE_BLOCKS      3
#define TRANSFORM_STEP(n) ((n)*4 / 3)
/* A window below the level costs a multiplication per row, that is as much as this many layers. */
#define WINDOW_GAIN 2

/* What was lost. Arrays have `count` entries; indexes ascend. */
struct loss {
	size_t count;
	uint32_t *data, *parity; /* indexes of the lost data and of the parity shards used instead */
	uint32_t *x, *y;         /* their positions */
	uint16_t *log_a, *log_b; /* coefficient of y in x: a * b / (x xor y) */
};

/* Rows of the blocks at hand, NULL where the shard has no such role. */
struct rows {
	const uint8_t **present;  /* by data index */
	uint8_t **restored;       /* by data index */
	uint8_t **syndrome;       /* by parity index */
	const uint8_t **received; /* by loss */
};

struct repair {
	struct pf_fec16 *f;
	struct pf_fec16_shape shape;
	struct loss loss;
	struct rows rows;
	bool one_window; /* the parity shards used are in one chunk of 2^window, window <= level */
	unsigned window;
	bool transform_solution;
};

static void find_syndromes(const struct repair *r, size_t bytes)
{
	const struct pf_fec16_shape *s = &r->shape;
	const struct loss *loss = &r->loss;
	struct pf_fec16_transform *t = &r->f->transform;
	uint32_t end = loss->parity[loss->count - 1] + 1;
	if (r->one_window) {
		uint32_t start = loss->parity[0] >> r->window << r->window;
		const struct pf_fec16_gather g = {
			.level = s->level,
			.window = r->window,
			.from = pf_fec16_data_at(s, 0),
			.to = pf_fec16_parity_at(s, start),
		};
		pf_fec16_gather(t, &g, r->rows.present, s->k, r->rows.syndrome + start, end - start, bytes);
	} else {
		pf_fec16_spread(t, s->level, r->rows.present, s->k, r->rows.syndrome, end, bytes);
	}
	for (size_t j = 0; j < loss->count; j++)
		t->kernel->add(r->rows.syndrome[loss->parity[j]], r->rows.received[j], bytes);
}

static void direct_solution(const struct repair *r, size_t bytes)
{
	const struct pf_gf16_kernel *kernel = r->f->transform.kernel;
	const struct loss *loss = &r->loss;
	alignas(64) uint8_t table[PF_GF16_TABLE_MAX];
	for (size_t i = 0; i < loss->count; i++) {
		uint8_t *out = r->rows.restored[loss->data[i]];
		for (size_t j = 0; j < loss->count; j++) {
			uint32_t product = pf_gf16_log_add(loss->log_a[i], loss->log_b[j]);
			uint32_t distance = r->f->field.log[loss->x[i] ^ loss->y[j]];
			pf_fec16_make_table(&r->f->transform, pf_gf16_log_sub(product, distance), table);
			(j == 0 ? kernel->mul : kernel->mul_add)(
				out, r->rows.syndrome[loss->parity[j]], bytes, table);
		}
	}
}

static void scale(const struct repair *r, uint8_t *row, uint32_t log, size_t bytes)
{
	alignas(64) uint8_t table[PF_GF16_TABLE_MAX];
	pf_fec16_make_table(&r->f->transform, log, table);
	r->f->transform.kernel->mul(row, row, bytes, table);
}

static void transformed_solution(const struct repair *r, size_t bytes)
{
	const struct loss *loss = &r->loss;
	struct pf_fec16_transform *t = &r->f->transform;
	bool high = r->shape.data_high;
	unsigned level = r->shape.level;
	size_t n_in = loss->parity[loss->count - 1] + 1, n_out = loss->data[loss->count - 1] + 1;
	const uint8_t *const *syndrome = (const uint8_t *const *)r->rows.syndrome;
	const struct pf_fec16_gather to_low = {.level = level, .window = level, .from = 1u << level};

	/* log_a and log_b hold the side factor's inverse once; the transform's own takes it once more. */
	for (size_t j = 0; j < loss->count; j++) {
		uint32_t side = high ? 0 : r->f->field.log[loss->y[j] >> level];
		scale(r, r->rows.syndrome[loss->parity[j]], pf_gf16_log_sub(loss->log_b[j], side), bytes);
	}
	if (high)
		pf_fec16_spread(t, level, syndrome, n_in, r->rows.restored, n_out, bytes);
	else
		pf_fec16_gather(t, &to_low, syndrome, n_in, r->rows.restored, n_out, bytes);
	for (size_t i = 0; i < loss->count; i++) {
		uint32_t side = high ? r->f->field.log[loss->x[i] >> level] : 0;
		scale(r, r->rows.restored[loss->data[i]], pf_gf16_log_sub(loss->log_a[i], side), bytes);
	}
}

static void repair_blocks(const struct repair *r, size_t bytes)
{
	find_syndromes(r, bytes);
	(r->transform_solution ? transformed_solution : direct_solution)(r, bytes);
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
		pf_fec16_tail_load(block, r->rows.received[j] + at, tail_bytes);
		r->rows.received[j] = block;
	}
	repair_blocks(r, PF_FEC16_BLOCK);
	for (size_t i = 0; i < r->loss.count; i++) {
		uint32_t index = r->loss.data[i];
		pf_fec16_tail_store(data[index] + at, tail_bytes, r->rows.restored[index]);
	}
}

/* How many chunks of 2^level the ascending indexes fall in. */
static size_t count_chunks(const uint32_t *index, size_t count, unsigned level)
{
	size_t chunks = count > 0;
	for (size_t i = 1; i < count; i++)
		chunks += index[i] >> level != index[i - 1] >> level;
	return chunks;
}

/* Compares the ways, in multiplications of blocks: a transform has half a step per row and layer. */
static void choose_solution(struct repair *r, size_t shard_bytes)
{
	const struct pf_fec16_shape *s = &r->shape;
	const struct loss *loss = &r->loss;
	size_t blocks = (shard_bytes + PF_FEC16_BLOCK - 1) / PF_FEC16_BLOCK, chunk = (size_t)1 << s->level;
	size_t row_direct = blocks + TABLE_BLOCKS;
	size_t row_transform = TRANSFORM_STEP((s->level > 0 ? s->level : 1) * blocks) / 2;
	const uint32_t *high = s->data_high ? loss->data : loss->parity;
	size_t high_rows = count_chunks(high, loss->count, s->level) * chunk;
	size_t work = (chunk + high_rows) * row_transform + 2 * loss->count * row_direct;
	r->transform_solution = loss->count * loss->count * row_direct > work;
}

/* The start of the first chunk of 2^window in which `count` parity shards arrived; m when there is none. */
static uint32_t find_window(const uint8_t *const *parity, uint32_t m, unsigned window, size_t count)
{
	for (uint32_t start = 0; start < m; start += 1u << window) {
		size_t arrived = 0;
		for (uint32_t j = start; j < m && j < start + (1u << window); j++)
			arrived += parity[j] != NULL;
		if (arrived >= count)
			return start;
	}
	return m;
}

/* Returns the index from where on parity shards are used: the smallest window that gains, else any. */
static uint32_t choose_window(struct repair *r, const uint8_t *const *parity, size_t count)
{
	unsigned level = r->shape.level;
	r->one_window = true;
	for (r->window = 0; r->window <= level; r->window++) {
		if ((size_t)1 << r->window < count || (r->window < level && r->window + WINDOW_GAIN > level))
			continue;
		uint32_t start = find_window(parity, r->shape.m, r->window, count);
		if (start < r->shape.m)
			return start;
	}
	r->one_window = false;
	return 0;
}

/* For the worst loss of the shape: the next one must not allocate because it is worse than this one. */
static int reserve(struct pf_fec16 *f, const struct pf_fec16_shape *s, size_t shard_bytes)
{
	size_t lost = s->k < s->m ? s->k : s->m;
	size_t tail_bytes = shard_bytes % PF_FEC16_BLOCK, padded = shard_bytes;
	if (tail_bytes > 0 && __builtin_add_overflow(shard_bytes, PF_FEC16_BLOCK - tail_bytes, &padded))
		return PF_ERR_NOMEM;
	size_t row_count = 2 * (size_t)s->k + s->m + lost;
	if (pf_scratch_reserve(&f->rows, row_count, sizeof(void *)) ||
		pf_scratch_reserve(&f->loss, lost, 4 * sizeof(uint32_t) + 2 * sizeof(uint16_t)) ||
		pf_scratch_reserve(&f->syndromes, lost, padded) ||
		pf_scratch_reserve(&f->tail, tail_bytes > 0 ? s->k + lost : 0, PF_FEC16_BLOCK))
		return PF_ERR_NOMEM;
	return pf_fec16_transform_reserve(&f->transform, s->level, s->k > s->m ? s->k : s->m);
}

/* Lists the `count` lost data shards, and as many parity shards that arrived from index `start` on. */
static void find_loss(
	struct repair *r, size_t count, const bool *have_data, const uint8_t *const *parity, uint32_t start)
{
	struct loss *loss = &r->loss;
	uint32_t *words = r->f->loss.p;
	*loss = (struct loss){
		.count = count,
		.data = words,
		.parity = words + count,
		.x = words + 2 * count,
		.y = words + 3 * count,
		.log_a = (uint16_t *)(words + 4 * count),
		.log_b = (uint16_t *)(words + 4 * count) + count,
	};
	for (uint32_t i = 0, n = 0; n < count; i++) {
		if (!have_data[i]) {
			loss->data[n] = i;
			loss->x[n++] = pf_fec16_data_at(&r->shape, i);
		}
	}
	for (uint32_t j = start, n = 0; n < count; j++) {
		if (parity[j]) {
			loss->parity[n] = j;
			loss->y[n++] = pf_fec16_parity_at(&r->shape, j);
		}
	}
}

static void invert(struct repair *r, unsigned levels)
{
	struct loss *loss = &r->loss;
	const uint16_t *log = r->f->field.log;
	pf_fec16_locate(&r->f->locator, &r->f->field, levels, loss->x, loss->y, loss->count, loss->log_a,
		loss->log_b);
	uint16_t *scaled = r->shape.data_high ? loss->log_a : loss->log_b;
	const uint32_t *high = r->shape.data_high ? loss->x : loss->y;
	for (size_t i = 0; i < loss->count; i++)
		scaled[i] = (uint16_t)pf_gf16_log_sub(scaled[i], log[high[i] >> r->shape.level]);
}

static void find_rows(struct repair *r, uint8_t *const *data, const bool *have_data,
	const uint8_t *const *parity, size_t row_bytes)
{
	struct rows *rows = &r->rows;
	uint8_t **pointers = r->f->rows.p;
	rows->present = (const uint8_t **)pointers;
	rows->restored = pointers + r->shape.k;
	rows->syndrome = rows->restored + r->shape.k;
	rows->received = (const uint8_t **)(rows->syndrome + r->shape.m);
	for (uint32_t i = 0; i < r->shape.k; i++) {
		rows->present[i] = have_data[i] ? data[i] : NULL;
		rows->restored[i] = have_data[i] ? NULL : data[i];
	}
	for (uint32_t j = 0; j < r->shape.m; j++)
		rows->syndrome[j] = NULL;
	for (size_t j = 0; j < r->loss.count; j++) {
		rows->syndrome[r->loss.parity[j]] = (uint8_t *)r->f->syndromes.p + j * row_bytes;
		rows->received[j] = parity[r->loss.parity[j]];
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

	uint32_t start = choose_window(&r, parity, lost);
	find_loss(&r, lost, have_data, parity, start);
	invert(&r, levels);
	choose_solution(&r, shard_bytes);
	size_t tail_bytes = shard_bytes % PF_FEC16_BLOCK, whole = shard_bytes - tail_bytes;
	size_t row_bytes = whole + (tail_bytes > 0 ? PF_FEC16_BLOCK : 0);
	find_rows(&r, data, have_data, parity, row_bytes);
	if (whole > 0)
		repair_blocks(&r, whole);
	if (tail_bytes > 0)
		repair_tail(&r, data, whole, tail_bytes);
	return PF_OK;
}
