/*
 * Memory that only grows, for contexts that must not allocate once a shape was seen. Aligned to 64 bytes.
 * Thread-safety: as the context that owns it.
 */
#pragma once

#include <stddef.h>

struct pf_scratch {
	void *p; /* NULL until the first reserve */
	size_t bytes;
};

/* Room for count items of item_bytes; what was there is lost when it has to grow.
 * Errors: PF_ERR_NOMEM (the old memory stays). */
int pf_scratch_reserve(struct pf_scratch *s, size_t count, size_t item_bytes);
/* Room for so many bytes, all zero as long as nobody else writes to them. Errors: PF_ERR_NOMEM (as above). */
int pf_scratch_reserve_zeros(struct pf_scratch *s, size_t bytes);
void pf_scratch_finish(struct pf_scratch *s);
