#include "base/histogram.h"

#include <string.h>

/* Values below 32 have a bucket each; from there every power of two is cut in 32 parts. */
static unsigned index_of(uint32_t us)
{
	if (us < 32)
		return us;
	unsigned top = 31u - (unsigned)__builtin_clz(us); /* >= 5 */
	return (top - 4) * 32 + ((us >> (top - 5)) & 31);
}

static uint32_t upper_edge(unsigned index)
{
	if (index < 32)
		return index;
	unsigned top = index / 32 + 4;
	uint64_t low = (uint64_t)(32 + index % 32) << (top - 5);
	return (uint32_t)(low + (1u << (top - 5)) - 1);
}

void pf_histogram_add(struct pf_histogram *h, uint64_t us)
{
	uint32_t v = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	h->count++;
	h->sum_us += v;
	if (v > h->max_us)
		h->max_us = v;
	h->bucket[index_of(v)]++;
}

uint32_t pf_histogram_at(const struct pf_histogram *h, double percent)
{
	if (h->count == 0)
		return 0;
	uint64_t rank = (uint64_t)(percent / 100.0 * (double)h->count + 0.999999);
	if (rank < 1)
		rank = 1;
	uint64_t seen = 0;
	for (unsigned i = 0; i < PF_HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			uint32_t edge = upper_edge(i);
			return edge < h->max_us ? edge : h->max_us;
		}
	}
	return h->max_us;
}

void pf_histogram_reset(struct pf_histogram *h)
{
	memset(h, 0, sizeof(*h));
}
