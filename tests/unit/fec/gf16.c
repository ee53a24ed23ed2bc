#include "fec/gf16.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fec/tier.h"
#include "support/vectors.h"

#define ROW_BYTES 192

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

static void images_are_products_with_the_basis(void **state)
{
	uint64_t random = 3;
	for (unsigned round = 0; round < 2000; round++) {
		uint16_t t = (uint16_t)random_next(&random), image[16];
		pf_gf16_images(field, t, image);
		for (unsigned i = 0; i < 16; i++)
			assert_int_equal(image[i], multiply(t, (uint16_t)(1u << i)));
	}
}

static uint16_t element(const uint8_t *row, unsigned i)
{
	const uint8_t *block = row + i / 32 * 64;
	return (uint16_t)(block[i % 32] | block[32 + i % 32] << 8);
}

static void check_products(const struct pf_gf16_kernel *k, uint16_t t, uint64_t *random)
{
	_Alignas(64) uint8_t table[PF_GF16_TABLE_MAX];
	uint8_t src[ROW_BYTES + 1], product[ROW_BYTES + 3], sum[ROW_BYTES + 5], before[ROW_BYTES];
	uint16_t image[16];
	random_fill(random, src, sizeof(src));
	random_fill(random, sum, sizeof(sum));
	memcpy(before, sum + 5, ROW_BYTES);
	pf_gf16_images(field, t, image);
	k->make_table(table, image);
	k->mul(product + 3, src + 1, ROW_BYTES, table);
	k->mul_add(sum + 5, src + 1, ROW_BYTES, table);
	for (unsigned i = 0; i < ROW_BYTES / 2; i++) {
		uint16_t want = multiply(t, element(src + 1, i));
		assert_int_equal(element(product + 3, i), want);
		assert_int_equal(element(sum + 5, i), want ^ element(before, i));
	}
	k->add(sum + 5, product + 3, ROW_BYTES);
	assert_memory_equal(sum + 5, before, ROW_BYTES);
}

static void every_kernel_multiplies(void **state)
{
	static const char *const names[] = {"c", "avx2"};
	uint64_t random = 7;
	for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		const struct pf_fec_tier *tier = pf_fec_tier_find(names[n]);
		if (!tier)
			continue;
		const struct pf_gf16_kernel *k = tier->gf16;
		assert_in_range(k->table_bytes, 1, PF_GF16_TABLE_MAX);
		assert_int_equal(k->table_bytes % 16, 0);
		check_products(k, 0, &random);
		check_products(k, 1, &random);
		check_products(k, 65535, &random);
		for (unsigned round = 0; round < 500; round++)
			check_products(k, (uint16_t)random_next(&random), &random);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_match_the_vectors),
		cmocka_unit_test(images_are_products_with_the_basis),
		cmocka_unit_test(every_kernel_multiplies),
	};
	return cmocka_run_group_tests(tests, make_field, free_field);
}
