/*
 * Fixed ring of pointers with one producer thread and one consumer thread, no lock. When it is full, push
 * says so and the producer decides (the table of boundaries is in doc/flow.md). Waking the consumer is the
 * business of whoever owns both ends.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define PF_RING_MAX 256 /* slots; also the largest capacity */

struct pf_ring {
	_Atomic size_t head; /* written by the producer (release), read by the consumer (acquire) */
	_Atomic size_t tail; /* written by the consumer (release), read by the producer (acquire) */
	size_t capacity;     /* 1..PF_RING_MAX */
	void *slot[PF_RING_MAX];
};

static inline void pf_ring_init(struct pf_ring *r, size_t capacity)
{
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	r->capacity = capacity < PF_RING_MAX ? capacity : PF_RING_MAX;
}

/* Producer only. False when full; the item stays the caller's. */
static inline bool pf_ring_push(struct pf_ring *r, void *item)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) >= r->capacity)
		return false;
	r->slot[head % PF_RING_MAX] = item;
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

/* Consumer only. NULL when empty. */
static inline void *pf_ring_pop(struct pf_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
		return NULL;
	void *item = r->slot[tail % PF_RING_MAX];
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return item;
}

/* Items inside; from either side, and a moment old when it returns. */
static inline size_t pf_ring_count(struct pf_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	return atomic_load_explicit(&r->head, memory_order_acquire) - tail;
}
