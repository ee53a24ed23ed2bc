/* The four bytes in front of every message (native-control 1.5). Private to this folder. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

#define PF_MAGIC_BYTES     4
#define PF_MAGIC_HANDSHAKE "PKF1"
#define PF_MAGIC_TYPED     "PKFc"
#define PF_MAGIC_CLIPBOARD "PKFs"

static inline bool pf_magic_take(struct pf_rd *r, const char *magic)
{
	const uint8_t *p = pf_rd_bytes(r, PF_MAGIC_BYTES);
	return p && memcmp(p, magic, PF_MAGIC_BYTES) == 0;
}

static inline void pf_magic_put(struct pf_wr *w, const char *magic)
{
	pf_wr_bytes(w, magic, PF_MAGIC_BYTES);
}
