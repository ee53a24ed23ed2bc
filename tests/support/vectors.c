#include "support/vectors.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

json_t *vectors_load(const char *name)
{
	char path[512];
	json_error_t error;
	snprintf(path, sizeof(path), "%s/%s", PF_VECTOR_DIR, name);
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s: %s (line %d)", path, error.text, error.line);
	return root;
}

json_t *vectors_get(const json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);
	if (!member)
		fail_msg("vector lacks \"%s\"", key);
	return member;
}

const char *vectors_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(vectors_get(object, key));
	if (!text)
		fail_msg("vector member \"%s\" is not a string", key);
	return text;
}

uint64_t vectors_number(const json_t *object, const char *key)
{
	json_t *member = vectors_get(object, key);
	if (json_is_integer(member))
		return (uint64_t)json_integer_value(member);
	return strtoull(vectors_string(object, key), NULL, 0);
}

uint8_t *hex_bytes(const char *text, size_t *len)
{
	char *packed = malloc(strlen(text) + 1);
	size_t digits = 0;
	assert_non_null(packed);
	for (; *text; text++) {
		if (!isspace((unsigned char)*text))
			packed[digits++] = *text;
	}
	packed[digits] = 0;
	uint8_t *out = malloc(digits / 2 + 1);
	assert_non_null(out);
	assert_true(pf_hex_decode(out, digits / 2, packed));
	free(packed);
	*len = digits / 2;
	return out;
}

uint8_t *vectors_bytes(const json_t *object, const char *key, size_t *len)
{
	return hex_bytes(vectors_string(object, key), len);
}

void assert_sha256(const void *data, size_t len, const char *hex)
{
	uint8_t digest[32];
	char text[65];
	assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, digest), 0);
	pf_hex_encode(text, digest, sizeof(digest));
	assert_string_equal(text, hex);
}

uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545F4914F6CDD1DULL;
}

void random_fill(uint64_t *state, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = random_next(state);
		for (size_t j = 0; j < 8 && i + j < len; j++)
			out[i + j] = (uint8_t)(v >> (8 * j));
	}
}
