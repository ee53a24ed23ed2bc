/* Decimal numbers in GameStream's text. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Digits only, 0..2^32-1. */
static inline bool pf_gs_number_read(struct pf_slice s, uint32_t *out)
{
	uint64_t v = 0;
	if (s.len == 0 || s.len > 10)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.data[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}
