/*
 * Parity of blocks as a frame has them, by every kernel that this CPU runs: encoding, and repairing what little or
 * much loss leaves. Debian has no peer for GF(2^16); ISA-L is the one for GF(2^8).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "fec/fec16.h"
#include "fec/fec8.h"
#include "fec/tier.h"
#include "isal.h"
#include "report.h"

#define SHARD_BYTES 1408

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

/* What is measured of a block: encoding (0 lost) or repairing. */
struct task {
	char name[24];
	unsigned lost;
	bool *have;
};

struct job {
	const struct block *block;
	const struct task *task;
	struct code code;
};

/* The tables of one shape. */
struct sheet {
	struct block block;
	struct task task[8];
	size_t tasks;
	const char **kernel;
	struct code *code; /* of kernel[i] */
	size_t kernels;
	struct pf_bench_case *cases;
	size_t count;
	struct job *jobs; /* of cases[i], where it is ours */
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
	const struct block *b = user;
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
		if (j->code.repair(j->code.context, b->data, j->task->have, b->k,
			    (const uint8_t *const *)b->parity, b->m, SHARD_BYTES))
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

static void add_task(struct sheet *s, unsigned lost)
{
	struct task *t = &s->task[s->tasks++];
	t->lost = lost;
	t->have = losses(s->block.k, lost);
	if (lost == 0)
		snprintf(t->name, sizeof(t->name), "encode");
	else
		snprintf(t->name, sizeof(t->name), "repair %u lost", lost);
}

static void add_tasks(struct sheet *s)
{
	static const unsigned lost[] = {0, 1, 2, 5, 10, 40};
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		if (lost[i] < s->block.m)
			add_task(s, lost[i]);
	}
	add_task(s, s->block.m);
}

static struct pf_bench_case *add_case(struct sheet *s, const char *name, const char *kernel,
	void (*run)(void *user, unsigned iterations), void *user)
{
	struct pf_bench_case *c = &s->cases[s->count++];
	*c = (struct pf_bench_case){
		.name = name,
		.run = run,
		.user = user,
		.bytes = (double)s->block.k * SHARD_BYTES,
		.packets = s->block.k,
		.kernel = kernel,
	};
	return c;
}

static void add_kernel(struct sheet *s, const struct task *task, size_t kernel)
{
	struct job *j = &s->jobs[s->count];
	*j = (struct job){&s->block, task, s->code[kernel]};
	struct pf_bench_case *c =
		add_case(s, task->name, s->kernel[kernel], task->lost > 0 ? run_repair : run_encode, j);
	if (strcmp(s->kernel[kernel], "c") == 0)
		c->reference = PF_BENCH_C;
}

#ifdef PF_HAVE_ISAL
static void add_peer(struct sheet *s, const struct task *task)
{
	const struct block *b = &s->block;
	struct pf_isal *p = pf_isal_create(b->data, b->k, b->m, task->have, SHARD_BYTES);
	const char *kernel = task->lost > 0 ? "ISA-L, product only" : "ISA-L";
	add_case(s, task->name, kernel, pf_isal_run, p)->reference = PF_BENCH_PEER;
}

static void free_peers(struct sheet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->cases[i].run == pf_isal_run)
			pf_isal_destroy(s->cases[i].user);
	}
}
#endif

/* `open` makes the code of the named kernel, or returns false where this CPU has none. */
static void open_kernels(struct sheet *s, bool (*open)(struct code *, const char *))
{
	size_t tiers = 0;
	while (pf_fec_tier_name((unsigned)tiers))
		tiers++;
	s->kernel = need(calloc(tiers, sizeof(*s->kernel)));
	s->code = need(calloc(tiers, sizeof(*s->code)));
	for (size_t i = 0; i < tiers; i++) {
		const char *name = pf_fec_tier_name((unsigned)i);
		if (open(&s->code[s->kernels], name))
			s->kernel[s->kernels++] = name;
	}
	size_t most = 1 + sizeof(s->task) / sizeof(s->task[0]) * (tiers + 1);
	s->cases = need(calloc(most, sizeof(*s->cases)));
	s->jobs = need(calloc(most, sizeof(*s->jobs)));
}

static void bench_shape(struct sheet *s, const char *field, void (*peer)(struct sheet *, const struct task *))
{
	add_tasks(s);
	add_case(s, "memcpy of the data", NULL, run_copy, &s->block)->reference = PF_BENCH_MEMCPY;
	for (size_t t = 0; t < s->tasks; t++) {
		for (size_t i = 0; i < s->kernels; i++)
			add_kernel(s, &s->task[t], i);
		if (peer)
			peer(s, &s->task[t]);
	}
	char title[64];
	snprintf(title, sizeof(title), "%s, %u+%u shards of %u bytes", field, s->block.k, s->block.m,
		SHARD_BYTES);
	pf_bench_group(title, s->cases, s->count);
	if (memcmp(s->block.copy, s->block.memory, (size_t)s->block.k * SHARD_BYTES) != 0)
		abort(); /* a repair gave something else than what was lost */
}

static void free_sheet(struct sheet *s, void (*close)(void *context))
{
	for (size_t t = 0; t < s->tasks; t++)
		free(s->task[t].have);
	for (size_t i = 0; i < s->kernels; i++)
		close(s->code[i].context);
	free(s->cases);
	free(s->jobs);
	free(s->code);
	free(s->kernel);
	block_free(&s->block);
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

static void bench16(unsigned k, unsigned m)
{
	struct sheet s = {.block = block_new(k, m)};
	open_kernels(&s, open16);
	bench_shape(&s, "GF(2^16)", NULL);
	free_sheet(&s, close16);
}

static void bench8(unsigned k, unsigned m)
{
	struct sheet s = {.block = block_new(k, m)};
	open_kernels(&s, open8);
#ifdef PF_HAVE_ISAL
	bench_shape(&s, "GF(2^8)", add_peer);
	free_peers(&s);
#else
	bench_shape(&s, "GF(2^8)", NULL);
	pf_report_note("no ISA-L here: no peer");
#endif
	free_sheet(&s, close8);
}

void bench_fec(void)
{
	bench16(50, 10);
	bench16(200, 40);
	bench16(1000, 200);
	bench8(50, 10);
	bench8(200, 55);
	bench8(192, 48);
}
