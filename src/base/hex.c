#include "base/hex.h"

#include <string.h>

void pf_hex_encode(char *out, const uint8_t *data, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[data[i] >> 4];
		out[2 * i + 1] = digit[data[i] & 15];
	}
	out[2 * n] = 0;
}

/* 16 for what is no digit. */
static unsigned value_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool pf_hex_decode(uint8_t *out, size_t n, const char *text)
{
	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < 2 * n; i++) {
		if (value_of(text[i]) > 15)
			return false;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(value_of(text[2 * i]) << 4 | value_of(text[2 * i + 1]));
	return true;
}
