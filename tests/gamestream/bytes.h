/* Numbers in byte strings, hex text, files, clock and random bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t gsc_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t gsc_le32(const uint8_t *p)
{
	return gsc_le16(p) | (uint32_t)gsc_le16(p + 2) << 16;
}

static inline uint64_t gsc_le64(const uint8_t *p)
{
	return gsc_le32(p) | (uint64_t)gsc_le32(p + 4) << 32;
}

static inline uint16_t gsc_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t gsc_be32(const uint8_t *p)
{
	return (uint32_t)gsc_be16(p) << 16 | gsc_be16(p + 2);
}

static inline void gsc_put_le16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void gsc_put_le32(uint8_t *p, uint32_t v)
{
	gsc_put_le16(p, v & 0xffff);
	gsc_put_le16(p + 2, v >> 16);
}

static inline void gsc_put_be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void gsc_put_be32(uint8_t *p, uint32_t v)
{
	gsc_put_be16(p, v >> 16);
	gsc_put_be16(p + 2, v & 0xffff);
}

/* out has 2 * len + 1 characters. */
void gsc_hex(char *out, const uint8_t *bytes, size_t len);
char *gsc_hex_new(const void *bytes, size_t len);
/* Bytes written, or -1 when text is no even number of hex digits or longer than cap bytes. */
long gsc_unhex(uint8_t *out, size_t cap, const char *text);

bool gsc_is_zero(const uint8_t *p, size_t len);
double gsc_now_ms(void);
void gsc_random(void *out, size_t len);

/* A file as a string of its own, NULL when it cannot be read. */
char *gsc_read_file(const char *path);
/* mode is that of a new file. False on failure. */
bool gsc_write_file(const char *path, const char *text, int mode);
char *gsc_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
