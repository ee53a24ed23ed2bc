#include "input/backlog.h"

#include "input/amount.h"

#define ROOM (PF_BACKLOG_EVENTS + PF_BACKLOG_RELEASES)

static bool is_held(const struct pf_backlog_event *e)
{
	return e->kind == PF_BACKLOG_KEY || e->kind == PF_BACKLOG_BUTTON;
}

/* Keys and the few buttons have numbers of their own. */
static unsigned place_of(const struct pf_backlog_event *e)
{
	return (e->kind == PF_BACKLOG_BUTTON ? PF_BACKLOG_CODES - 8 : 0) + e->code;
}

/* True when it is a release of what was never pressed. */
static bool note(struct pf_backlog *b, const struct pf_backlog_event *e, bool refused)
{
	unsigned place = place_of(e);
	uint8_t *byte = &b->refused[place / 8 % sizeof(b->refused)], bit = (uint8_t)(1u << place % 8);
	bool was = *byte & bit;
	*byte = (uint8_t)(refused ? *byte | bit : *byte & ~bit);
	return was && !e->on;
}

/* Into the event before it: distances add up, and of positions the last one counts. */
static bool merge(struct pf_backlog_event *last, const struct pf_backlog_event *e)
{
	if (last->kind != e->kind || (e->kind != PF_BACKLOG_MOVE && e->kind != PF_BACKLOG_PLACE))
		return false;
	if (e->kind == PF_BACKLOG_PLACE) {
		*last = *e;
	} else {
		last->x = pf_amount_add(last->x, e->x);
		last->y = pf_amount_add(last->y, e->y);
	}
	return true;
}

bool pf_backlog_push(struct pf_backlog *b, const struct pf_backlog_event *e)
{
	if (b->count > 0 && merge(&b->event[(b->first + b->count - 1) % ROOM], e))
		return true;
	bool release = is_held(e) && !e->on;
	bool refused = b->count >= (release ? ROOM : PF_BACKLOG_EVENTS);
	if (is_held(e) && note(b, e, refused && !release))
		return true;
	if (refused)
		return false;
	b->event[(b->first + b->count++) % ROOM] = *e;
	return true;
}

void pf_backlog_texts(const struct pf_backlog *b, void (*each)(void *user, uint32_t scalar), void *user)
{
	for (unsigned i = 0; i < b->count; i++) {
		const struct pf_backlog_event *e = &b->event[(b->first + i) % ROOM];
		if (e->kind == PF_BACKLOG_TEXT)
			each(user, e->code);
	}
}

bool pf_backlog_pop(struct pf_backlog *b, struct pf_backlog_event *out)
{
	if (b->count == 0)
		return false;
	*out = b->event[b->first];
	b->first = (b->first + 1) % ROOM;
	b->count--;
	return true;
}
