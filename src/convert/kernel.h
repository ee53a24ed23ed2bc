/*
 * Between convert.c and its kernels. All compute, with bytes p[0..2] of a pixel and the coefficients of
 * its format,
 *   luma   = (16.5 * 2^14 + sum p[i] * (128 * luma_hi[i] + luma_lo[i])) >> 14
 *   chroma = (128.5 * 2^10 + sum over 2x2 pixels of sum p[i] * u[i]) >> 10      (and v likewise)
 * Luma's coefficients come in two signed bytes because the multipliers are 8 bits wide.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONVERT_LUMA_SHIFT   14
#define CONVERT_CHROMA_SHIFT 10
/* What the accumulators start with: offset plus one half. Luma's is for the high part, before its << 7. */
#define CONVERT_LUMA_BIAS   (33 << (CONVERT_LUMA_SHIFT - 1 - 7))
#define CONVERT_CHROMA_BIAS (257 << (CONVERT_CHROMA_SHIFT - 1))

/* Index = byte of the pixel; the fourth byte is padding or alpha and always 0. */
struct convert_matrix {
	int8_t luma_hi[4], luma_lo[4], u[4], v[4];
};

/* Two rows of pixels and where they go. v is NULL for interleaved chroma. */
struct convert_rows {
	const uint8_t *src[2];
	uint8_t *y[2];
	uint8_t *u, *v;
};

struct pf_convert_kernel {
	const char *name;
	bool (*runs_here)(void);
	/* width: even, > 0. Touches nothing outside 4 * width source and width luma bytes. */
	void (*rows)(const struct convert_matrix *m, struct convert_rows r, unsigned width);
};

extern const struct pf_convert_kernel convert_scalar;
#if defined(__x86_64__)
extern const struct pf_convert_kernel convert_avx2;
extern const struct pf_convert_kernel convert_avx512;
#endif
