/* A display mode and the limits of what the host makes (product 4: any size, 1..240 Hz). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PF_MODE_WIDTH_MIN  320
#define PF_MODE_WIDTH_MAX  7680
#define PF_MODE_HEIGHT_MIN 200
#define PF_MODE_HEIGHT_MAX 4320
#define PF_MODE_HZ_MIN     1
#define PF_MODE_HZ_MAX     240

struct pf_mode {
	uint32_t width_px, height_px, refresh_hz;
};

static inline bool pf_mode_equal(struct pf_mode a, struct pf_mode b)
{
	return a.width_px == b.width_px && a.height_px == b.height_px && a.refresh_hz == b.refresh_hz;
}

/* Even sizes only: 4:2:0 pictures have no odd ones. */
static inline bool pf_mode_valid(struct pf_mode m)
{
	return m.width_px >= PF_MODE_WIDTH_MIN && m.width_px <= PF_MODE_WIDTH_MAX && m.width_px % 2 == 0 &&
	       m.height_px >= PF_MODE_HEIGHT_MIN && m.height_px <= PF_MODE_HEIGHT_MAX &&
	       m.height_px % 2 == 0 && m.refresh_hz >= PF_MODE_HZ_MIN && m.refresh_hz <= PF_MODE_HZ_MAX;
}

/* PF_ERR_INVALID and a sentence for a mode that cannot be made. */
static inline int pf_mode_check(struct pf_mode m, struct pf_reason *reason)
{
	if (pf_mode_valid(m))
		return PF_OK;
	return pf_reason(reason, PF_ERR_INVALID,
		"mode %ux%u@%u cannot be made: width %d..%d and height %d..%d, both even, %d..%d Hz",
		m.width_px, m.height_px, m.refresh_hz, PF_MODE_WIDTH_MIN, PF_MODE_WIDTH_MAX,
		PF_MODE_HEIGHT_MIN, PF_MODE_HEIGHT_MAX, PF_MODE_HZ_MIN, PF_MODE_HZ_MAX);
}
