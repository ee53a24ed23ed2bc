/*
 * Where units come from and go back to: memory is kept from unit to unit and grows to the largest seen, so
 * that a running stream allocates nothing. One thread takes units, any thread drops them.
 */
#pragma once

#include <stddef.h>

#include "media/unit.h"

struct pf_unit_pool;

/* bytes: what a new unit has room for at once. max_units: how many may be out at the same time.
 * Errors: PF_ERR_INVALID, PF_ERR_NOMEM. */
int pf_unit_pool_create(struct pf_unit_pool **out, size_t bytes, unsigned max_units);
/* Units that are still out stay good; the pool's memory goes with the last of them. NULL is fine. */
void pf_unit_pool_destroy(struct pf_unit_pool *pool);

/* An empty unit with one reference, everything but data zero. Errors: PF_ERR_LIMIT (max_units are out),
 * PF_ERR_NOMEM. Thread-safety: safe. */
int pf_unit_pool_take(struct pf_unit_pool *pool, struct pf_unit **out);
/* Room for `bytes` and the padding; what was in it is lost when it has to grow, and data moves. For the
 * taker, before anyone else has a reference. Errors: PF_ERR_LIMIT, PF_ERR_NOMEM; the unit stays as it was. */
int pf_unit_reserve(struct pf_unit *unit, size_t bytes);
/* Sets len (<= what was reserved) and zeroes the padding behind it. */
void pf_unit_set_len(struct pf_unit *unit, size_t len);
