/* Both ends of a pairing, with the right PIN, a wrong one, and somebody in the middle. */
#include "pairing/ceremony.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

static struct pf_slice text(const char *s)
{
	return (struct pf_slice){(const uint8_t *)s, strlen(s)};
}

static struct pf_pairing_ends make_ends(uint8_t client, uint8_t host)
{
	struct pf_pairing_ends e;
	memset(e.client, client, sizeof(e.client));
	memset(e.host, host, sizeof(e.host));
	return e;
}

static void proofs_of_the_vector(void **state)
{
	json_t *file = vectors_load("pairing.json");
	const json_t *pin = json_array_get(vectors_get(file, "spake2"), 1);
	const struct pf_pairing_ends ends = make_ends(0x11, 0x22);
	struct pf_pairing_proofs proofs;
	size_t len;
	uint8_t *key = vectors_bytes(pin, "key", &len);
	assert_int_equal(pf_pairing_prove(&proofs, key, &ends), PF_OK);
	free(key);
	uint8_t *host = vectors_bytes(pin, "host_confirm", &len);
	assert_memory_equal(proofs.host, host, sizeof(proofs.host));
	free(host);
	uint8_t *client = vectors_bytes(pin, "client_confirm", &len);
	assert_memory_equal(proofs.client, client, sizeof(proofs.client));
	free(client);
	json_decref(file);
}

/* Runs the whole ceremony; PF_OK only when both ends are content. */
static int pair(const char *client_pin, const char *host_pin, const struct pf_pairing_ends *client_sees,
	const struct pf_pairing_ends *host_sees)
{
	struct pf_pairing_client c;
	struct pf_pair_message challenge, proof;
	uint8_t owed[PF_PAIR_CONFIRM_BYTES];
	assert_int_equal(pf_pairing_client_start(&c, text(client_pin), client_sees), PF_OK);
	struct pf_slice request = {c.spake.message, sizeof(c.spake.message)};
	assert_int_equal(pf_pairing_answer(&challenge, owed, text(host_pin), host_sees, request), PF_OK);
	assert_false(pf_pairing_proof_is(owed, challenge.challenge.confirm));
	int rc = pf_pairing_client_prove(&c, &challenge, &proof);
	if (rc < 0)
		return rc;
	assert_int_equal(proof.type, PF_PAIR_PROOF);
	return pf_pairing_proof_is(owed, proof.proof.confirm) ? PF_OK : PF_ERR_AUTH;
}

static void the_right_pin_pairs(void **state)
{
	const struct pf_pairing_ends ends = make_ends(1, 2);
	assert_int_equal(pair("0042", "0042", &ends, &ends), PF_OK);
}

static void a_wrong_pin_or_another_certificate_does_not(void **state)
{
	const struct pf_pairing_ends ends = make_ends(1, 2), other_client = make_ends(3, 2),
				     other_host = make_ends(1, 3), swapped = make_ends(2, 1);
	assert_int_equal(pair("0042", "0043", &ends, &ends), PF_ERR_AUTH);
	assert_int_equal(pair("42", "0042", &ends, &ends), PF_ERR_AUTH);
	assert_int_equal(pair("0042", "0042", &ends, &other_client), PF_ERR_AUTH);
	assert_int_equal(pair("0042", "0042", &ends, &other_host), PF_ERR_AUTH);
	assert_int_equal(pair("0042", "0042", &other_host, &ends), PF_ERR_AUTH);
	assert_int_equal(pair("0042", "0042", &ends, &swapped), PF_ERR_AUTH);
}

/* One's own message sent back, and a challenge that was changed on the way. */
static void reflected_and_altered_messages_fail(void **state)
{
	const struct pf_pairing_ends ends = make_ends(1, 2);
	struct pf_pairing_client c;
	struct pf_pair_message challenge, proof;
	uint8_t owed[PF_PAIR_CONFIRM_BYTES];

	assert_int_equal(pf_pairing_client_start(&c, text("0042"), &ends), PF_OK);
	struct pf_slice request = {c.spake.message, sizeof(c.spake.message)};
	assert_int_equal(pf_pairing_answer(&challenge, owed, text("0042"), &ends, request), PF_OK);
	struct pf_pair_message reflected = challenge;
	memcpy(reflected.challenge.spake, c.spake.message, sizeof(c.spake.message));
	struct pf_pairing_client again = c;
	assert_int_equal(pf_pairing_client_prove(&again, &reflected, &proof), PF_ERR_INVALID);

	challenge.challenge.confirm[31] ^= 1;
	assert_int_equal(pf_pairing_client_prove(&c, &challenge, &proof), PF_ERR_AUTH);

	static const uint8_t nothing[PF_PAIR_SPAKE_BYTES] = {PF_SPAKE2_A};
	struct pf_slice malformed = {nothing, sizeof(nothing)};
	assert_int_equal(pf_pairing_answer(&challenge, owed, text("0042"), &ends, malformed), PF_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proofs_of_the_vector),
		cmocka_unit_test(the_right_pin_pairs),
		cmocka_unit_test(a_wrong_pin_or_another_certificate_does_not),
		cmocka_unit_test(reflected_and_altered_messages_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
