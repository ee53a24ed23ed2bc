/* Plain C: the definition that the other kernels are tested against, and their tail. */
#include "convert/kernel.h"

#include <stddef.h>

static uint8_t luma(const struct convert_matrix *m, const uint8_t *p)
{
	return (uint8_t)((p[0] * m->luma[0] + p[1] * m->luma[1] + p[2] * m->luma[2] + m->luma_bias) >> 8);
}

static int mean(const uint8_t *above, const uint8_t *below, unsigned i)
{
	int left = (above[i] + below[i] + 1) >> 1, right = (above[i + 4] + below[i + 4] + 1) >> 1;
	return (left + right + 1) >> 1;
}

static uint8_t chroma(const int8_t *c, const uint8_t *above, const uint8_t *below)
{
	int sum = mean(above, below, 0) * c[0] + mean(above, below, 1) * c[1] + mean(above, below, 2) * c[2];
	return (uint8_t)((sum + CONVERT_CHROMA_BIAS) >> 8);
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
