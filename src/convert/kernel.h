/*
 * Between convert.c and its kernels. All compute, with bytes p[0..2] of a pixel and the coefficients of
 * its format,
 *   luma   = (sum p[i] * luma[i] + luma_bias) >> 8
 *   chroma = (sum q[i] * u[i] + 128.5 * 256) >> 8      (and v likewise)
 * where q is the mean of four pixels: first of the two rows, then of the two columns, each rounded up at
 * one half, as the byte-average instructions of all CPUs do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONVERT_CHROMA_BIAS 0x8080

/* Index = byte of the pixel; the fourth byte is padding or alpha and always 0. */
struct convert_matrix {
	uint8_t luma[4];
	int8_t u[4], v[4];
	uint16_t luma_bias; /* 16.5 * 256, or half for full range */
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
