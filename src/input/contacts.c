#include "input/contacts.h"

int pf_contacts_find(const struct pf_contacts *c, uint32_t id)
{
	for (int slot = 0; slot < PF_CONTACTS_MAX; slot++) {
		if (c->used >> slot & 1 && c->id[slot] == id)
			return slot;
	}
	return -1;
}

int pf_contacts_add(struct pf_contacts *c, uint32_t id, unsigned limit)
{
	for (unsigned slot = 0; slot < limit && slot < PF_CONTACTS_MAX; slot++) {
		if (c->used >> slot & 1)
			continue;
		c->used |= 1u << slot;
		c->id[slot] = id;
		return (int)slot;
	}
	return -1;
}
