#include "fec/fec8.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/gf8.h"
#include "fec/scratch.h"
#include "fec/tier.h"

#define MAX_SHARDS 255
#define AUDIO_DATA 4
#define AUDIO_ROWS 2

static const uint8_t audio_matrix[AUDIO_ROWS * AUDIO_DATA] = {0x77, 0x40, 0x38, 0x0e, 0xc7, 0xa7, 0x0d, 0x6c};

struct pf_fec8 {
	enum pf_fec8_matrix kind;
	const struct pf_gf8_kernel *kernel;
	uint8_t *tables; /* kernel->table_bytes for each of 256 coefficients */
	struct pf_gf8 field;
	/* By m, made when first used: a smaller k has the first columns of a larger one. */
	struct pf_scratch matrix[MAX_SHARDS];
	struct pf_scratch syndromes;
	struct pf_scratch coefficients; /* of the repair at hand */
};

/* Rows of coefficients, `stride` apart. */
struct matrix {
	const uint8_t *at;
	size_t stride;
};

int pf_fec8_create(struct pf_fec8 **out, enum pf_fec8_matrix matrix, const char *kernel)
{
	const struct pf_fec_tier *tier = pf_fec_tier_find(kernel);
	if (!tier)
		return PF_ERR_UNSUPPORTED;
	const struct pf_gf8_kernel *k = tier->gf8;
	struct pf_fec8 *f = calloc(1, sizeof(*f));
	uint8_t *tables = aligned_alloc(64, 256 * k->table_bytes);
	if (!f || !tables) {
		free(f);
		free(tables);
		return PF_ERR_NOMEM;
	}
	f->kind = matrix;
	f->kernel = k;
	f->tables = tables;
	pf_gf8_init(&f->field);
	for (unsigned v = 0; v < 256; v++) {
		uint8_t image[8];
		for (unsigned i = 0; i < 8; i++)
			image[i] = pf_gf8_mul(&f->field, (uint8_t)v, (uint8_t)(1u << i));
		k->make_table(tables + v * k->table_bytes, image);
	}
	*out = f;
	return PF_OK;
}

void pf_fec8_destroy(struct pf_fec8 *f)
{
	if (!f)
		return;
	for (unsigned m = 0; m < MAX_SHARDS; m++)
		pf_scratch_finish(&f->matrix[m]);
	pf_scratch_finish(&f->syndromes);
	pf_scratch_finish(&f->coefficients);
	free(f->tables);
	free(f);
}

const char *pf_fec8_kernel(const struct pf_fec8 *f)
{
	return f->kernel->name;
}

static bool valid_shape(const struct pf_fec8 *f, unsigned k, unsigned m, size_t shard_bytes)
{
	if (k == 0 || m == 0 || k > MAX_SHARDS || m > MAX_SHARDS - k || shard_bytes == 0)
		return false;
	return f->kind == PF_FEC8_CAUCHY || (k == AUDIO_DATA && m == AUDIO_ROWS);
}

/* The m rows of parity coefficients. Errors: PF_ERR_NOMEM. */
static int parity_matrix(struct pf_fec8 *f, unsigned m, struct matrix *out)
{
	if (f->kind == PF_FEC8_AUDIO) {
		*out = (struct matrix){audio_matrix, AUDIO_DATA};
		return PF_OK;
	}
	size_t columns = MAX_SHARDS - m;
	bool seen = f->matrix[m].p != NULL;
	if (pf_scratch_reserve(&f->matrix[m], m, columns))
		return PF_ERR_NOMEM;
	uint8_t *at = f->matrix[m].p;
	for (unsigned r = 0; !seen && r < m; r++) {
		for (unsigned c = 0; c < columns; c++)
			at[r * columns + c] = f->field.inverse[(m + c) ^ r];
	}
	*out = (struct matrix){at, columns};
	return PF_OK;
}

int pf_fec8_encode(struct pf_fec8 *f, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
	unsigned m, size_t shard_bytes)
{
	if (!valid_shape(f, k, m, shard_bytes))
		return PF_ERR_INVALID;
	struct matrix matrix;
	if (parity_matrix(f, m, &matrix))
		return PF_ERR_NOMEM;
	struct pf_gf8_product p = {
		.out = parity,
		.in = data,
		.rows = m,
		.columns = k,
		.matrix = matrix.at,
		.stride = matrix.stride,
		.bytes = shard_bytes,
	};
	f->kernel->product(&p, f->tables);
	return PF_OK;
}

/*
 * Repair: the parity shards that stand in for the lost ones, minus the part of the data at hand, are the
 * product of a square submatrix with the lost shards. Only that is inverted.
 */
struct repair {
	struct pf_fec8 *f;
	struct matrix parity;
	unsigned m, lost;
	uint8_t data[MAX_SHARDS], rows[MAX_SHARDS]; /* of the lost shards, and of the parity used instead */
	unsigned present;
	uint8_t columns[MAX_SHARDS]; /* of the data at hand */
	const uint8_t *in[MAX_SHARDS];
	uint8_t *syndrome[MAX_SHARDS];
	uint8_t *out[MAX_SHARDS];
};

static unsigned log_product(const struct pf_gf8 *field, unsigned at, const unsigned *others, unsigned count)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < count; i++) {
		if (others[i] != at)
			sum += field->log[others[i] ^ at];
	}
	return sum % PF_GF8_ORDER;
}

/* The inverse of a Cauchy matrix 1 / (x xor y) has the entries A(x) B(y) / (x xor y), where A(x) is the
 * product of x xor y over all y divided by that of x xor x' over the other x', and B(y) in turn. */
static void invert_cauchy(const struct repair *r, uint8_t *inverse)
{
	const struct pf_gf8 *field = &r->f->field;
	unsigned x[MAX_SHARDS], y[MAX_SHARDS], log_b[MAX_SHARDS], n = r->lost;
	for (unsigned i = 0; i < n; i++) {
		x[i] = r->m + r->data[i];
		y[i] = r->rows[i];
	}
	for (unsigned j = 0; j < n; j++)
		log_b[j] = log_product(field, y[j], x, n) + PF_GF8_ORDER - log_product(field, y[j], y, n);
	for (unsigned i = 0; i < n; i++) {
		unsigned log_a =
			log_product(field, x[i], y, n) + PF_GF8_ORDER - log_product(field, x[i], x, n);
		for (unsigned j = 0; j < n; j++) {
			unsigned log = log_a + log_b[j] + PF_GF8_ORDER - field->log[x[i] ^ y[j]];
			inverse[i * n + j] = field->exp[log % PF_GF8_ORDER];
		}
	}
}

/* At most two shards are ever lost. */
static void invert_audio(const struct repair *r, uint8_t *inverse)
{
	const struct pf_gf8 *field = &r->f->field;
	const uint8_t *top = audio_matrix + (size_t)r->rows[0] * AUDIO_DATA;
	uint8_t a = top[r->data[0]];
	if (r->lost == 1) {
		inverse[0] = field->inverse[a];
		return;
	}
	const uint8_t *bottom = audio_matrix + (size_t)r->rows[1] * AUDIO_DATA;
	uint8_t b = top[r->data[1]], c = bottom[r->data[0]], d = bottom[r->data[1]];
	uint8_t scale = field->inverse[pf_gf8_mul(field, a, d) ^ pf_gf8_mul(field, b, c)];
	inverse[0] = pf_gf8_mul(field, scale, d);
	inverse[1] = pf_gf8_mul(field, scale, b);
	inverse[2] = pf_gf8_mul(field, scale, c);
	inverse[3] = pf_gf8_mul(field, scale, a);
}

static void add_row(uint8_t *sum, const uint8_t *row, size_t bytes)
{
	size_t i = 0;
	for (uint64_t a, b; i + sizeof(a) <= bytes; i += sizeof(a)) {
		memcpy(&a, sum + i, sizeof(a));
		memcpy(&b, row + i, sizeof(b));
		a ^= b;
		memcpy(sum + i, &a, sizeof(a));
	}
	for (; i < bytes; i++)
		sum[i] ^= row[i];
}

static void syndromes(const struct repair *r, const uint8_t *const *parity, size_t bytes)
{
	uint8_t *coefficients = r->f->coefficients.p;
	for (unsigned j = 0; j < r->lost; j++) {
		const uint8_t *row = r->parity.at + r->rows[j] * r->parity.stride;
		for (unsigned c = 0; c < r->present; c++)
			coefficients[j * r->present + c] = row[r->columns[c]];
	}
	struct pf_gf8_product p = {
		.out = r->syndrome,
		.in = r->in,
		.rows = r->lost,
		.columns = r->present,
		.matrix = coefficients,
		.stride = r->present,
		.bytes = bytes,
	};
	r->f->kernel->product(&p, r->f->tables);
	for (unsigned j = 0; j < r->lost; j++)
		add_row(r->syndrome[j], parity[r->rows[j]], bytes);
}

static void solve(const struct repair *r, size_t bytes)
{
	uint8_t *inverse = r->f->coefficients.p;
	if (r->f->kind == PF_FEC8_AUDIO)
		invert_audio(r, inverse);
	else
		invert_cauchy(r, inverse);
	struct pf_gf8_product p = {
		.out = r->out,
		.in = (const uint8_t *const *)r->syndrome,
		.rows = r->lost,
		.columns = r->lost,
		.matrix = inverse,
		.stride = r->lost,
		.bytes = bytes,
	};
	r->f->kernel->product(&p, r->f->tables);
}

/* Sorts the shards into their roles; false when fewer parity shards arrived than data shards were lost. */
static bool sort_shards(struct repair *r, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity)
{
	for (unsigned i = 0; i < k; i++) {
		if (have_data[i]) {
			r->columns[r->present] = (uint8_t)i;
			r->in[r->present++] = data[i];
		} else {
			r->data[r->lost] = (uint8_t)i;
			r->out[r->lost++] = data[i];
		}
	}
	unsigned used = 0;
	for (unsigned j = 0; j < r->m && used < r->lost; j++) {
		if (parity[j])
			r->rows[used++] = (uint8_t)j;
	}
	return used == r->lost;
}

int pf_fec8_repair(struct pf_fec8 *f, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes)
{
	if (!valid_shape(f, k, m, shard_bytes))
		return PF_ERR_INVALID;
	struct repair r = {.f = f, .m = m};
	if (!sort_shards(&r, data, have_data, k, parity))
		return PF_ERR_LIMIT;
	if (r.lost == 0)
		return PF_OK;
	/* For the worst loss of the shape: the next one must not allocate because it is worse than this one. */
	unsigned worst = k < m ? k : m;
	if (parity_matrix(f, m, &r.parity) || pf_scratch_reserve(&f->syndromes, worst, shard_bytes) ||
		pf_scratch_reserve(&f->coefficients, worst, k))
		return PF_ERR_NOMEM;
	for (unsigned j = 0; j < r.lost; j++)
		r.syndrome[j] = (uint8_t *)f->syndromes.p + j * shard_bytes;
	syndromes(&r, parity, shard_bytes);
	solve(&r, shard_bytes);
	return PF_OK;
}
