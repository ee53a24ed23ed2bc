/*
 * Tails that only grow (native-control, first rule): a reader takes a field when the message reaches it and
 * the default otherwise; a writer leaves out everything behind the last field that differs from its
 * default. Private to hello.c and welcome.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/writer.h"

/* The reader's sticky failure does the work: once a field is missing, so are all behind it. */
static inline uint64_t tail_take(struct pf_rd *r, size_t bytes, uint64_t otherwise)
{
	uint64_t v = pf_rd_le(r, bytes);
	return r->failed ? otherwise : v;
}

struct tail {
	struct pf_wr *w;
	size_t keep; /* length up to the last field that must be sent */
};

static inline void tail_put(struct tail *t, uint64_t v, size_t bytes, uint64_t otherwise)
{
	pf_wr_le(t->w, v, bytes);
	if (v != otherwise)
		t->keep = t->w->len;
}

/* The bytes written last must be sent. */
static inline void tail_keep(struct tail *t)
{
	t->keep = t->w->len;
}

static inline void tail_cut(struct tail *t)
{
	t->w->len = t->keep;
}

static inline unsigned known_channels(uint64_t channels)
{
	return channels == 6 || channels == 8 ? (unsigned)channels : 2;
}

/* A code of 0..last, or 0. */
static inline unsigned known_code(uint64_t code, unsigned last)
{
	return code <= last ? (unsigned)code : 0;
}
