#include "fec/gf16.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "fec/fec16_transform.h"
#include "fec/tier.h"
#include "support/vectors.h"

#define ROW_BYTES 320

static struct pf_gf16 *field;

static int make_field(void **state)
{
	field = malloc(sizeof(*field));
	assert_non_null(field);
	pf_gf16_init(field);
	return 0;
}

static int free_field(void **state)
{
	free(field);
	return 0;
}

static uint16_t multiply(uint16_t a, uint16_t b)
{
	return a && b ? field->exp[(field->log[a] + field->log[b]) % PF_GF16_ORDER] : 0;
}

static void tables_match_the_vectors(void **state)
{
	json_t *root = vectors_load("fec16.json");
	const json_t *tables = vectors_get(root, "tables");
	assert_sha256(
		field->exp, sizeof(field->exp), vectors_string(vectors_get(tables, "exp"), "sha256_u16le"));
	assert_sha256(
		field->log, sizeof(field->log), vectors_string(vectors_get(tables, "log"), "sha256_u16le"));

	/* The twiddles of the closed form are those of the reference's table (native-media 4.1.3). */
	uint16_t *skew = malloc(65535 * sizeof(*skew));
	assert_non_null(skew);
	for (unsigned j = 0; j < 65535; j++) {
		unsigned d = (unsigned)__builtin_ctz(j + 1);
		skew[j] = field->log[((j + 1) ^ 1u << d) >> d];
	}
	assert_sha256(
		skew, 65535 * sizeof(*skew), vectors_string(vectors_get(tables, "skew"), "sha256_u16le"));
	free(skew);
	json_decref(root);
}

static void the_field_is_a_tower(void **state)
{
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++)
			assert_in_range(multiply((uint16_t)a, (uint16_t)b), 0, 255);
	}
	assert_int_equal(multiply(PF_GF16_TOWER, PF_GF16_TOWER), PF_GF16_TOWER ^ 128);
	for (unsigned h = 0; h < 256; h++) {
		assert_int_equal(h << 8, multiply((uint16_t)h, PF_GF16_TOWER) ^ field->fold[h]);
		assert_int_equal(field->norm[h], multiply(128, (uint16_t)h));
	}
}

static uint16_t element(const uint8_t *row, unsigned i)
{
	const uint8_t *block = row + i / 32 * 64;
	return (uint16_t)(block[i % 32] | block[32 + i % 32] << 8);
}

#define COLUMNS 3
#define ROWS    13

/* Sums of products with rows of words; the first `narrow` coefficients of each row are bytes. */
static void check_product(struct pf_fec16_transform *t, size_t bytes, unsigned narrow, uint64_t *random)
{
	uint8_t in[COLUMNS][ROW_BYTES + 1], out[ROWS][ROW_BYTES + 3];
	uint16_t word[ROWS * COLUMNS], scale[ROWS];
	const uint8_t *in_row[COLUMNS];
	uint8_t *out_row[ROWS];
	for (unsigned i = 0; i < COLUMNS; i++) {
		random_fill(random, in[i], sizeof(in[i]));
		in_row[i] = in[i] + 1;
	}
	for (unsigned i = 0; i < ROWS; i++) {
		out_row[i] = out[i] + 3;
		scale[i] = (uint16_t)random_next(random);
	}
	for (unsigned i = 0; i < ROWS * COLUMNS; i++)
		word[i] = (uint16_t)(random_next(random) & (i % COLUMNS < narrow ? 255 : 65535));
	struct pf_fec_product p = {.tables = &t->tables,
		.out = out_row,
		.in = in_row,
		.columns = COLUMNS,
		.stride = COLUMNS,
		.bytes = bytes,
		.words_of = word,
		.narrow = narrow,
		.scale = narrow % 2 ? scale : NULL};
	for (p.rows = 1; p.rows <= ROWS; p.rows++) {
		memset(out, 0xa5, sizeof(out));
		t->kernel->product(&p);
		for (unsigned r = 0; r < p.rows; r++) {
			for (unsigned e = 0; e < bytes / 2; e++) {
				uint16_t want = 0;
				for (unsigned c = 0; c < COLUMNS; c++)
					want ^= multiply(word[r * COLUMNS + c], element(in_row[c], e));
				want = p.scale ? multiply(scale[r], want) : want;
				assert_int_equal(element(out_row[r], e), want);
			}
			assert_int_equal(out[r][2], 0xa5);
			assert_true(bytes == ROW_BYTES || out_row[r][bytes] == 0xa5);
		}
	}
}

static void every_kernel_multiplies(void **state)
{
	const char *name;
	uint64_t random = 7;
	for (unsigned n = 0; (name = pf_fec_tier_name(n)); n++) {
		const struct pf_fec_kernel *kernel = pf_fec_tier_find(name);
		struct pf_fec16_transform t;
		if (!kernel)
			continue;
		assert_in_range(kernel->column_bytes, 1, PF_FEC_COLUMN_MAX);
		assert_int_equal(pf_fec16_transform_init(&t, kernel), PF_OK);
		for (unsigned round = 0; round < 12; round++) {
			for (size_t bytes = 64; bytes <= ROW_BYTES; bytes += 64)
				check_product(&t, bytes, round % (COLUMNS + 1), &random);
		}
		pf_fec16_transform_finish(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_match_the_vectors),
		cmocka_unit_test(the_field_is_a_tower),
		cmocka_unit_test(every_kernel_multiplies),
	};
	return cmocka_run_group_tests(tests, make_field, free_field);
}
