#include "fec/fec8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "allocations.h"
#include "base/error.h"
#include "fec/gf8.h"
#include "fec/tier.h"
#include "shards.h"
#include "support/vectors.h"

/* Every kernel that this CPU runs, best first. */
static struct pf_fec8 *cauchy[8], *audio[8];
static unsigned code_count;

static int open_kernels(void **state)
{
	const char *name;
	for (unsigned i = 0; (name = pf_fec_tier_name(i)); i++) {
		int rc = pf_fec8_create(&cauchy[code_count], PF_FEC8_CAUCHY, name);
		if (rc == PF_ERR_UNSUPPORTED)
			continue;
		assert_int_equal(rc, PF_OK);
		assert_int_equal(pf_fec8_create(&audio[code_count], PF_FEC8_AUDIO, name), PF_OK);
		assert_string_equal(pf_fec8_kernel(cauchy[code_count]), name);
		code_count++;
	}
	assert_true(code_count > 0);
	return 0;
}

static int close_kernels(void **state)
{
	for (unsigned i = 0; i < code_count; i++) {
		pf_fec8_destroy(cauchy[i]);
		pf_fec8_destroy(audio[i]);
	}
	return 0;
}

static void encode(struct pf_fec8 *f, const struct shards *data, const struct shards *parity)
{
	assert_int_equal(pf_fec8_encode(f, (const uint8_t *const *)data->row, data->count, parity->row,
				 parity->count, data->bytes),
		PF_OK);
}

/* Repairs a copy of the data without those marked gone, from the parity marked kept. */
static int repair(struct pf_fec8 *f, const struct shards *data, const struct shards *parity, const bool *gone,
	const bool *keep, struct shards *copy)
{
	bool have[255];
	const uint8_t *arrived[255];
	*copy = shards_new(data->count, data->bytes, true);
	for (unsigned i = 0; i < data->count; i++) {
		have[i] = !gone[i];
		memcpy(copy->row[i], data->row[i], data->bytes);
		if (gone[i])
			memset(copy->row[i], 0xee, data->bytes);
	}
	for (unsigned j = 0; j < parity->count; j++)
		arrived[j] = keep[j] ? parity->row[j] : NULL;
	return pf_fec8_repair(f, copy->row, have, data->count, arrived, parity->count, data->bytes);
}

static void expect_repair(struct pf_fec8 *f, const struct shards *data, const struct shards *parity,
	const bool *gone, const bool *keep)
{
	struct shards copy;
	assert_int_equal(repair(f, data, parity, gone, keep, &copy), PF_OK);
	assert_shards_equal(&copy, data);
	shards_free(&copy);
}

static void lose_and_repair(struct pf_fec8 *f, const struct shards *data, const struct shards *parity,
	unsigned lost, unsigned kept, uint64_t *random)
{
	bool gone[255], keep[255];
	random_flags(random, gone, data->count, lost);
	random_flags(random, keep, parity->count, kept);
	expect_repair(f, data, parity, gone, keep);
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void tables_match_the_vectors(void **state)
{
	json_t *root = vectors_load("fec8.json");
	struct pf_gf8 field;
	size_t len;
	pf_gf8_init(&field);
	uint8_t *exp = vectors_bytes(root, "exp_table_hex", &len);
	assert_int_equal(len, PF_GF8_ORDER);
	assert_memory_equal(field.exp, exp, len);
	uint8_t *inverse = vectors_bytes(root, "inverse_table_hex", &len);
	assert_int_equal(len, 256);
	assert_memory_equal(field.inverse, inverse, len);
	free(inverse);
	free(exp);
	json_decref(root);
}

/* The generator of the file: one byte per step, the high byte of a 32-bit linear congruence. */
static void fill_from_seed(struct shards *s, uint32_t seed)
{
	for (unsigned i = 0; i < s->count; i++) {
		for (size_t b = 0; b < s->bytes; b++) {
			seed = seed * 1664525u + 1013904223u;
			s->row[i][b] = (uint8_t)(seed >> 24);
		}
	}
}

static void check_packed(const struct shards *s, const json_t *v, const char *key)
{
	uint8_t *packed = shards_pack(s);
	assert_sha256(packed, s->count * s->bytes, vectors_string(v, key));
	free(packed);
}

static void erase_as_told(
	struct pf_fec8 *f, const struct shards *data, const struct shards *parity, const json_t *v)
{
	const json_t *erase = vectors_get(v, "erase");
	bool gone[255] = {false}, keep[255];
	for (size_t i = 0; i < json_array_size(erase); i++)
		gone[json_integer_value(json_array_get(erase, i))] = true;
	memset(keep, true, sizeof(keep));
	expect_repair(f, data, parity, gone, keep);
}

/* The parity of the identity matrix is the matrix of the code. */
static void check_matrix(struct pf_fec8 *f, unsigned k, unsigned m, const json_t *v)
{
	struct shards identity = shards_new(k, k, false), rows = shards_new(m, k, false);
	for (unsigned i = 0; i < k; i++) {
		memset(identity.row[i], 0, k);
		identity.row[i][i] = 1;
	}
	encode(f, &identity, &rows);
	check_packed(&rows, v, "matrix_sha256");
	shards_free(&rows);
	shards_free(&identity);
}

static void check_rows(const struct shards *s, const json_t *v, const char *key)
{
	const json_t *rows = json_object_get(v, key);
	assert_int_equal(json_array_size(rows), rows ? s->count : 0);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		size_t len;
		uint8_t *want = hex_bytes(json_string_value(json_array_get(rows, i)), &len);
		assert_int_equal(len, s->bytes);
		assert_memory_equal(s->row[i], want, len);
		free(want);
	}
}

static void check_vector(const json_t *v)
{
	unsigned k = (unsigned)vectors_number(v, "k"), m = (unsigned)vectors_number(v, "m");
	size_t bytes = vectors_number(v, "shard_size");
	uint64_t random = 17;
	bool is_audio = strcmp(vectors_string(v, "matrix_kind"), "audio") == 0;
	struct shards data = shards_new(k, bytes, true), parity = shards_new(m, bytes, true);
	fill_from_seed(&data, (uint32_t)vectors_number(v, "seed"));
	check_packed(&data, v, "data_sha256");
	check_rows(&data, v, "data_hex");
	for (unsigned i = 0; i < code_count; i++) {
		struct pf_fec8 *f = is_audio ? audio[i] : cauchy[i];
		encode(f, &data, &parity);
		check_packed(&parity, v, "parity_sha256");
		check_rows(&parity, v, "parity_hex");
		check_matrix(f, k, m, v);
		erase_as_told(f, &data, &parity, v);
		for (unsigned lost = 0; lost <= min(k, m); lost += 1 + lost / 3)
			lose_and_repair(f, &data, &parity, lost, lost, &random);
	}
	shards_free(&parity);
	shards_free(&data);
}

static void vectors_hold_for_every_kernel(void **state)
{
	json_t *root = vectors_load("fec8.json");
	const json_t *cases = vectors_get(root, "cases");
	assert_int_equal(json_array_size(cases), 22);
	for (size_t i = 0; i < json_array_size(cases); i++)
		check_vector(json_array_get(cases, i));
	json_decref(root);
}

/* native-media 4.2: what its text states beside the file. */
static void check_example(unsigned k, unsigned m, size_t bytes, const char *data_hex, const char *parity_hex)
{
	size_t data_len, parity_len;
	uint8_t *packed = hex_bytes(data_hex, &data_len), *want = hex_bytes(parity_hex, &parity_len);
	assert_int_equal(data_len, k * bytes);
	assert_int_equal(parity_len, m * bytes);
	struct shards data = shards_new(k, bytes, true), parity = shards_new(m, bytes, true);
	shards_fill(&data, packed);
	for (unsigned i = 0; i < code_count; i++) {
		encode(cauchy[i], &data, &parity);
		uint8_t *got = shards_pack(&parity);
		assert_memory_equal(got, want, parity_len);
		free(got);
	}
	shards_free(&parity);
	shards_free(&data);
	free(want);
	free(packed);
}

static void examples_of_the_text_hold(void **state)
{
	check_example(4, 2, 1, "0a141e28", "8800");
	check_example(2, 1, 4, "01020304 05060708", "8d018e00");
	check_example(6, 3, 8,
		"0001020304050607 08090a0b0c0d0e0f 1011121314151617 18191a1b1c1d1e1f"
		"2021222324252627 28292a2b2c2d2e2f",
		"7f068df486ff740d ae9dc8fb62510437 c33f26da14e8f10d");
}

/* Invariant 13 of native-media 8.1. */
static void any_loss_up_to_m_is_repaired(void **state)
{
	uint64_t random = 0x7654321;
	for (unsigned round = 0; round < 600; round++) {
		unsigned k = 1 + random_next(&random) % 40, m = 1 + random_next(&random) % 16;
		struct pf_fec8 *f = cauchy[round % code_count];
		struct shards data = shards_new(k, 1 + random_next(&random) % 200, true);
		struct shards parity = shards_new(m, data.bytes, true);
		shards_random(&data, &random);
		encode(f, &data, &parity);
		for (unsigned lost = 0; lost <= min(k, m); lost++) {
			unsigned spare = (unsigned)(random_next(&random) % (m - lost + 1));
			lose_and_repair(f, &data, &parity, lost, lost + spare, &random);
		}
		shards_free(&parity);
		shards_free(&data);
	}
}

static void kernels_agree_on_random_shapes(void **state)
{
	uint64_t random = 0xfec8;
	for (unsigned round = 0; round < 150; round++) {
		unsigned k = 1 + random_next(&random) % 254, m = 1 + random_next(&random) % (255 - k);
		size_t bytes = 1 + random_next(&random) % 700;
		struct shards data = shards_new(k, bytes, round % 2),
			      parity = shards_new(m, bytes, round % 2);
		struct shards other = shards_new(m, bytes, true);
		shards_random(&data, &random);
		encode(cauchy[0], &data, &parity);
		for (unsigned i = 1; i < code_count; i++) {
			encode(cauchy[i], &data, &other);
			assert_shards_equal(&other, &parity);
		}
		for (unsigned i = 0; i < code_count; i++) {
			unsigned lost = 1 + (unsigned)(random_next(&random) % min(k, m));
			lose_and_repair(cauchy[i], &data, &parity, lost, lost, &random);
		}
		shards_free(&other);
		shards_free(&parity);
		shards_free(&data);
	}
}

static void every_audio_loss_is_repaired_or_refused(void **state)
{
	uint64_t random = 21;
	struct shards data = shards_new(4, 77, true), parity = shards_new(2, 77, true);
	shards_random(&data, &random);
	encode(audio[0], &data, &parity);
	for (unsigned pattern = 0; pattern < 64; pattern++) {
		bool gone[4], keep[2];
		for (unsigned i = 0; i < 4; i++)
			gone[i] = pattern >> i & 1;
		keep[0] = pattern >> 4 & 1;
		keep[1] = pattern >> 5 & 1;
		bool enough = gone[0] + gone[1] + gone[2] + gone[3] <= keep[0] + keep[1];
		struct pf_fec8 *f = audio[pattern % code_count];
		if (enough) {
			expect_repair(f, &data, &parity, gone, keep);
			continue;
		}
		struct shards copy;
		assert_int_equal(repair(f, &data, &parity, gone, keep, &copy), PF_ERR_LIMIT);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(copy.row[i][0], gone[i] ? 0xee : data.row[i][0]);
		shards_free(&copy);
	}
	shards_free(&parity);
	shards_free(&data);
}

/* Large blocks go through transforms: by definition they are a product with the matrix. */
static void parity_follows_the_matrix(void **state)
{
	static const unsigned shapes[][3] = {{200, 55, 1408}, {192, 48, 1040}, {222, 33, 130},
		{127, 128, 200}, {128, 127, 129}, {64, 64, 256}, {100, 7, 128}, {190, 64, 137},
		{120, 100, 300}, {250, 5, 64}, {16, 239, 192}, {3, 250, 128}};
	uint64_t random = 31;
	struct pf_gf8 field;
	pf_gf8_init(&field);
	for (unsigned s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		unsigned k = shapes[s][0], m = shapes[s][1];
		size_t bytes = shapes[s][2];
		struct shards data = shards_new(k, bytes, true), parity = shards_new(m, bytes, true);
		shards_random(&data, &random);
		for (unsigned i = 0; i < code_count; i++) {
			encode(cauchy[i], &data, &parity);
			for (unsigned check = 0; check < 400; check++) {
				unsigned j = (unsigned)(random_next(&random) % m);
				size_t at = check < 2 ? check * (bytes - 1) : random_next(&random) % bytes;
				uint8_t want = 0;
				for (unsigned c = 0; c < k; c++)
					want ^= pf_gf8_mul(
						&field, field.inverse[(m + c) ^ j], data.row[c][at]);
				assert_int_equal(parity.row[j][at], want);
			}
		}
		shards_free(&parity);
		shards_free(&data);
	}
}

static void impossible_shapes_are_refused(void **state)
{
	static const struct {
		unsigned k, m;
		size_t bytes;
	} bad[] = {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {255, 1, 1}, {1, 255, 1}, {128, 128, 1}, {256, 1, 1},
		{UINT32_MAX, 1, 1}, {1, UINT32_MAX, 1}, {UINT32_MAX, UINT32_MAX, 1}, {1u << 31, 1u << 31, 1}},
	  bad_audio[] = {{4, 1, 8}, {3, 2, 8}, {5, 2, 8}, {4, 3, 8}, {4, 2, 0}};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* Nothing may be read of the arrays. */
		assert_int_equal(pf_fec8_encode(cauchy[0], NULL, bad[i].k, NULL, bad[i].m, bad[i].bytes),
			PF_ERR_INVALID);
		assert_int_equal(
			pf_fec8_repair(cauchy[0], NULL, NULL, bad[i].k, NULL, bad[i].m, bad[i].bytes),
			PF_ERR_INVALID);
	}
	for (unsigned i = 0; i < sizeof(bad_audio) / sizeof(bad_audio[0]); i++) {
		unsigned k = bad_audio[i].k, m = bad_audio[i].m;
		assert_int_equal(
			pf_fec8_encode(audio[0], NULL, k, NULL, m, bad_audio[i].bytes), PF_ERR_INVALID);
		assert_int_equal(
			pf_fec8_repair(audio[0], NULL, NULL, k, NULL, m, bad_audio[i].bytes), PF_ERR_INVALID);
	}
}

static void running_out_of_memory_is_survived(void **state)
{
	uint64_t random = 12;
	struct shards data = shards_new(20, 70, true), parity = shards_new(5, 70, true), copy;
	bool gone[20] = {true, true, true}, keep[5] = {true, true, true, true, true};
	shards_random(&data, &random);
	encode(cauchy[0], &data, &parity);
	int left = 0;
	for (int rc = PF_ERR_NOMEM; rc == PF_ERR_NOMEM; left++) {
		struct pf_fec8 *f;
		assert_int_equal(pf_fec8_create(&f, PF_FEC8_CAUCHY, NULL), PF_OK);
		allocations_left = left;
		rc = repair(f, &data, &parity, gone, keep, &copy);
		allocations_left = -1;
		if (rc == PF_ERR_NOMEM) {
			assert_int_equal(copy.row[0][0], 0xee);
			shards_free(&copy);
			assert_int_equal(repair(f, &data, &parity, gone, keep, &copy), PF_OK);
		}
		assert_shards_equal(&copy, &data);
		shards_free(&copy);
		/* All is there now. */
		encode(f, &data, &parity);
		unsigned made = allocations_made;
		gone[3] = gone[4] = true;
		encode(f, &data, &parity);
		expect_repair(f, &data, &parity, gone, keep);
		assert_int_equal(allocations_made, made);
		gone[3] = gone[4] = false;
		pf_fec8_destroy(f);
	}
	assert_true(left > 1);
	shards_free(&parity);
	shards_free(&data);
}

/* A block that is less work as a product makes room for a smaller one that is less as a transform. */
static void a_shape_seen_before_needs_no_memory(void **state)
{
	uint64_t random = 11;
	struct pf_fec8 *f;
	assert_int_equal(pf_fec8_create(&f, PF_FEC8_CAUCHY, NULL), PF_OK);
	struct shards data = shards_new(96, 300, true), parity = shards_new(33, 300, true);
	struct shards part = {.count = 95, .bytes = 257, .row = data.row};
	struct shards part_parity = {.count = 33, .bytes = 257, .row = parity.row};
	shards_random(&data, &random);
	encode(f, &data, &parity);
	lose_and_repair(f, &data, &parity, 1, 1, &random);
	unsigned made = allocations_made;
	encode(f, &part, &part_parity);
	for (unsigned lost = 1; lost <= 33; lost += 8)
		lose_and_repair(f, &part, &part_parity, lost, lost, &random);
	assert_int_equal(allocations_made, made);
	shards_free(&parity);
	shards_free(&data);
	pf_fec8_destroy(f);
}

static void unknown_kernels_are_unsupported(void **state)
{
	struct pf_fec8 *f = NULL;
	assert_int_equal(pf_fec8_create(&f, PF_FEC8_CAUCHY, "abacus"), PF_ERR_UNSUPPORTED);
	assert_null(f);
	assert_int_equal(pf_fec8_create(&f, PF_FEC8_CAUCHY, NULL), PF_OK);
	assert_string_equal(pf_fec8_kernel(f), pf_fec8_kernel(cauchy[0]));
	pf_fec8_destroy(f);
	pf_fec8_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_match_the_vectors),
		cmocka_unit_test(vectors_hold_for_every_kernel),
		cmocka_unit_test(examples_of_the_text_hold),
		cmocka_unit_test(any_loss_up_to_m_is_repaired),
		cmocka_unit_test(kernels_agree_on_random_shapes),
		cmocka_unit_test(every_audio_loss_is_repaired_or_refused),
		cmocka_unit_test(parity_follows_the_matrix),
		cmocka_unit_test(impossible_shapes_are_refused),
		cmocka_unit_test(running_out_of_memory_is_survived),
		cmocka_unit_test(a_shape_seen_before_needs_no_memory),
		cmocka_unit_test(unknown_kernels_are_unsupported),
	};
	return cmocka_run_group_tests(tests, open_kernels, close_kernels);
}
