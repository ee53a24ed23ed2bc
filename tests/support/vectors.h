/* Loading of the JSON files in tests/vectors for unit tests. Every function fails the running test on bad input. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* tests/vectors/<name>; json_decref() it. */
json_t *vectors_load(const char *name);
/* Member `key`, which must be there. */
json_t *vectors_get(const json_t *object, const char *key);
const char *vectors_string(const json_t *object, const char *key);
/* Decimal number, or text with 0x. */
uint64_t vectors_number(const json_t *object, const char *key);
/* Hexadecimal member as fresh bytes; free() it. */
uint8_t *vectors_bytes(const json_t *object, const char *key, size_t *len);
/* Hexadecimal text (blanks ignored) as fresh bytes; free() it. */
uint8_t *hex_bytes(const char *text, size_t *len);
/* Lower-case SHA-256 of data compared with the text; fails the test when they differ. */
void assert_sha256(const void *data, size_t len, const char *hex);
/* xorshift64* of native-media 9.1; state must not be 0. */
uint64_t random_next(uint64_t *state);
void random_fill(uint64_t *state, uint8_t *out, size_t len);
