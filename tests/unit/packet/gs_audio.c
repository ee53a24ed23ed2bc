#include "packet/gs_audio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "fec/fec8.h"
#include "support/vectors.h"

static void test_encryption_vectors(void **state)
{
	json_t *all = vectors_load("gamestream-control.json");
	uint8_t key[16];
	assert_true(pf_hex_decode(key, 16, vectors_string(all, "rikey")));
	uint32_t key_id = (uint32_t)(int32_t)json_integer_value(vectors_get(all, "rikeyid"));
	size_t i;
	json_t *v;
	json_array_foreach(vectors_get(all, "audio_cbc"), i, v)
	{
		struct pf_gs_audio *a = NULL;
		struct pf_gs_audio_packets p;
		size_t len, wanted_len;
		uint8_t *opus = vectors_bytes(v, "opus", &len),
			*wanted = vectors_bytes(v, "ciphertext", &wanted_len);
		assert_int_equal(pf_gs_audio_create(&a, key, key_id, 5), PF_OK);
		for (uint64_t seq = 0; seq <= vectors_number(v, "seq"); seq++)
			assert_int_equal(pf_gs_audio_next(a, opus, len, &p), PF_OK);
		assert_int_equal(p.len[0], 12 + wanted_len);
		assert_memory_equal(p.packet[0] + 12, wanted, wanted_len);
		pf_gs_audio_destroy(a);
		free(opus);
		free(wanted);
	}
	json_decref(all);
}

/* Any two of six may be lost. */
static void test_parity(void **state)
{
	struct pf_gs_audio *a = NULL;
	struct pf_gs_audio_packets p;
	struct pf_fec8 *fec = NULL;
	uint8_t sent[4][100], opus[100], parity[2][100];
	uint64_t random = 5;
	assert_int_equal(pf_gs_audio_create(&a, NULL, 0, 10), PF_OK);
	assert_int_equal(pf_fec8_create(&fec, PF_FEC8_AUDIO, NULL), PF_OK);
	for (unsigned n = 0; n < 70000; n++) {
		random_fill(&random, opus, sizeof(opus));
		assert_int_equal(pf_gs_audio_next(a, opus, sizeof(opus), &p), PF_OK);
		assert_int_equal(p.count, n % 4 == 3 ? 3 : 1);
		const uint8_t *d = p.packet[0];
		assert_true(d[0] == 0x80 && d[1] == 97 && (unsigned)(d[2] << 8 | d[3]) == (n & 0xffff));
		assert_int_equal((uint32_t)d[4] << 24 | d[5] << 16 | d[6] << 8 | d[7], n * 10);
		memcpy(sent[n % 4], d + 12, sizeof(opus));
		if (p.count == 1)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			const uint8_t *f = p.packet[1 + i];
			assert_true(p.len[1 + i] == 124 && f[1] == 127 && f[12] == i && f[13] == 97);
			assert_int_equal(f[14] << 8 | f[15], (n - 3) & 0xffff);
			assert_int_equal(
				(uint32_t)f[16] << 24 | f[17] << 16 | f[18] << 8 | f[19], (n - 3) * 10);
			memcpy(parity[i], f + 24, 100);
		}
		uint8_t copy[4][100], *data[4] = {copy[0], copy[1], copy[2], copy[3]};
		bool have[4] = {n % 8 == 3, true, n % 8 != 3, n % 8 == 3};
		const uint8_t *par[2] = {parity[0], parity[1]};
		memcpy(copy, sent, sizeof(copy));
		for (unsigned i = 0; i < 4; i++) {
			if (!have[i])
				memset(copy[i], 0, 100);
		}
		assert_int_equal(pf_fec8_repair(fec, data, have, 4, par, 2, 100), PF_OK);
		assert_memory_equal(copy, sent, sizeof(sent));
	}
	pf_fec8_destroy(fec);
	pf_gs_audio_destroy(a);
}

static void test_lengths(void **state)
{
	struct pf_gs_audio *a = NULL;
	struct pf_gs_audio_packets p;
	static uint8_t opus[2000];
	assert_int_equal(pf_gs_audio_create(&a, NULL, 0, 5), PF_OK);
	assert_int_equal(pf_gs_audio_next(a, opus, 0, &p), PF_ERR_INVALID);
	assert_int_equal(pf_gs_audio_next(a, opus, 1409, &p), PF_ERR_INVALID);
	assert_int_equal(pf_gs_audio_next(a, opus, 80, &p), PF_OK);
	assert_int_equal(pf_gs_audio_next(a, opus, 81, &p), PF_ERR_INVALID);
	assert_int_equal(pf_gs_audio_next(a, opus, 80, &p), PF_OK);
	pf_gs_audio_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encryption_vectors),
		cmocka_unit_test(test_parity),
		cmocka_unit_test(test_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
