/* Bytes to lower-case hexadecimal text and back. Thread-safety: safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2 * n digits and a terminator; out holds 2 * n + 1 bytes. */
void pf_hex_encode(char *out, const uint8_t *data, size_t n);
/* Exactly 2 * n digits of either case followed by the terminator; out is written on success only. */
bool pf_hex_decode(uint8_t *out, size_t n, const char *text);
