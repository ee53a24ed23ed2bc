/*
 * Percentiles of durations in microseconds without keeping samples: log-linear buckets, relative error
 * below 1/32. 0 .. about 71 minutes; larger values count in the last bucket.
 * Thread-safety: unsafe, one owner.
 */
#pragma once

#include <stdint.h>

#define PF_HISTOGRAM_BUCKETS (32 * 28)

struct pf_histogram {
	uint64_t count;
	uint64_t sum_us;
	uint32_t max_us;
	uint32_t bucket[PF_HISTOGRAM_BUCKETS];
};

void pf_histogram_add(struct pf_histogram *h, uint64_t us);
/* Value at `percent` (0..100), 0 when empty: the upper edge of its bucket, never above the largest sample. */
uint32_t pf_histogram_at(const struct pf_histogram *h, double percent);
void pf_histogram_reset(struct pf_histogram *h);
