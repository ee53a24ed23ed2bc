/*
 * Bounded writing of bytes into memory given by the caller. The error is sticky: a write that does not
 * fit writes nothing and sets `failed`. Little endian unless the name says be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pf_wr {
	uint8_t *start;
	size_t len; /* bytes written so far */
	size_t cap;
	bool failed;
};

static inline struct pf_wr pf_wr_init(void *buf, size_t cap)
{
	return (struct pf_wr){.start = buf, .cap = cap};
}

/* Room for n bytes, or NULL (and failed) when it does not fit. */
static inline uint8_t *pf_wr_room(struct pf_wr *w, size_t n)
{
	if (w->failed || n > w->cap - w->len) {
		w->failed = true;
		return NULL;
	}
	uint8_t *p = w->start + w->len;
	w->len += n;
	return p;
}

static inline void pf_wr_bytes(struct pf_wr *w, const void *src, size_t n)
{
	uint8_t *p = pf_wr_room(w, n);
	if (p && n > 0)
		memcpy(p, src, n);
}

static inline void pf_wr_le(struct pf_wr *w, uint64_t v, size_t n)
{
	uint8_t *p = pf_wr_room(w, n);
	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline void pf_wr_be(struct pf_wr *w, uint64_t v, size_t n)
{
	uint8_t *p = pf_wr_room(w, n);
	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static inline void pf_wr_u8(struct pf_wr *w, uint8_t v)
{
	pf_wr_le(w, v, 1);
}
static inline void pf_wr_u16(struct pf_wr *w, uint16_t v)
{
	pf_wr_le(w, v, 2);
}
static inline void pf_wr_u32(struct pf_wr *w, uint32_t v)
{
	pf_wr_le(w, v, 4);
}
static inline void pf_wr_u64(struct pf_wr *w, uint64_t v)
{
	pf_wr_le(w, v, 8);
}
static inline void pf_wr_u16be(struct pf_wr *w, uint16_t v)
{
	pf_wr_be(w, v, 2);
}
static inline void pf_wr_u32be(struct pf_wr *w, uint32_t v)
{
	pf_wr_be(w, v, 4);
}
static inline void pf_wr_u64be(struct pf_wr *w, uint64_t v)
{
	pf_wr_be(w, v, 8);
}
