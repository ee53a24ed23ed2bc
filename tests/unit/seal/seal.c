#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "seal/backend.h"
#include "support/vectors.h"

static const uint8_t salt[4] = {0x83, 1, 4, 1};
static const uint8_t key[32] = {7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

static struct pf_seal *make(const struct pf_seal_backend *b, enum pf_direction direction)
{
	struct pf_seal *s = NULL;
	assert_int_equal(pf_seal_create_with(&s, b, key, salt, direction), PF_OK);
	return s;
}

static bool cipher_is(const json_t *c, const struct pf_seal_backend *b)
{
	const char *name = b->cipher == PF_CIPHER_AES128_GCM ? "aes-128-gcm" : "chacha20-poly1305";
	return strcmp(vectors_string(c, "cipher"), name) == 0;
}

static void check_vector(const json_t *c, const struct pf_seal_backend *b)
{
	size_t len, salt_len, plain_len, sealed_len;
	uint8_t *vector_key = vectors_bytes(c, "key", &len);
	uint8_t *vector_salt = vectors_bytes(c, "salt", &salt_len);
	uint8_t *plain = vectors_bytes(c, "plaintext", &plain_len);
	uint8_t *sealed = vectors_bytes(c, "datagram", &sealed_len);
	uint64_t seq = vectors_number(c, "seq");
	enum pf_direction direction =
		strcmp(vectors_string(c, "sender"), "host") == 0 ? PF_HOST_TO_CLIENT : PF_CLIENT_TO_HOST;
	assert_int_equal(salt_len, PF_SEAL_SALT_BYTES);
	assert_int_equal(sealed_len, plain_len + PF_SEAL_OVERHEAD);

	struct pf_seal *s = NULL;
	assert_int_equal(pf_seal_create_with(&s, b, vector_key, vector_salt, direction), PF_OK);
	uint8_t *work = malloc(sealed_len);
	memset(work, 0xee, sealed_len);
	memcpy(work + PF_SEAL_SEQ_BYTES, plain, plain_len);
	pf_seal_datagram(s, seq, work, plain_len);
	assert_memory_equal(work, sealed, sealed_len);

	uint64_t got_seq = 0;
	size_t got_len = 0;
	assert_int_equal(pf_seal_open(s, work, sealed_len, &got_seq, &got_len), PF_OK);
	assert_true(got_seq == seq);
	assert_int_equal(got_len, plain_len);
	assert_memory_equal(work + PF_SEAL_SEQ_BYTES, plain, plain_len);

	pf_seal_destroy(s);
	free(work);
	free(vector_key);
	free(vector_salt);
	free(plain);
	free(sealed);
}

static void every_backend_gives_the_vectors(void **state)
{
	json_t *root = vectors_load("seal.json");
	json_t *c;
	size_t i, run = 0;
	assert_int_equal(json_array_size(vectors_get(root, "cases")), 86);
	json_array_foreach(vectors_get(root, "cases"), i, c)
	{
		for (size_t b = 0; pf_seal_backends[b]; b++) {
			if (!cipher_is(c, pf_seal_backends[b]))
				continue;
			check_vector(c, pf_seal_backends[b]);
			run++;
		}
	}
	assert_true(run >= json_array_size(vectors_get(root, "cases")));
	json_decref(root);
}

/* Opens a sealed datagram of 32 bytes after flipping one bit of it. */
static int open_flipped(struct pf_seal *from, struct pf_seal *to, int bit)
{
	uint8_t d[32 + PF_SEAL_OVERHEAD] = {0};
	uint64_t seq;
	size_t len;
	pf_seal_datagram(from, 5, d, 32);
	if (bit >= 0)
		d[bit / 8] ^= (uint8_t)(1 << bit % 8);
	return pf_seal_open(to, d, sizeof(d), &seq, &len);
}

static void any_flipped_bit_is_refused(void **state)
{
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		struct pf_seal *s = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		assert_int_equal(open_flipped(s, s, -1), PF_OK);
		for (int bit = 0; bit < 8 * (32 + PF_SEAL_OVERHEAD); bit++)
			assert_int_equal(open_flipped(s, s, bit), PF_ERR_AUTH);
		pf_seal_destroy(s);
	}
}

static void directions_and_ciphers_do_not_mix(void **state)
{
	for (size_t a = 0; pf_seal_backends[a]; a++) {
		for (size_t b = 0; pf_seal_backends[b]; b++) {
			struct pf_seal *from = make(pf_seal_backends[a], PF_HOST_TO_CLIENT);
			struct pf_seal *same = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
			struct pf_seal *other = make(pf_seal_backends[b], PF_CLIENT_TO_HOST);
			bool one_cipher = pf_seal_backends[a]->cipher == pf_seal_backends[b]->cipher;
			assert_int_equal(open_flipped(from, same, -1), one_cipher ? PF_OK : PF_ERR_AUTH);
			assert_int_equal(open_flipped(from, other, -1), PF_ERR_AUTH);
			pf_seal_destroy(from);
			pf_seal_destroy(same);
			pf_seal_destroy(other);
		}
	}
}

/* All lengths of a packet, so that no tail of a vector loop goes unseen; a cut datagram never opens. */
static void every_length_opens_and_every_cut_is_refused(void **state)
{
	uint64_t random = 99;
	uint8_t plain[300], d[300 + PF_SEAL_OVERHEAD];
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		struct pf_seal *s = make(pf_seal_backends[b], PF_CLIENT_TO_HOST);
		for (size_t n = 0; n <= sizeof(plain); n++) {
			uint64_t seq = 0;
			size_t len = 0;
			random_fill(&random, plain, n);
			memcpy(d + PF_SEAL_SEQ_BYTES, plain, n);
			pf_seal_datagram(s, n, d, n);
			int cut = pf_seal_open(s, d, n + PF_SEAL_OVERHEAD - 1, &seq, &len);
			assert_int_equal(cut, n == 0 ? PF_ERR_TRUNCATED : PF_ERR_AUTH);
			memcpy(d + PF_SEAL_SEQ_BYTES, plain, n);
			pf_seal_datagram(s, n, d, n);
			assert_int_equal(pf_seal_open(s, d, n + PF_SEAL_OVERHEAD, &seq, &len), PF_OK);
			assert_int_equal(len, n);
			assert_true(seq == n);
			assert_memory_equal(d + PF_SEAL_SEQ_BYTES, plain, n);
		}
		pf_seal_destroy(s);
	}
}

/* Out of place the bytes are those of the work in place, and the source stays as it is. */
static void out_of_place_is_the_same(void **state)
{
	uint64_t random = 17;
	uint8_t plain[300], d[300 + PF_SEAL_OVERHEAD], into[sizeof(d)], sent[sizeof(d)];
	uint8_t source[300], room[1 + 300 + 1];
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		struct pf_seal *s = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		for (size_t n = 0; n <= sizeof(plain); n++) {
			uint64_t seq = 0;
			size_t len = 0;
			random_fill(&random, plain, n);
			memcpy(source, plain, n);
			memcpy(d + PF_SEAL_SEQ_BYTES, plain, n);
			pf_seal_datagram(s, n, d, n);
			pf_seal_into(s, n, source, into, n);
			assert_memory_equal(into, d, n + PF_SEAL_OVERHEAD);
			assert_memory_equal(source, plain, n);

			memset(room, 0x5c, sizeof(room));
			memcpy(sent, into, n + PF_SEAL_OVERHEAD);
			assert_int_equal(
				pf_seal_open_into(s, into, n + PF_SEAL_OVERHEAD, room + 1, &seq, &len),
				PF_OK);
			assert_memory_equal(into, sent, n + PF_SEAL_OVERHEAD);
			assert_int_equal(len, n);
			assert_true(seq == n);
			assert_memory_equal(room + 1, plain, n);

			into[n + PF_SEAL_SEQ_BYTES] ^= 1;
			assert_int_equal(
				pf_seal_open_into(s, into, n + PF_SEAL_OVERHEAD, room + 1, &seq, &len),
				PF_ERR_AUTH);
			assert_int_equal(room[0], 0x5c); /* nothing beside it is touched, whatever comes */
			assert_int_equal(room[n + 1], 0x5c);
		}
		pf_seal_destroy(s);
	}
}

/* A context counts on the next number, but any may come: each must seal as in a context that never saw another. */
static void numbers_may_jump(void **state)
{
	static const uint64_t seqs[] = {0, 1, 2, 2, 1, 7, 8, 6, 5, 5, 4, UINT32_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 32 | 1, UINT64_MAX - 1, UINT64_MAX, 0, 1, UINT64_MAX, 3};
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		struct pf_seal *s = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		struct pf_seal *opens = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
			uint8_t got[20 + PF_SEAL_OVERHEAD] = {0}, want[sizeof(got)] = {0};
			struct pf_seal *fresh = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
			uint64_t seq = 99;
			size_t len;
			pf_seal_datagram(s, seqs[i], got, 20);
			pf_seal_datagram(fresh, seqs[i], want, 20);
			assert_memory_equal(got, want, sizeof(got));
			assert_int_equal(pf_seal_open(opens, got, sizeof(got), &seq, &len), PF_OK);
			assert_true(seq == seqs[i]);
			pf_seal_destroy(fresh);
		}
		pf_seal_destroy(s);
		pf_seal_destroy(opens);
	}
}

static void batches_are_numbered_in_order(void **state)
{
	uint8_t batch[3][20 + PF_SEAL_OVERHEAD] = {0}, one[20 + PF_SEAL_OVERHEAD];
	uint8_t *datagram[] = {batch[2], batch[0], batch[1]};
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		struct pf_seal *s = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		memset(batch, 0, sizeof(batch));
		pf_seal_batch(s, 40, datagram, 3, 20);
		for (unsigned i = 0; i < 3; i++) {
			memset(one, 0, sizeof(one));
			pf_seal_datagram(s, 40 + i, one, 20);
			assert_memory_equal(datagram[i], one, sizeof(one));
		}
		pf_seal_destroy(s);
	}
}

/* The tag stands before the text here, which one library does in another way than the rest. */
static void libraries_agree_on_gamestream(void **state)
{
	enum { TEXT = 100, ALL = PF_SEAL_GAMESTREAM_HEAD + TEXT };
	uint64_t random = 5;
	uint8_t plain[TEXT], first[ALL], d[ALL];
	random_fill(&random, plain, TEXT);
	size_t run = 0;
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		if (pf_seal_backends[b]->cipher != PF_CIPHER_AES128_GCM)
			continue;
		struct pf_seal *s = make(pf_seal_backends[b], PF_HOST_TO_CLIENT);
		memset(d, 0, sizeof(d));
		memcpy(d + PF_SEAL_GAMESTREAM_HEAD, plain, TEXT);
		pf_seal_gamestream(s, 0x1122334455667788, 0x99aabbcc, d, TEXT);
		assert_memory_equal(d, "\x88\x77\x66\x55\x44\x33\x22\x11\0\0\0V\xcc\xbb\xaa\x99", 16);
		assert_memory_not_equal(d + PF_SEAL_GAMESTREAM_HEAD, plain, TEXT);
		if (run++ == 0)
			memcpy(first, d, ALL);
		assert_memory_equal(d, first, ALL);
		pf_seal_destroy(s);
	}
	assert_true(run > 0);
}

static void bad_parameters_are_refused(void **state)
{
	static const uint8_t zero[32];
	struct pf_seal *s = NULL;
	assert_int_equal(
		pf_seal_create(&s, PF_CIPHER_AES128_GCM, zero, salt, PF_HOST_TO_CLIENT), PF_ERR_INVALID);
	assert_int_equal(pf_seal_create(&s, PF_CIPHER_CHACHA20_POLY1305, zero, salt, PF_HOST_TO_CLIENT),
		PF_ERR_INVALID);
	assert_int_equal(pf_seal_create(&s, (enum pf_cipher)7, key, salt, PF_HOST_TO_CLIENT), PF_ERR_INVALID);
	assert_null(s);
	pf_seal_destroy(NULL);

	uint8_t noise[PF_SEAL_OVERHEAD] = {0};
	uint64_t seq;
	size_t len;
	assert_int_equal(pf_seal_create(&s, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	assert_int_equal(pf_seal_open(s, noise, sizeof(noise) - 1, &seq, &len), PF_ERR_TRUNCATED);
	assert_int_equal(pf_seal_open(s, noise, 0, &seq, &len), PF_ERR_TRUNCATED);
	assert_int_equal(pf_seal_open(s, noise, sizeof(noise), &seq, &len), PF_ERR_AUTH);
	pf_seal_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_backend_gives_the_vectors),
		cmocka_unit_test(any_flipped_bit_is_refused),
		cmocka_unit_test(directions_and_ciphers_do_not_mix),
		cmocka_unit_test(every_length_opens_and_every_cut_is_refused),
		cmocka_unit_test(out_of_place_is_the_same),
		cmocka_unit_test(numbers_may_jump),
		cmocka_unit_test(libraries_agree_on_gamestream),
		cmocka_unit_test(batches_are_numbered_in_order),
		cmocka_unit_test(bad_parameters_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
