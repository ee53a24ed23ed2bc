#include "client/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define IDLE_BODIES_MAX 8
#define IDLE_PARITY_MAX 1024
#define DATA_STEP_MIN   ((size_t)64 * 1024)

void pf_store_init(struct pf_store *s, size_t budget)
{
	*s = (struct pf_store){.budget = budget};
}

static size_t bytes_of(const struct pf_body *b)
{
	return b->data_cap + b->have_cap + b->block_cap;
}

static void body_free(struct pf_body *b)
{
	free(b->memory);
	free(b->have);
	free(b->block);
	free(b);
}

static void free_idle_parity(struct pf_store *s)
{
	while (s->idle_parity) {
		struct pf_parity *next = s->idle_parity->next;
		free(s->idle_parity);
		s->idle_parity = next;
	}
	s->idle_parity_count = 0;
}

void pf_store_finish(struct pf_store *s)
{
	assert(s->in_use == 0);
	while (s->idle) {
		struct pf_body *next = s->idle->next;
		body_free(s->idle);
		s->idle = next;
	}
	free_idle_parity(s);
}

/* Smallest that is large enough, else the largest. */
static bool fits_better(const struct pf_body *a, const struct pf_body *b, size_t expected)
{
	if (a->data_cap >= expected && b->data_cap >= expected)
		return a->data_cap < b->data_cap;
	return a->data_cap > b->data_cap;
}

static struct pf_body *take_idle(struct pf_store *s, size_t expected)
{
	struct pf_body **best = NULL;
	for (struct pf_body **at = &s->idle; *at; at = &(*at)->next) {
		if (bytes_of(*at) > s->budget - s->in_use)
			continue;
		if (!best || fits_better(*at, *best, expected))
			best = at;
	}
	if (!best)
		return NULL;
	struct pf_body *b = *best;
	*best = b->next;
	s->idle_count--;
	s->idle_bytes -= bytes_of(b);
	return b;
}

struct pf_body *pf_store_take(struct pf_store *s, size_t expected)
{
	struct pf_body *b = take_idle(s, expected);
	if (!b)
		b = calloc(1, sizeof(*b));
	if (b) {
		b->next = NULL;
		s->in_use += bytes_of(b);
	}
	return b;
}

void pf_store_give(struct pf_store *s, struct pf_body *b)
{
	for (uint32_t i = 0; i < b->block_count; i++)
		pf_block_drop_parity(s, &b->block[i]);
	s->in_use -= bytes_of(b);
	if (s->idle_count >= IDLE_BODIES_MAX || bytes_of(b) > s->budget / 2 - s->idle_bytes) {
		body_free(b);
		return;
	}
	if (b->have_cap > 0)
		memset(b->have, 0, b->have_cap);
	if (b->block_count > 0)
		memset(b->block, 0, b->block_count * sizeof(*b->block));
	b->block_count = 0;
	b->next = s->idle;
	s->idle = b;
	s->idle_count++;
	s->idle_bytes += bytes_of(b);
}

/* Grows one piece of memory, behind `lead` bytes, to `wanted` bytes, or to `need` where the budget has no more. */
static int grow(struct pf_store *s, void **mem, size_t lead, size_t *cap, size_t need, size_t wanted)
{
	size_t left = s->budget - s->in_use;
	size_t target = wanted - *cap <= left ? wanted : need;
	if (target - *cap > left)
		return PF_ERR_LIMIT;
	void *grown = realloc(*mem, lead + target);
	if (!grown)
		return PF_ERR_NOMEM;
	s->in_use += target - *cap;
	*mem = grown;
	*cap = target;
	return PF_OK;
}

/* The same, with zeros in what is new. */
static int grow_zeroed(struct pf_store *s, void **mem, size_t *cap, size_t need, size_t wanted)
{
	size_t before = *cap;
	int err = grow(s, mem, 0, cap, need, wanted);
	if (!err)
		memset((uint8_t *)*mem + before, 0, *cap - before);
	return err;
}

int pf_body_need_data(struct pf_store *s, struct pf_body *b, size_t need, size_t ceiling)
{
	if (need <= b->data_cap)
		return PF_OK;
	size_t wanted = 2 * b->data_cap > DATA_STEP_MIN ? 2 * b->data_cap : DATA_STEP_MIN;
	if (wanted > ceiling)
		wanted = ceiling;
	if (wanted < need)
		wanted = need;
	int err = grow(s, &b->memory, PF_BODY_LEAD, &b->data_cap, need, wanted);
	if (!err)
		b->data = (uint8_t *)b->memory + PF_BODY_LEAD;
	return err;
}

int pf_body_need_bits(struct pf_store *s, struct pf_body *b, uint32_t shards)
{
	size_t need = ((size_t)shards + 63) / 64 * sizeof(*b->have);
	if (need <= b->have_cap)
		return PF_OK;
	void *mem = b->have;
	int err = grow_zeroed(s, &mem, &b->have_cap, need, 2 * need);
	b->have = mem;
	return err;
}

int pf_body_need_block(struct pf_store *s, struct pf_body *b, uint32_t index)
{
	size_t need = ((size_t)index + 1) * sizeof(*b->block);
	if (need > b->block_cap) {
		void *mem = b->block;
		int err = grow_zeroed(s, &mem, &b->block_cap, need, 2 * need);
		b->block = mem;
		if (err)
			return err;
	}
	if (b->block_count <= index)
		b->block_count = index + 1;
	return PF_OK;
}

static void keep_idle(struct pf_store *s, struct pf_parity *p)
{
	p->next = s->idle_parity;
	s->idle_parity = p;
	s->idle_parity_count++;
}

/* Idle ones for the worst loss of a block: the next one must not allocate because it is worse than this one. */
static void fill_idle_parity(struct pf_store *s, unsigned count, size_t len)
{
	while (s->idle_parity_count < count && s->idle_parity_count < IDLE_PARITY_MAX) {
		struct pf_parity *p = malloc(sizeof(*p) + len);
		if (!p)
			return;
		p->cap = len;
		keep_idle(s, p);
	}
}

/* len fits the budget; memory used again may be larger than that, and counts as what it is. */
static struct pf_parity *take_parity(struct pf_store *s, const struct pf_block *block, size_t len)
{
	if (s->idle_parity && (s->idle_parity->cap < len || s->idle_parity->cap > s->budget - s->in_use))
		free_idle_parity(s); /* the shard size of the stream has changed: these are of no more use */
	if (!s->idle_parity)
		fill_idle_parity(s, block->m > block->held ? (unsigned)block->m - block->held : 1, len);
	struct pf_parity *p = s->idle_parity;
	if (p) {
		s->idle_parity = p->next;
		s->idle_parity_count--;
	}
	return p;
}

/* The list place where `index` stands or belongs. Parity mostly comes in order, so the end is looked at first. */
static struct pf_parity **place_of(struct pf_block *block, uint16_t index)
{
	if (block->parity_last && block->parity_last->index < index)
		return &block->parity_last->next;
	struct pf_parity **at = &block->parity;
	while (*at && (*at)->index < index)
		at = &(*at)->next;
	return at;
}

int pf_block_hold(
	struct pf_store *s, struct pf_block *block, uint16_t index, const uint8_t *bytes, size_t len)
{
	struct pf_parity **at = place_of(block, index);
	if (*at && (*at)->index == index)
		return PF_OK;
	if (len > s->budget - s->in_use)
		return PF_ERR_LIMIT;
	struct pf_parity *p = take_parity(s, block, len);
	if (!p)
		return PF_ERR_NOMEM;
	memcpy(p->bytes, bytes, len);
	p->index = index;
	p->next = *at;
	*at = p;
	if (!p->next)
		block->parity_last = p;
	block->held++;
	s->in_use += p->cap;
	return PF_OK;
}

void pf_block_drop_parity(struct pf_store *s, struct pf_block *block)
{
	while (block->parity) {
		struct pf_parity *p = block->parity;
		block->parity = p->next;
		s->in_use -= p->cap;
		if (s->idle_parity_count >= IDLE_PARITY_MAX) {
			free(p);
			continue;
		}
		keep_idle(s, p);
	}
	block->parity_last = NULL;
	block->held = 0;
}
