/* Bytes that belong to somebody else: a part of a received message, valid as long as that message is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/writer.h"

struct pf_slice {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;
};

/* The next n bytes; empty, and the reader failed, when fewer are left. */
static inline struct pf_slice pf_rd_slice(struct pf_rd *r, size_t n)
{
	const uint8_t *p = pf_rd_bytes(r, n);
	return (struct pf_slice){.data = p, .len = p ? n : 0};
}

static inline void pf_wr_slice(struct pf_wr *w, struct pf_slice s)
{
	pf_wr_bytes(w, s.data, s.len);
}
