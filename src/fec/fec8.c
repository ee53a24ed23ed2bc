#include "fec/fec8.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec8_transform.h"
#include "fec/gf8.h"
#include "fec/scratch.h"
#include "fec/tables.h"
#include "fec/tier.h"

#define MAX_SHARDS 255
#define AUDIO_DATA 4
#define AUDIO_ROWS 2

static const uint8_t audio_matrix[AUDIO_ROWS * AUDIO_DATA] = {0x77, 0x40, 0x38, 0x0e, 0xc7, 0xa7, 0x0d, 0x6c};

struct pf_fec8 {
	enum pf_fec8_matrix kind;
	const struct pf_fec_kernel *kernel;
	struct pf_fec_tables tables;
	struct pf_gf8 field;
	/* Of the Cauchy matrices: 1 / (row xor position); the one of m parity shards begins at position m. */
	uint8_t inverse_of[MAX_SHARDS][256];
	struct pf_scratch coefficients; /* of the repair at hand */
	struct pf_fec8_transform transform;
};

/* Rows of coefficients, `stride` apart. */
struct matrix {
	const uint8_t *at;
	size_t stride;
};

static void prepare_cauchy(struct pf_fec8 *f)
{
	pf_fec8_transform_init(&f->transform, &f->field, f->kernel, &f->tables);
	for (unsigned r = 0; r < MAX_SHARDS; r++) {
		for (unsigned x = 0; x < 256; x++)
			f->inverse_of[r][x] = f->field.inverse[x ^ r];
	}
}

int pf_fec8_create(struct pf_fec8 **out, enum pf_fec8_matrix matrix, const char *kernel)
{
	const struct pf_fec_kernel *found = pf_fec_tier_find(kernel);
	if (!found)
		return PF_ERR_UNSUPPORTED;
	struct pf_fec8 *f = calloc(1, sizeof(*f));
	if (!f)
		return PF_ERR_NOMEM;
	f->kind = matrix;
	f->kernel = found;
	pf_gf8_init(&f->field);
	uint8_t images[PF_FEC_TABLES][8] = {0};
	for (unsigned v = 0; v < 256; v++) {
		for (unsigned i = 0; i < 8; i++)
			images[v][i] = pf_gf8_mul(&f->field, (uint8_t)v, (uint8_t)(1u << i));
	}
	if (pf_fec_tables_init(&f->tables, found, images)) {
		free(f);
		return PF_ERR_NOMEM;
	}
	if (matrix == PF_FEC8_CAUCHY)
		prepare_cauchy(f);
	*out = f;
	return PF_OK;
}

void pf_fec8_destroy(struct pf_fec8 *f)
{
	if (!f)
		return;
	pf_scratch_finish(&f->coefficients);
	pf_fec8_transform_finish(&f->transform);
	pf_fec_tables_finish(&f->tables);
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

/* The m rows of parity coefficients: of every shape they are a part of what was made in the beginning. */
static struct matrix parity_matrix(const struct pf_fec8 *f, unsigned m)
{
	if (f->kind == PF_FEC8_AUDIO)
		return (struct matrix){audio_matrix, AUDIO_DATA};
	return (struct matrix){&f->inverse_of[0][m], sizeof(f->inverse_of[0])};
}

static void multiply(const struct pf_fec8 *f, struct matrix matrix, const uint8_t *const *in,
	unsigned columns, uint8_t *const *out, unsigned rows, size_t bytes)
{
	const struct pf_fec_product p = {
		.tables = &f->tables,
		.out = out,
		.in = in,
		.rows = rows,
		.columns = columns,
		.bytes_of = matrix.at,
		.stride = matrix.stride,
		.bytes = bytes,
	};
	f->kernel->product(&p);
}

int pf_fec8_encode(struct pf_fec8 *f, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
	unsigned m, size_t shard_bytes)
{
	if (!valid_shape(f, k, m, shard_bytes))
		return PF_ERR_INVALID;
	struct matrix matrix = parity_matrix(f, m);
	/* Reserved whether or not this shape pays: a smaller one may. */
	bool cauchy = f->kind == PF_FEC8_CAUCHY;
	if (cauchy && pf_fec8_transform_reserve(&f->transform, shard_bytes))
		return PF_ERR_NOMEM;
	if (cauchy && pf_fec8_transform_pays(&f->transform, k, m, shard_bytes))
		pf_fec8_transform_encode(
			&f->transform, matrix.at, matrix.stride, data, k, parity, m, shard_bytes);
	else
		multiply(f, matrix, data, k, parity, m, shard_bytes);
	return PF_OK;
}

/*
 * Repair: each lost shard is a sum over all shards that are used instead, k of them. Its coefficients are in closed form,
 * as those of the GF(2^16) code (fec16_loss.h): for lost data at the positions x and parity used at y,
 *     A(x) B(y) / (x xor y) for parity,   A(x) G(z) / (x xor z) for data at another position z
 */
struct repair {
	struct pf_fec8 *f;
	unsigned m, lost;
	uint8_t data[MAX_SHARDS], rows[MAX_SHARDS]; /* of the lost shards, and of the parity used instead */
	unsigned present;
	uint8_t columns[MAX_SHARDS];   /* of the data at hand */
	const uint8_t *in[MAX_SHARDS]; /* that, then the parity used */
	uint8_t *out[MAX_SHARDS];
	uint8_t *coefficients;
};

/* Logarithm of the product of the distances to all others. */
static unsigned log_product(const struct pf_gf8 *field, unsigned at, const unsigned *others, unsigned count)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < count; i++) {
		if (others[i] != at)
			sum += field->log[others[i] ^ at];
	}
	return sum % PF_GF8_ORDER;
}

static unsigned log_quotient(
	const struct pf_gf8 *field, unsigned at, const unsigned *over, const unsigned *under, unsigned count)
{
	return log_product(field, at, over, count) + PF_GF8_ORDER - log_product(field, at, under, count);
}

static void find_cauchy(const struct repair *r)
{
	const struct pf_gf8 *field = &r->f->field;
	unsigned x[MAX_SHARDS], y[MAX_SHARDS], log_a[MAX_SHARDS], n = r->lost, stride = r->present + n;
	for (unsigned i = 0; i < n; i++) {
		x[i] = r->m + r->data[i];
		y[i] = r->rows[i];
	}
	for (unsigned i = 0; i < n; i++)
		log_a[i] = log_quotient(field, x[i], y, x, n);
	for (unsigned c = 0; c < stride; c++) {
		bool parity = c >= r->present;
		unsigned z = parity ? y[c - r->present] : r->m + r->columns[c];
		unsigned log = log_quotient(field, z, x, y, n) + PF_GF8_ORDER;
		for (unsigned i = 0; i < n; i++) {
			unsigned sum = log_a[i] + log - field->log[x[i] ^ z];
			r->coefficients[i * stride + c] = field->exp[sum % PF_GF8_ORDER];
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

/* This matrix has no closed form, but is small. */
static void find_audio(const struct repair *r)
{
	const struct pf_gf8 *field = &r->f->field;
	unsigned n = r->lost, stride = r->present + n;
	uint8_t inverse[AUDIO_ROWS * AUDIO_ROWS];
	invert_audio(r, inverse);
	for (unsigned i = 0; i < n; i++) {
		uint8_t *row = r->coefficients + (size_t)i * stride;
		memset(row, 0, r->present);
		memcpy(row + r->present, inverse + (size_t)i * n, n);
		for (unsigned j = 0; j < n; j++) {
			const uint8_t *parity = audio_matrix + (size_t)r->rows[j] * AUDIO_DATA;
			for (unsigned c = 0; c < r->present; c++)
				row[c] ^= pf_gf8_mul(field, inverse[i * n + j], parity[r->columns[c]]);
		}
	}
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
		if (parity[j]) {
			r->rows[used] = (uint8_t)j;
			r->in[r->present + used++] = parity[j];
		}
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
	if (pf_scratch_reserve(&f->coefficients, k < m ? k : m, k))
		return PF_ERR_NOMEM;
	r.coefficients = f->coefficients.p;
	(f->kind == PF_FEC8_AUDIO ? find_audio : find_cauchy)(&r);
	multiply(f, (struct matrix){r.coefficients, k}, r.in, k, r.out, r.lost, shard_bytes);
	return PF_OK;
}
