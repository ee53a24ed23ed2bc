#include "fec/fec16.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "allocations.h"
#include "base/error.h"
#include "fec/fec16_code.h"
#include "fec/tier.h"
#include "shards.h"
#include "support/vectors.h"

#define HUGE_BLOCK 2000000 /* bytes; blocks above are repaired by the best kernel only */

/* Every kernel that this CPU runs, best first. */
static struct pf_fec16 *codes[8];
static unsigned code_count;

static int open_kernels(void **state)
{
	const char *name;
	for (unsigned i = 0; (name = pf_fec_tier_name(i)); i++) {
		int rc = pf_fec16_create(&codes[code_count], name);
		if (rc == PF_ERR_UNSUPPORTED)
			continue;
		assert_int_equal(rc, PF_OK);
		assert_string_equal(pf_fec16_kernel(codes[code_count]), name);
		code_count++;
	}
	assert_true(code_count > 0);
	return 0;
}

static int close_kernels(void **state)
{
	for (unsigned i = 0; i < code_count; i++)
		pf_fec16_destroy(codes[i]);
	return 0;
}

static void encode(struct pf_fec16 *f, const struct shards *data, const struct shards *parity)
{
	assert_int_equal(pf_fec16_encode(f, (const uint8_t *const *)data->row, data->count, parity->row,
				 parity->count, data->bytes),
		PF_OK);
}

/* Loses `lost` data shards at random, keeps `kept` parity shards at random, and repairs. */
static void lose_and_repair(struct pf_fec16 *f, const struct shards *data, const struct shards *parity,
	unsigned lost, unsigned kept, uint64_t *random)
{
	unsigned k = data->count, m = parity->count;
	bool *gone = calloc(k, sizeof(bool)), *have = calloc(k, sizeof(bool)),
	     *keep = calloc(m, sizeof(bool));
	const uint8_t **arrived = calloc(m, sizeof(*arrived));
	struct shards copy = shards_new(k, data->bytes, true);
	random_flags(random, gone, k, lost);
	random_flags(random, keep, m, kept);
	for (unsigned i = 0; i < k; i++) {
		have[i] = !gone[i];
		memcpy(copy.row[i], data->row[i], data->bytes);
		if (gone[i])
			memset(copy.row[i], 0xee, data->bytes);
	}
	for (unsigned j = 0; j < m; j++)
		arrived[j] = keep[j] ? parity->row[j] : NULL;

	int rc = pf_fec16_repair(f, copy.row, have, k, arrived, m, data->bytes);
	if (kept >= lost) {
		assert_int_equal(rc, PF_OK);
		assert_shards_equal(&copy, data);
	} else {
		assert_int_equal(rc, PF_ERR_LIMIT);
		for (unsigned i = 0; i < k; i++)
			assert_int_equal(copy.row[i][0], gone[i] ? 0xee : data->row[i][0]);
	}
	shards_free(&copy);
	free(arrived);
	free(keep);
	free(have);
	free(gone);
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* What the file says of single parity shards: all of them in a list, or some by their number. */
static void check_single_shards(const struct shards *parity, const json_t *v)
{
	const json_t *all = json_object_get(v, "recovery_shard_sha256");
	json_t *some = json_object_get(v, "recovery_shard_sha256_some"), *hash;
	const char *index;
	size_t told = 0;
	assert_int_equal(json_array_size(all), all ? parity->count : 0);
	for (; told < json_array_size(all); told++)
		assert_sha256(parity->row[told], parity->bytes, json_string_value(json_array_get(all, told)));
	json_object_foreach(some, index, hash)
	{
		size_t j = strtoul(index, NULL, 10);
		assert_in_range(j, 0, parity->count - 1);
		assert_sha256(parity->row[j], parity->bytes, json_string_value(hash));
		told++;
	}
	assert_true(told > 0);
}

static void check_vector(const json_t *v)
{
	unsigned k = (unsigned)vectors_number(v, "original_count"),
		 m = (unsigned)vectors_number(v, "recovery_count");
	size_t bytes = vectors_number(v, "shard_bytes");
	uint64_t random = vectors_number(v, "seed");
	uint8_t *packed = malloc(k * bytes);
	assert_non_null(packed);
	random_fill(&random, packed, k * bytes);
	assert_sha256(packed, k * bytes, vectors_string(v, "data_sha256"));
	if (json_object_get(v, "data_hex")) {
		size_t len;
		uint8_t *want = vectors_bytes(v, "data_hex", &len);
		assert_int_equal(len, k * bytes);
		assert_memory_equal(packed, want, len);
		free(want);
	}
	struct pf_fec16_shape shape;
	assert_int_equal(pf_fec16_shape_init(&shape, k, m, bytes), PF_OK);
	assert_string_equal(shape.data_high ? "high" : "low", vectors_string(v, "rate"));
	assert_int_equal(1u << shape.level, vectors_number(v, "chunk"));
	bool huge = (k + m) * bytes > HUGE_BLOCK;
	struct shards data = shards_new(k, bytes, true), parity = shards_new(m, bytes, true);
	shards_fill(&data, packed);

	for (unsigned i = 0; i < code_count; i++) {
		encode(codes[i], &data, &parity);
		uint8_t *got = shards_pack(&parity);
		assert_sha256(got, m * bytes, vectors_string(v, "recovery_sha256"));
		check_single_shards(&parity, v);
		const json_t *hex = json_object_get(v, "recovery_hex");
		for (size_t j = 0; hex && j < m; j++) {
			size_t len;
			uint8_t *want = hex_bytes(json_string_value(json_array_get(hex, j)), &len);
			assert_memory_equal(parity.row[j], want, bytes);
			free(want);
		}
		free(got);
		if (huge && i > 0)
			continue;
		unsigned most = min(k, m);
		lose_and_repair(codes[i], &data, &parity, most, most, &random);
		lose_and_repair(codes[i], &data, &parity, 1, min(2, m), &random);
		if (!huge)
			lose_and_repair(codes[i], &data, &parity, most - most / 3, most, &random);
	}
	shards_free(&data);
	shards_free(&parity);
	free(packed);
}

static void vectors_hold_for_every_kernel(void **state)
{
	json_t *root = vectors_load("fec16.json");
	json_t *cases = vectors_get(root, "cases");
	size_t count = json_array_size(cases);
	assert_int_equal(count, 107);
	for (size_t i = 0; i < count; i++)
		check_vector(json_array_get(cases, i));
	json_decref(root);
}

/* Invariant 13 of native-media 8.1, over both rates. */
static void any_loss_up_to_m_is_repaired(void **state)
{
	uint64_t random = 0x1234567;
	for (unsigned round = 0; round < 600; round++) {
		unsigned k = 1 + random_next(&random) % 40, m = 1 + random_next(&random) % 16;
		size_t bytes = 2 + 2 * (random_next(&random) % 63);
		struct pf_fec16 *f = codes[round % code_count];
		struct shards data = shards_new(k, bytes, true), parity = shards_new(m, bytes, true);
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

/* Larger shapes and shards, where either step of the repair takes either way. */
static void kernels_agree_on_random_shapes(void **state)
{
	uint64_t random = 0xfec16;
	for (unsigned round = 0; round < 120; round++) {
		unsigned k = 1 + random_next(&random) % 300, m = 1 + random_next(&random) % 300;
		size_t bytes = 2 + 2 * (random_next(&random) % 700);
		struct shards data = shards_new(k, bytes, round % 2),
			      parity = shards_new(m, bytes, round % 2);
		struct shards other = shards_new(m, bytes, true);
		shards_random(&data, &random);
		encode(codes[0], &data, &parity);
		for (unsigned i = 1; i < code_count; i++) {
			encode(codes[i], &data, &other);
			assert_shards_equal(&other, &parity);
		}
		for (unsigned i = 0; i < code_count; i++) {
			unsigned lost = 1 + (unsigned)(random_next(&random) % min(k, m));
			lose_and_repair(codes[i], &data, &parity, lost, lost, &random);
		}
		shards_free(&other);
		shards_free(&parity);
		shards_free(&data);
	}
}

/* The whole-block shapes around each change of the best way; the loss grows through all of them. */
static void every_number_of_losses_is_repaired(void **state)
{
	static const unsigned shapes[][2] = {{200, 40}, {50, 10}, {40, 200}, {64, 64}, {65, 64}, {20, 33}};
	uint64_t random = 99;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		unsigned k = shapes[i][0], m = shapes[i][1];
		struct shards data = shards_new(k, 192, false), parity = shards_new(m, 192, false);
		shards_random(&data, &random);
		encode(codes[0], &data, &parity);
		for (unsigned lost = 0; lost <= min(k, m); lost++)
			lose_and_repair(codes[lost % code_count], &data, &parity, lost, lost, &random);
		shards_free(&parity);
		shards_free(&data);
	}
}

static void too_few_shards_are_a_limit(void **state)
{
	uint64_t random = 5;
	struct shards data = shards_new(20, 30, true), parity = shards_new(4, 30, true);
	shards_random(&data, &random);
	encode(codes[0], &data, &parity);
	lose_and_repair(codes[0], &data, &parity, 5, 4, &random);
	lose_and_repair(codes[0], &data, &parity, 3, 2, &random);
	lose_and_repair(codes[0], &data, &parity, 1, 0, &random);
	lose_and_repair(codes[0], &data, &parity, 20, 4, &random);
	shards_free(&parity);
	shards_free(&data);
}

static void impossible_shapes_are_refused(void **state)
{
	static const struct {
		unsigned k, m;
		size_t bytes;
	} bad[] = {
		{0, 1, 2},
		{1, 0, 2},
		{0, 0, 2},
		{1, 1, 0},
		{1, 1, 1},
		{4, 2, 1407},
		{65536, 1, 2},
		{1, 65536, 2},
		{65535, 2, 2},
		{2, 65535, 2},
		{32769, 32769, 2},
		{61441, 4096, 2},
		{61440, 4097, 2},
		{UINT32_MAX, 1, 2},
		{1, UINT32_MAX, 2},
		{UINT32_MAX, UINT32_MAX, 2},
		{1u << 31, 1u << 31, 2},
	};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* Nothing may be read of the arrays. */
		assert_int_equal(pf_fec16_encode(codes[0], NULL, bad[i].k, NULL, bad[i].m, bad[i].bytes),
			PF_ERR_INVALID);
		assert_int_equal(
			pf_fec16_repair(codes[0], NULL, NULL, bad[i].k, NULL, bad[i].m, bad[i].bytes),
			PF_ERR_INVALID);
	}
}

static uint64_t power_of_two_from(uint64_t n)
{
	uint64_t p = 1;
	while (p < n)
		p *= 2;
	return p;
}

static void shapes_follow_the_rule(void **state)
{
	uint64_t random = 77;
	for (unsigned round = 0; round < 200000; round++) {
		/* All magnitudes, and often powers of two and their neighbours. */
		uint32_t k = (uint32_t)random_next(&random) >> random_next(&random) % 32;
		uint32_t m = (uint32_t)random_next(&random) >> random_next(&random) % 32;
		if (round % 2)
			k = (1u << random_next(&random) % 18) + (uint32_t)(random_next(&random) % 3) - 1;
		if (round % 3)
			m = (1u << random_next(&random) % 18) + (uint32_t)(random_next(&random) % 3) - 1;
		size_t bytes = random_next(&random) % 5;
		uint64_t kp = power_of_two_from(k), mp = power_of_two_from(m), low = kp < mp ? kp : mp;
		bool valid = k > 0 && m > 0 && low + (k > m ? k : m) <= 65536 && bytes > 0 && bytes % 2 == 0;
		struct pf_fec16_shape shape;
		assert_int_equal(pf_fec16_shape_init(&shape, k, m, bytes), valid ? PF_OK : PF_ERR_INVALID);
		if (!valid)
			continue;
		assert_int_equal(1u << shape.level, low);
		assert_int_equal(shape.data_high, kp > mp || (kp == mp && k <= m));
	}
}

static void a_shape_seen_before_needs_no_memory(void **state)
{
	uint64_t random = 11;
	struct pf_fec16 *f;
	assert_int_equal(pf_fec16_create(&f, NULL), PF_OK);
	/* Whole blocks, then a part with a tail. */
	struct shards data = shards_new(120, 192, true), parity = shards_new(30, 192, true);
	struct shards part = {.count = 100, .bytes = 130, .row = data.row};
	struct shards part_parity = {.count = 20, .bytes = 130, .row = parity.row};
	shards_random(&data, &random);
	encode(f, &data, &parity);
	lose_and_repair(f, &data, &parity, 1, 30, &random);
	unsigned made = allocations_made;
	for (unsigned round = 0; round < 20; round++) {
		encode(f, &data, &parity);
		lose_and_repair(f, &data, &parity, 1 + round, 30, &random);
		encode(f, &part, &part_parity);
		lose_and_repair(f, &part, &part_parity, 1 + round, 20, &random);
	}
	assert_int_equal(allocations_made, made);
	shards_free(&parity);
	shards_free(&data);
	pf_fec16_destroy(f);
}

/* Whichever allocation fails: a typed error, no output touched, and the next try starts cleanly. */
static void running_out_of_memory_is_survived(void **state)
{
	uint64_t random = 12;
	struct shards data = shards_new(60, 70, true), parity = shards_new(20, 70, true);
	struct shards copy = shards_new(60, 70, true);
	bool have[60] = {false};
	shards_random(&data, &random);
	encode(codes[0], &data, &parity);
	for (unsigned i = 0; i < 60; i++) {
		have[i] = i % 3 != 0;
		memcpy(copy.row[i], data.row[i], 70);
	}
	int refused = 0, rc = PF_ERR_NOMEM;
	for (int left = 0; rc == PF_ERR_NOMEM; left++, refused++) {
		struct pf_fec16 *f;
		assert_int_equal(pf_fec16_create(&f, NULL), PF_OK);
		for (unsigned i = 0; i < 60; i += 3)
			memset(copy.row[i], 0xee, 70);
		allocations_left = left;
		rc = pf_fec16_repair(f, copy.row, have, 60, (const uint8_t *const *)parity.row, 20, 70);
		allocations_left = -1;
		if (rc == PF_ERR_NOMEM) {
			assert_int_equal(copy.row[0][0], 0xee);
			assert_int_equal(pf_fec16_repair(f, copy.row, have, 60,
						 (const uint8_t *const *)parity.row, 20, 70),
				PF_OK);
		}
		assert_shards_equal(&copy, &data);
		pf_fec16_destroy(f);
	}
	assert_int_equal(rc, PF_OK);
	assert_true(refused > 5);
	shards_free(&copy);
	shards_free(&parity);
	shards_free(&data);
}

static void unknown_kernels_are_unsupported(void **state)
{
	struct pf_fec16 *f = NULL;
	assert_int_equal(pf_fec16_create(&f, "abacus"), PF_ERR_UNSUPPORTED);
	assert_null(f);
	assert_int_equal(pf_fec16_create(&f, NULL), PF_OK);
	assert_string_equal(pf_fec16_kernel(f), pf_fec16_kernel(codes[0]));
	pf_fec16_destroy(f);
	pf_fec16_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold_for_every_kernel),
		cmocka_unit_test(any_loss_up_to_m_is_repaired),
		cmocka_unit_test(kernels_agree_on_random_shapes),
		cmocka_unit_test(every_number_of_losses_is_repaired),
		cmocka_unit_test(too_few_shards_are_a_limit),
		cmocka_unit_test(impossible_shapes_are_refused),
		cmocka_unit_test(shapes_follow_the_rule),
		cmocka_unit_test(a_shape_seen_before_needs_no_memory),
		cmocka_unit_test(running_out_of_memory_is_survived),
		cmocka_unit_test(unknown_kernels_are_unsupported),
	};
	return cmocka_run_group_tests(tests, open_kernels, close_kernels);
}
