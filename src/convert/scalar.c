/* Plain C: the definition that the other kernels are tested against, and their tail. */
#include "convert/kernel.h"

#include <stddef.h>

static int dot(const uint8_t *p, const int8_t *c)
{
	return p[0] * c[0] + p[1] * c[1] + p[2] * c[2];
}

static uint8_t luma(const struct convert_matrix *m, const uint8_t *p)
{
	return (uint8_t)((((CONVERT_LUMA_BIAS + dot(p, m->luma_hi)) << 7) + dot(p, m->luma_lo)) >>
			 CONVERT_LUMA_SHIFT);
}

static uint8_t chroma(const int8_t *c, const uint8_t *above, const uint8_t *below)
{
	int sum = dot(above, c) + dot(above + 4, c) + dot(below, c) + dot(below + 4, c);
	return (uint8_t)((CONVERT_CHROMA_BIAS + sum) >> CONVERT_CHROMA_SHIFT);
}

static void rows_scalar(const struct convert_matrix *m, struct convert_rows r, unsigned width)
{
	for (unsigned line = 0; line < 2; line++) {
		for (unsigned x = 0; x < width; x++)
			r.y[line][x] = luma(m, r.src[line] + 4 * (size_t)x);
	}
	for (unsigned x = 0; x < width; x += 2) {
		const uint8_t *above = r.src[0] + 4 * (size_t)x, *below = r.src[1] + 4 * (size_t)x;
		uint8_t u = chroma(m->u, above, below), v = chroma(m->v, above, below);
		if (r.v) {
			r.u[x / 2] = u;
			r.v[x / 2] = v;
		} else {
			r.u[x] = u;
			r.u[x + 1] = v;
		}
	}
}

static bool runs_anywhere(void)
{
	return true;
}

const struct pf_convert_kernel convert_scalar = {
	.name = "scalar",
	.runs_here = runs_anywhere,
	.rows = rows_scalar,
};
