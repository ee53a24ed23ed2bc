#include "proto/native/name.h"

#include <string.h>

#include "base/hex.h"

/* Bytes of the well-formed sequence at p and its code point; 0 when there is none. */
static size_t decode(const uint8_t *p, size_t left, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n;
	uint32_t value;
	if (p[0] < 0x80) {
		n = 1;
		value = p[0];
	} else if (p[0] >= 0xC2 && p[0] < 0xE0) {
		n = 2;
		value = p[0] & 0x1Fu;
	} else if (p[0] >= 0xE0 && p[0] < 0xF0) {
		n = 3;
		value = p[0] & 0x0Fu;
	} else if (p[0] >= 0xF0 && p[0] < 0xF5) {
		n = 4;
		value = p[0] & 0x07u;
	} else {
		return 0;
	}
	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3Fu);
	}
	if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*point = value;
	return n;
}

bool pf_utf8_valid(const void *text, size_t len)
{
	const uint8_t *p = text;
	for (size_t at = 0; at < len;) {
		uint32_t point;
		size_t n = decode(p + at, len - at, &point);
		if (n == 0 || point == 0)
			return false;
		at += n;
	}
	return true;
}

bool pf_utf8_next(const char *text, size_t len, size_t *at, uint32_t *point)
{
	size_t n = decode((const uint8_t *)text + *at, len - *at, point);
	*at += n;
	return n > 0;
}

struct range {
	uint32_t first, last;
};

static bool contains(const struct range *ranges, size_t count, uint32_t point)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
}

/* Control characters, marks that change the direction of text, and the byte order mark. */
static bool is_hidden(uint32_t point)
{
	static const struct range hidden[] = {
		{0x0000, 0x001F},
		{0x007F, 0x009F},
		{0x061C, 0x061C},
		{0x200E, 0x200F},
		{0x202A, 0x202E},
		{0x2066, 0x2069},
		{0xFEFF, 0xFEFF},
	};
	return contains(hidden, sizeof(hidden) / sizeof(hidden[0]), point);
}

static bool is_blank(uint32_t point)
{
	static const struct range blank[] = {
		{0x0020, 0x0020},
		{0x00A0, 0x00A0},
		{0x1680, 0x1680},
		{0x2000, 0x200A},
		{0x2028, 0x2029},
		{0x202F, 0x202F},
		{0x205F, 0x205F},
		{0x3000, 0x3000},
	};
	return contains(blank, sizeof(blank) / sizeof(blank[0]), point);
}

size_t pf_text_sanitise(char *out, size_t max, const void *text, size_t len)
{
	const uint8_t *p = text;
	size_t written = 0;
	bool blank_owed = false;
	for (size_t at = 0; at < len;) {
		uint32_t point;
		size_t n = decode(p + at, len - at, &point);
		const uint8_t *character = p + at;
		at += n ? n : 1;
		if (n == 0 || is_hidden(point))
			continue;
		if (is_blank(point)) {
			blank_owed = written > 0;
			continue;
		}
		if (n + blank_owed > max - written)
			break;
		if (blank_owed)
			out[written++] = ' ';
		blank_owed = false;
		memcpy(out + written, character, n);
		written += n;
	}
	out[written] = 0;
	return written;
}

void pf_name_sanitise(
	char out[PF_NAME_BYTES_MAX + 1], const void *text, size_t len, const uint8_t *fingerprint)
{
	if (pf_text_sanitise(out, PF_NAME_BYTES_MAX, text, len) > 0)
		return;
	memcpy(out, "device", sizeof("device"));
	if (fingerprint) {
		out[strlen("device")] = ' ';
		pf_hex_encode(out + strlen("device "), fingerprint, 4);
	}
}
