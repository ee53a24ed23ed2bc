/*
 * Contacts on a surface: clients name fingers by any number, devices have a few slots. Pure. Zero-initialised: none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_CONTACTS_MAX 16

struct pf_contacts {
	unsigned used; /* bits 1 << slot */
	uint32_t id[PF_CONTACTS_MAX];
};

/* The slot of a contact that is down; -1: it is not. */
int pf_contacts_find(const struct pf_contacts *c, uint32_t id);
/* The lowest free slot below limit; -1: all are taken. */
int pf_contacts_add(struct pf_contacts *c, uint32_t id, unsigned limit);
static inline void pf_contacts_remove(struct pf_contacts *c, int slot)
{
	c->used &= ~(1u << slot);
}
