/* Text from the network: validity and what may be shown to people (native-control 6.6). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_NAME_BYTES_MAX 64

/* Well-formed UTF-8 (no overlong form, surrogate or value above U+10FFFF) without NUL. */
bool pf_utf8_valid(const void *text, size_t len);

/* The code point at *at, and *at behind it; false when there is no well-formed one. *at < len. */
bool pf_utf8_next(const char *text, size_t len, size_t *at, uint32_t *point);

/*
 * Writes text without control characters and without the characters that turn or hide text, white space
 * collapsed to single blanks and trimmed, cut to max bytes on a character boundary, terminated; malformed
 * bytes are left out. out holds max + 1 bytes. Returns the length; 0 when nothing is left.
 */
size_t pf_text_sanitise(char *out, size_t max, const void *text, size_t len);

/* The same for a device name; when nothing is left, "device " and the first 8 hex digits of the
 * fingerprint (32 bytes), or "device" for an anonymous one (NULL). */
void pf_name_sanitise(
	char out[PF_NAME_BYTES_MAX + 1], const void *text, size_t len, const uint8_t *fingerprint);
