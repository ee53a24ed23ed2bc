/* The key exchange against its published vectors, and what it refuses. */
#include "pairing/spake2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "support/vectors.h"

/* A member of a vector; freed with the test program. */
static struct pf_slice member(const json_t *row, const char *key)
{
	size_t len;
	uint8_t *data = vectors_bytes(row, key, &len);
	return (struct pf_slice){data, len};
}

static void drop(struct pf_slice s)
{
	free((void *)s.data);
}

static void assert_bytes(const json_t *row, const char *key, const uint8_t *got, size_t len)
{
	struct pf_slice wanted = member(row, key);
	assert_int_equal(wanted.len, len);
	assert_memory_equal(got, wanted.data, len);
	drop(wanted);
}

static struct pf_spake2 start(const json_t *row, enum pf_spake2_role role)
{
	struct pf_spake2 s;
	struct pf_slice password = member(row, "password");
	struct pf_slice scalar = member(row, role == PF_SPAKE2_A ? "x" : "y");
	assert_int_equal(scalar.len, PF_SPAKE2_SCALAR_BYTES);
	assert_int_equal(pf_spake2_start(&s, role, password, scalar.data), PF_OK);
	assert_bytes(row, "w", s.password_scalar, sizeof(s.password_scalar));
	assert_bytes(row, role == PF_SPAKE2_A ? "a" : "b", s.message, sizeof(s.message));
	drop(password);
	drop(scalar);
	return s;
}

static int finish(
	struct pf_spake2 *s, const json_t *row, struct pf_slice peer, uint8_t key[PF_SPAKE2_KEY_BYTES])
{
	struct pf_slice id_a = member(row, "id_a"), id_b = member(row, "id_b");
	int rc = pf_spake2_finish(s, peer, id_a, id_b, key);
	drop(id_a);
	drop(id_b);
	return rc;
}

static void both_ends_of_each_vector(void **state)
{
	json_t *file = vectors_load("pairing.json");
	size_t i;
	json_t *row;
	json_array_foreach(vectors_get(file, "spake2"), i, row)
	{
		struct pf_spake2 a = start(row, PF_SPAKE2_A), b = start(row, PF_SPAKE2_B);
		uint8_t key[PF_SPAKE2_KEY_BYTES];
		struct pf_slice peer = member(row, "b");
		assert_int_equal(finish(&a, row, peer, key), PF_OK);
		assert_bytes(row, "key", key, sizeof(key));
		drop(peer);
		peer = member(row, "a");
		assert_int_equal(finish(&b, row, peer, key), PF_OK);
		assert_bytes(row, "key", key, sizeof(key));
		drop(peer);
		/* Nothing secret stays behind. */
		assert_true(sodium_is_zero((const unsigned char *)&a, sizeof(a)));
		assert_true(sodium_is_zero((const unsigned char *)&b, sizeof(b)));
	}
	json_decref(file);
}

static void malformed_messages_are_refused(void **state)
{
	json_t *file = vectors_load("pairing.json");
	const json_t *pin = json_array_get(vectors_get(file, "spake2"), 1);
	size_t i;
	json_t *row;
	json_array_foreach(vectors_get(file, "malformed"), i, row)
	{
		struct pf_spake2 b = start(pin, PF_SPAKE2_B);
		struct pf_slice peer = member(row, "message");
		uint8_t key[PF_SPAKE2_KEY_BYTES] = {0};
		if (finish(&b, pin, peer, key) != PF_ERR_INVALID)
			fail_msg("%s was taken", vectors_string(row, "name"));
		assert_true(sodium_is_zero(key, sizeof(key)));
		assert_true(sodium_is_zero((const unsigned char *)&b, sizeof(b)));
		drop(peer);
	}
	json_decref(file);
}

/* A point of the curve outside the prime-order group: a valid message plus a point of order 8. */
static void mixed_order_points_are_refused(void **state)
{
	static const uint8_t order_8[32] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38,
		0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
	json_t *file = vectors_load("pairing.json");
	const json_t *pin = json_array_get(vectors_get(file, "spake2"), 1);
	struct pf_slice peer = member(pin, "a");
	uint8_t mixed[PF_SPAKE2_MESSAGE_BYTES] = {PF_SPAKE2_A}, key[PF_SPAKE2_KEY_BYTES];
	assert_int_equal(crypto_core_ed25519_add(mixed + 1, peer.data + 1, order_8), 0);
	struct pf_spake2 b = start(pin, PF_SPAKE2_B);
	assert_int_equal(finish(&b, pin, (struct pf_slice){mixed, sizeof(mixed)}, key), PF_ERR_INVALID);
	drop(peer);
	json_decref(file);
}

/* w * M alone: x would be zero, and the key known to whoever knows the password's scalar only. */
static void a_peer_without_a_scalar_is_refused(void **state)
{
	json_t *file = vectors_load("pairing.json");
	const json_t *pin = json_array_get(vectors_get(file, "spake2"), 1);
	struct pf_spake2 a = start(pin, PF_SPAKE2_A), b = start(pin, PF_SPAKE2_B);
	uint8_t own[32], bare[PF_SPAKE2_MESSAGE_BYTES] = {PF_SPAKE2_A}, key[PF_SPAKE2_KEY_BYTES];
	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(own, a.scalar), 0);
	assert_int_equal(crypto_core_ed25519_sub(bare + 1, a.message + 1, own), 0);
	assert_int_equal(finish(&b, pin, (struct pf_slice){bare, sizeof(bare)}, key), PF_ERR_INVALID);
	json_decref(file);
}

static void every_flipped_bit_changes_the_key_or_is_refused(void **state)
{
	json_t *file = vectors_load("pairing.json");
	const json_t *pin = json_array_get(vectors_get(file, "spake2"), 1);
	struct pf_slice peer = member(pin, "a"), right = member(pin, "key");
	for (size_t bit = 0; bit < peer.len * 8; bit++) {
		uint8_t message[PF_SPAKE2_MESSAGE_BYTES], key[PF_SPAKE2_KEY_BYTES];
		memcpy(message, peer.data, sizeof(message));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct pf_spake2 b = start(pin, PF_SPAKE2_B);
		if (finish(&b, pin, (struct pf_slice){message, sizeof(message)}, key) == PF_OK)
			assert_memory_not_equal(key, right.data, sizeof(key));
	}
	drop(peer);
	drop(right);
	json_decref(file);
}

static void scalars_are_fresh(void **state)
{
	struct pf_spake2 one, two;
	const struct pf_slice pin = {(const uint8_t *)"1234", 4};
	assert_int_equal(pf_spake2_start(&one, PF_SPAKE2_A, pin, NULL), PF_OK);
	assert_int_equal(pf_spake2_start(&two, PF_SPAKE2_A, pin, NULL), PF_OK);
	assert_memory_not_equal(one.message, two.message, sizeof(one.message));
	static const uint8_t zero[PF_SPAKE2_SCALAR_BYTES];
	assert_int_equal(pf_spake2_start(&one, PF_SPAKE2_A, pin, zero), PF_ERR_INVALID);
	pf_spake2_wipe(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_each_vector),
		cmocka_unit_test(malformed_messages_are_refused),
		cmocka_unit_test(mixed_order_points_are_refused),
		cmocka_unit_test(a_peer_without_a_scalar_is_refused),
		cmocka_unit_test(every_flipped_bit_changes_the_key_or_is_refused),
		cmocka_unit_test(scalars_are_fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
