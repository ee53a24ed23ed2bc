#include "audio/default_ledger.h"

#include <stdio.h>
#include <string.h>

static const struct pf_default_claim *standing(const struct pf_default_ledger *l)
{
	const struct pf_default_claim *c = l->newest;
	while (c && c->overruled)
		c = c->older;
	return c;
}

/* Its place among ours, or their count. */
static size_t find_ours(const struct pf_default_ledger *l, const char *name)
{
	size_t i = 0;
	while (i < l->ours_count && strcmp(l->ours[i], name) != 0)
		i++;
	return i;
}

/* Stands there because of us, now or in the life that the journal tells of. */
static bool is_ours(const struct pf_default_ledger *l, const char *name)
{
	return find_ours(l, name) < l->ours_count;
}

/* The newest last. The oldest goes when there is no room: it has not stood there for long. */
static void add_ours(struct pf_default_ledger *l, const char *name)
{
	size_t i = find_ours(l, name);
	if (i == PF_DEFAULT_OURS_MAX)
		i = 0;
	if (i < l->ours_count)
		memmove(l->ours[i], l->ours[i + 1], sizeof(l->ours[0]) * (--l->ours_count - i));
	snprintf(l->ours[l->ours_count++], sizeof(l->ours[0]), "%s", name);
}

static bool is_restorable(const struct pf_default_ledger *l, const char *name)
{
	return name[0] && strncmp(name, PF_DEFAULT_OWN_PREFIX, strlen(PF_DEFAULT_OWN_PREFIX)) != 0 &&
	       !is_ours(l, name);
}

static void capture(struct pf_default_ledger *l, const char *name)
{
	snprintf(l->previous, sizeof(l->previous), "%s", is_restorable(l, name) ? name : "");
	l->captured = true;
}

static void forget_debt(struct pf_default_ledger *l)
{
	l->owed = l->captured = false;
	l->previous[0] = 0;
	l->ours_count = 0;
}

void pf_default_ledger_claim(struct pf_default_ledger *l, struct pf_default_claim *claim)
{
	claim->overruled = false;
	claim->older = l->newest;
	l->newest = claim;
	if (!l->owed && l->known)
		capture(l, l->value);
	l->owed = true;
	add_ours(l, claim->node);
}

void pf_default_ledger_release(struct pf_default_ledger *l, struct pf_default_claim *claim)
{
	struct pf_default_claim **at = &l->newest;
	while (*at && *at != claim)
		at = &(*at)->older;
	if (*at)
		*at = claim->older;
	const struct pf_default_claim *next = standing(l);
	if (next)
		add_ours(l, next->node);
	/* Nothing was written for it yet, so nothing is there to undo. */
	if (l->known && l->settled && !l->flying && !next && !is_ours(l, l->value))
		forget_debt(l);
}

static void overrule(struct pf_default_ledger *l)
{
	for (struct pf_default_claim *c = l->newest; c; c = c->older)
		c->overruled = true;
	forget_debt(l);
}

/* A name that is not ours stands there; instead: of one of ours, which has been there. */
static void meet_foreign(struct pf_default_ledger *l, bool instead)
{
	if (!standing(l)) {
		if (l->settled)
			forget_debt(l);
	} else if (l->settled && l->captured && instead) {
		overrule(l);
	} else if (l->settled || !l->captured || is_restorable(l, l->value)) {
		capture(l, l->value);
	}
}

void pf_default_ledger_observe(struct pf_default_ledger *l, const char *name)
{
	bool instead = l->known && is_ours(l, l->value);
	l->known = true;
	snprintf(l->value, sizeof(l->value), "%s", name);
	bool landed = l->flying && !strcmp(l->value, l->written);
	bool passing = l->flying && !landed;
	if (landed)
		l->flying = false;
	/* What was there before ours came is no choice against it; yet a session manager that remembers late is heard. */
	if (l->owed && !is_ours(l, l->value) && !(passing && l->settled))
		meet_foreign(l, instead);
}

void pf_default_ledger_look(struct pf_default_ledger *l, const char *name)
{
	if (l->flying) /* it has been there, seen or not */
		snprintf(l->value, sizeof(l->value), "%s", l->written);
	l->flying = false;
	pf_default_ledger_observe(l, name);
}

void pf_default_ledger_settle(struct pf_default_ledger *l)
{
	l->settled = true;
	if (l->owed && l->known && !l->flying && !standing(l) && !is_ours(l, l->value))
		forget_debt(l);
}

void pf_default_ledger_lose(struct pf_default_ledger *l)
{
	l->known = l->settled = l->flying = false;
}

const char *pf_default_ledger_next(const struct pf_default_ledger *l)
{
	const char *there = l->flying ? l->written : l->value;
	const struct pf_default_claim *c = standing(l);
	const char *wanted = c ? c->node : is_ours(l, there) ? l->previous : there;
	return l->known && strcmp(wanted, there) != 0 ? wanted : NULL;
}

void pf_default_ledger_wrote(struct pf_default_ledger *l, const char *name)
{
	snprintf(l->written, sizeof(l->written), "%s", name);
	l->flying = true;
}
