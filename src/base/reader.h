/*
 * Bounded reading of bytes from the network. The error is sticky: a read past the end yields zeros and
 * sets `failed`, so a parser reads straight through and looks once at the end. Nothing outside this file
 * does pointer arithmetic on received bytes. Little endian unless the name says be.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pf_rd {
	const uint8_t *p;
	size_t left;
	bool failed;
};

static inline struct pf_rd pf_rd_init(const void *data, size_t len)
{
	return (struct pf_rd){.p = data, .left = len};
}

/* The next n bytes inside the input, or NULL (and failed) when fewer are left. n = 0 gives a valid pointer
 * unless the input itself was NULL. */
static inline const uint8_t *pf_rd_bytes(struct pf_rd *r, size_t n)
{
	if (r->failed || n > r->left) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	if (n > 0)
		r->p += n;
	r->left -= n;
	return p;
}

static inline void pf_rd_skip(struct pf_rd *r, size_t n)
{
	pf_rd_bytes(r, n);
}

/* Copies n bytes to dst; zeros when fewer are left. */
static inline void pf_rd_copy(struct pf_rd *r, void *dst, size_t n)
{
	const uint8_t *p = pf_rd_bytes(r, n);
	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

/* A reader over the next n bytes; empty and failed when fewer are left. */
static inline struct pf_rd pf_rd_sub(struct pf_rd *r, size_t n)
{
	const uint8_t *p = pf_rd_bytes(r, n);
	return (struct pf_rd){.p = p, .left = p ? n : 0, .failed = !p};
}

/* An integer of n bytes, 1 to 8. As a copy, a known n makes it a single load. */
static inline uint64_t pf_rd_le(struct pf_rd *r, size_t n)
{
	const uint8_t *p = pf_rd_bytes(r, n);
	uint64_t v = 0;
	if (p)
		memcpy(&v, p, n);
	return le64toh(v);
}

static inline uint64_t pf_rd_be(struct pf_rd *r, size_t n)
{
	const uint8_t *p = pf_rd_bytes(r, n);
	uint64_t v = 0;
	if (p)
		memcpy((uint8_t *)&v + sizeof(v) - n, p, n);
	return be64toh(v);
}

static inline uint8_t pf_rd_u8(struct pf_rd *r)
{
	return (uint8_t)pf_rd_le(r, 1);
}
static inline uint16_t pf_rd_u16(struct pf_rd *r)
{
	return (uint16_t)pf_rd_le(r, 2);
}
static inline uint32_t pf_rd_u32(struct pf_rd *r)
{
	return (uint32_t)pf_rd_le(r, 4);
}
static inline uint64_t pf_rd_u64(struct pf_rd *r)
{
	return pf_rd_le(r, 8);
}
static inline uint16_t pf_rd_u16be(struct pf_rd *r)
{
	return (uint16_t)pf_rd_be(r, 2);
}
static inline uint32_t pf_rd_u32be(struct pf_rd *r)
{
	return (uint32_t)pf_rd_be(r, 4);
}
static inline uint64_t pf_rd_u64be(struct pf_rd *r)
{
	return pf_rd_be(r, 8);
}
