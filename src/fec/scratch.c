#include "fec/scratch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define ALIGNMENT ((size_t)64)

int pf_scratch_reserve(struct pf_scratch *s, size_t count, size_t item_bytes)
{
	size_t need;
	if (__builtin_mul_overflow(count, item_bytes, &need) || need > SIZE_MAX / 2)
		return PF_ERR_NOMEM;
	if (need <= s->bytes)
		return PF_OK;
	/* Powers of two: blocks that grow by a shard at a time must not allocate each time. */
	size_t bytes = ALIGNMENT;
	while (bytes < need)
		bytes *= 2;
	void *p = aligned_alloc(ALIGNMENT, bytes);
	if (!p)
		return PF_ERR_NOMEM;
	free(s->p);
	s->p = p;
	s->bytes = bytes;
	return PF_OK;
}

int pf_scratch_reserve_zeros(struct pf_scratch *s, size_t bytes)
{
	size_t before = s->bytes;
	if (pf_scratch_reserve(s, bytes, 1))
		return PF_ERR_NOMEM;
	if (s->bytes > before)
		memset(s->p, 0, s->bytes);
	return PF_OK;
}

void pf_scratch_finish(struct pf_scratch *s)
{
	free(s->p);
	*s = (struct pf_scratch){0};
}
