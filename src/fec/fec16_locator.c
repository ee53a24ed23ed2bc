#include "fec/fec16_locator.h"

#include <string.h>

#include "base/error.h"

#define MAX_LEVELS 16
#define LANES      8

int pf_fec16_locator_reserve(struct pf_fec16_locator *l, unsigned levels)
{
	if (pf_scratch_reserve(&l->sums, (size_t)1 << levels, sizeof(uint16_t)))
		return PF_ERR_NOMEM;
	if (l->logs.p)
		return PF_OK;
	return pf_scratch_reserve(&l->logs, (size_t)2 << MAX_LEVELS, sizeof(uint16_t));
}

void pf_fec16_locator_finish(struct pf_fec16_locator *l)
{
	pf_scratch_finish(&l->sums);
	pf_scratch_finish(&l->logs);
	l->have_logs = 0;
}

/* One butterfly (a + b, a - b) modulo 65535 by end-around carry and borrow, LANES at once. */
static inline void walsh_lanes(uint16_t *pa, uint16_t *pb)
{
	uint16_t __attribute__((vector_size(2 * LANES))) a, b, sum, difference;
	memcpy(&a, pa, sizeof(a));
	memcpy(&b, pb, sizeof(b));
	sum = a + b;
	difference = a - b;
	/* A comparison yields -1 where it holds. */
	sum -= (__typeof__(sum))(sum < a);
	difference += (__typeof__(sum))(a < b);
	memcpy(pa, &sum, sizeof(sum));
	memcpy(pb, &difference, sizeof(difference));
}

static inline void walsh_one(uint16_t *a, uint16_t *b)
{
	uint32_t sum = pf_gf16_log_add(*a, *b), difference = pf_gf16_log_sub(*a, *b);
	*a = (uint16_t)sum;
	*b = (uint16_t)difference;
}

/* Walsh-Hadamard transform modulo 65535, in place. Twice in a row multiplies by the size. */
static void walsh(uint16_t *v, size_t size)
{
	for (size_t dist = 1; dist < size; dist *= 2) {
		for (size_t r = 0; r < size; r += 2 * dist) {
			size_t i = r;
			for (; dist >= LANES && i < r + dist; i += LANES)
				walsh_lanes(v + i, v + i + dist);
			for (; i < r + dist; i++)
				walsh_one(v + i, v + i + dist);
		}
	}
}

static uint16_t mul_mod(uint32_t a, uint32_t b)
{
	uint32_t p = a * b;
	p = (p & 0xffff) + (p >> 16);
	return (uint16_t)((p & 0xffff) + (p >> 16));
}

static const uint16_t *transformed_logs(
	struct pf_fec16_locator *l, const struct pf_gf16 *field, unsigned levels)
{
	size_t size = (size_t)1 << levels;
	uint16_t *logs = (uint16_t *)l->logs.p + size;
	if (!(l->have_logs & 1u << levels)) {
		memcpy(logs, field->log, size * sizeof(*logs));
		logs[0] = 0; /* a position does not count for itself */
		walsh(logs, size);
		l->have_logs |= 1u << levels;
	}
	return logs;
}

/* sums[p] = sum over y of log(p xor y) - sum over x of log(p xor x): a convolution over xor, and positions
 * below a power of two stay below it, so the transform need not be larger. */
static void sums_by_transform(struct pf_fec16_locator *l, const struct pf_gf16 *field, unsigned levels,
	const uint32_t *x, const uint32_t *y, size_t count)
{
	size_t size = (size_t)1 << levels;
	uint16_t *sums = l->sums.p;
	const uint16_t *logs = transformed_logs(l, field, levels);
	memset(sums, 0, size * sizeof(*sums));
	for (size_t i = 0; i < count; i++) {
		sums[x[i]] = PF_GF16_ORDER - 1;
		sums[y[i]] = 1;
	}
	walsh(sums, size);
	for (size_t i = 0; i < size; i++)
		sums[i] = mul_mod(sums[i], logs[i]);
	walsh(sums, size);
	/* 2^16 is 1 modulo 65535, so dividing by the size is one more multiplication. */
	for (size_t i = 0; i < size; i++)
		sums[i] = mul_mod(sums[i], 1u << (MAX_LEVELS - levels));
}

static uint32_t direct_sum(
	const struct pf_gf16 *field, uint32_t at, const uint32_t *plus, const uint32_t *minus, size_t count)
{
	int64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		sum += field->log[at ^ plus[i]];
		sum -= at == minus[i] ? 0 : field->log[at ^ minus[i]];
	}
	sum %= PF_GF16_ORDER;
	return (uint32_t)(sum < 0 ? sum + PF_GF16_ORDER : sum);
}

void pf_fec16_locate(struct pf_fec16_locator *l, const struct pf_gf16 *field, unsigned levels,
	const uint32_t *x, const uint32_t *y, size_t count, uint16_t *log_a, uint16_t *log_b)
{
	/* Direct work is 4 count^2 look-ups; measured against the transforms' levels * 2^levels lanes. */
	if (4 * count * count <= (size_t)levels << levels >> 3) {
		for (size_t i = 0; i < count; i++) {
			log_a[i] = (uint16_t)direct_sum(field, x[i], y, x, count);
			log_b[i] = (uint16_t)direct_sum(field, y[i], x, y, count);
		}
		return;
	}
	sums_by_transform(l, field, levels, x, y, count);
	const uint16_t *sums = l->sums.p;
	for (size_t i = 0; i < count; i++) {
		log_a[i] = sums[x[i]];
		log_b[i] = (uint16_t)(PF_GF16_ORDER - sums[y[i]]);
	}
}
