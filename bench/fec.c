/* Parity of blocks as a frame has them: encoding, and repairing what little or much loss leaves. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "fec/fec16.h"
#include "fec/fec8.h"

#define SHARD_BYTES 1408
#define MAX_CASES   24

static const char *const kernels[] = {"c", "avx2"};
#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

/* One code under one kernel, seen alike for both fields. */
struct code {
	void *context;
	int (*encode)(void *context, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
		unsigned m, size_t shard_bytes);
	int (*repair)(void *context, uint8_t *const *data, const bool *have_data, unsigned k,
		const uint8_t *const *parity, unsigned m, size_t shard_bytes);
};

struct block {
	unsigned k, m;
	uint8_t *memory, *copy;
	uint8_t **data, **parity;
};

struct job {
	struct block *block;
	struct code code;
	bool *have;
	char name[40];
};

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static struct block block_new(unsigned k, unsigned m)
{
	struct block b = {.k = k, .m = m};
	size_t count = (size_t)k + m;
	b.memory = need(aligned_alloc(128, count * SHARD_BYTES));
	b.copy = need(malloc(k * SHARD_BYTES));
	b.data = need(calloc(count, sizeof(*b.data)));
	b.parity = b.data + k;
	for (size_t i = 0; i < count * SHARD_BYTES; i++)
		b.memory[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t i = 0; i < count; i++)
		b.data[i] = b.memory + i * SHARD_BYTES;
	return b;
}

static void block_free(struct block *b)
{
	free(b->memory);
	free(b->copy);
	free(b->data);
}

static void run_copy(void *user, unsigned iterations)
{
	const struct block *b = ((const struct job *)user)->block;
	for (unsigned i = 0; i < iterations; i++) {
		memcpy(b->copy, b->memory, (size_t)b->k * SHARD_BYTES);
		__asm__ volatile("" : : "r"(b->copy) : "memory");
	}
}

static void run_encode(void *user, unsigned iterations)
{
	const struct job *j = user;
	const struct block *b = j->block;
	for (unsigned i = 0; i < iterations; i++) {
		if (j->code.encode(j->code.context, (const uint8_t *const *)b->data, b->k, b->parity, b->m,
			    SHARD_BYTES))
			abort();
	}
}

static void run_repair(void *user, unsigned iterations)
{
	const struct job *j = user;
	const struct block *b = j->block;
	for (unsigned i = 0; i < iterations; i++) {
		if (j->code.repair(j->code.context, b->data, j->have, b->k, (const uint8_t *const *)b->parity,
			    b->m, SHARD_BYTES))
			abort();
	}
}

static bool *losses(unsigned k, unsigned lost)
{
	bool *have = need(calloc(k, sizeof(*have)));
	memset(have, true, k);
	for (unsigned i = 0; i < lost; i++)
		have[(size_t)i * k / lost] = false;
	return have;
}

static size_t add_case(struct pf_bench_case *cases, struct job *jobs, size_t n, struct job job,
	void (*run)(void *user, unsigned iterations))
{
	if (n >= MAX_CASES)
		abort();
	jobs[n] = job;
	cases[n] = (struct pf_bench_case){
		.name = jobs[n].name,
		.run = run,
		.user = &jobs[n],
		.bytes = (double)job.block->k * SHARD_BYTES,
		.packets = job.block->k,
	};
	return n + 1;
}

static size_t add_kernel(struct pf_bench_case *cases, struct job *jobs, size_t n, struct block *b,
	struct code code, const char *kernel)
{
	static const unsigned lost[] = {1, 2, 5, 10, 40, 0}; /* 0: as much as the parity holds */
	struct job job = {.block = b, .code = code};
	snprintf(job.name, sizeof(job.name), "%s encode", kernel);
	n = add_case(cases, jobs, n, job, run_encode);
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		unsigned count = lost[i] > 0 ? lost[i] : b->m;
		if (lost[i] >= b->m)
			continue;
		job.have = losses(b->k, count);
		snprintf(job.name, sizeof(job.name), "%s repair %u lost", kernel, count);
		n = add_case(cases, jobs, n, job, run_repair);
	}
	return n;
}

/* `open` makes the code of the named kernel, or returns false where this CPU has none. */
static void bench_shape(const char *field, unsigned k, unsigned m, bool (*open)(struct code *, const char *),
	void (*close)(void *context))
{
	struct block b = block_new(k, m);
	struct pf_bench_case cases[MAX_CASES];
	struct job jobs[MAX_CASES];
	struct code codes[KERNELS];
	size_t n =
		add_case(cases, jobs, 0, (struct job){.block = &b, .name = "memcpy of the data"}, run_copy);
	size_t opened = 0;
	for (size_t i = 0; i < KERNELS; i++) {
		if (open(&codes[opened], kernels[i]))
			n = add_kernel(cases, jobs, n, &b, codes[opened++], kernels[i]);
	}
	char title[64];
	snprintf(title, sizeof(title), "%s %u+%u x %u", field, k, m, SHARD_BYTES);
	pf_bench_group(title, cases, n);
	for (size_t i = 0; i < n; i++)
		free(jobs[i].have);
	for (size_t i = 0; i < opened; i++)
		close(codes[i].context);
	block_free(&b);
}

static int encode16(void *context, const uint8_t *const *data, unsigned k, uint8_t *const *parity, unsigned m,
	size_t shard_bytes)
{
	return pf_fec16_encode(context, data, k, parity, m, shard_bytes);
}

static int repair16(void *context, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes)
{
	return pf_fec16_repair(context, data, have_data, k, parity, m, shard_bytes);
}

static bool open16(struct code *code, const char *kernel)
{
	struct pf_fec16 *f;
	if (pf_fec16_create(&f, kernel))
		return false;
	*code = (struct code){.context = f, .encode = encode16, .repair = repair16};
	return true;
}

static void close16(void *context)
{
	pf_fec16_destroy(context);
}

static int encode8(void *context, const uint8_t *const *data, unsigned k, uint8_t *const *parity, unsigned m,
	size_t shard_bytes)
{
	return pf_fec8_encode(context, data, k, parity, m, shard_bytes);
}

static int repair8(void *context, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes)
{
	return pf_fec8_repair(context, data, have_data, k, parity, m, shard_bytes);
}

static bool open8(struct code *code, const char *kernel)
{
	struct pf_fec8 *f;
	if (pf_fec8_create(&f, PF_FEC8_CAUCHY, kernel))
		return false;
	*code = (struct code){.context = f, .encode = encode8, .repair = repair8};
	return true;
}

static void close8(void *context)
{
	pf_fec8_destroy(context);
}

void bench_fec(void)
{
	bench_shape("fec16", 50, 10, open16, close16);
	bench_shape("fec16", 200, 40, open16, close16);
	bench_shape("fec16", 1000, 200, open16, close16);
	bench_shape("fec8", 50, 10, open8, close8);
	bench_shape("fec8", 200, 55, open8, close8);
}
