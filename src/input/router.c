#include "input/router.h"

void pf_router_init(struct pf_router *r, enum pf_key_dialect dialect)
{
	*r = (struct pf_router){.dialect = dialect};
}

void pf_router_aim(struct pf_router *r, struct pf_input *backend)
{
	pf_router_release_all(r);
	r->backend = backend;
}

static void handle_key(struct pf_router *r, const struct pf_input_event *e)
{
	unsigned code = pf_virtual_key_evdev(e->code, r->dialect);
	bool down = e->kind == PF_INPUT_KEY_DOWN;
	if (code == 0 || code >= PF_ROUTER_KEYS)
		return;
	uint64_t bit = UINT64_C(1) << code % 64, *word = &r->held_keys[code / 64];
	if (down == ((*word & bit) != 0))
		return; /* repeats are the compositor's business */
	*word ^= bit;
	r->backend->impl->key(r->backend, code, down);
}

static void handle_button(struct pf_router *r, const struct pf_input_event *e)
{
	unsigned bit = 1u << e->code;
	bool down = e->kind == PF_INPUT_BUTTON_DOWN;
	if (down == ((r->held_buttons & bit) != 0))
		return;
	r->held_buttons ^= bit;
	r->backend->impl->button(r->backend, (enum pf_button)e->code, down);
}

static uint32_t inside(int32_t value, uint32_t limit)
{
	return value < 0 ? 0 : (uint32_t)value > limit ? limit : (uint32_t)value;
}

static void handle_place(struct pf_router *r, const struct pf_input_event *e)
{
	struct pf_surface s = pf_input_surface(e);
	if (s.width_px == 0 || s.height_px == 0)
		return;
	r->backend->impl->place(
		r->backend, inside(e->x, s.width_px), inside(e->y, s.height_px), s.width_px, s.height_px);
}

/* The old message: its precise kind has ten pixels a detent, as fingers scroll. */
static void handle_wheel(struct pf_router *r, const struct pf_input_event *e)
{
	enum pf_scroll_axis axis = (enum pf_scroll_axis)e->code;
	if (e->flags & 1)
		r->backend->impl->finger_scroll(r->backend, axis, (int)((int64_t)e->x * 256 / 12), false);
	else
		r->backend->impl->wheel(r->backend, axis, e->x);
}

static void handle_scroll(struct pf_router *r, const struct pf_input_event *e)
{
	enum pf_scroll_axis axis = (enum pf_scroll_axis)e->code;
	enum pf_scroll_source source = pf_input_scroll_source(e);
	enum pf_scroll_phase phase = pf_input_scroll_phase(e);
	bool end = phase == PF_SCROLL_END || phase == PF_SCROLL_CANCEL || phase == PF_SCROLL_MOMENTUM_END;
	if (source == PF_SCROLL_UNKNOWN || source == PF_SCROLL_WHEEL)
		r->backend->impl->wheel(r->backend, axis, e->x / 256);
	else
		r->backend->impl->finger_scroll(r->backend, axis, e->x, end);
}

void pf_router_event(struct pf_router *r, const struct pf_input_event *e)
{
	if (!r->backend)
		return;
	switch (e->kind) {
	case PF_INPUT_KEY_DOWN:
	case PF_INPUT_KEY_UP:
		handle_key(r, e);
		break;
	case PF_INPUT_MOVE:
		r->backend->impl->move(r->backend, e->x, e->y);
		break;
	case PF_INPUT_MOVE_ABS:
		handle_place(r, e);
		break;
	case PF_INPUT_BUTTON_DOWN:
	case PF_INPUT_BUTTON_UP:
		handle_button(r, e);
		break;
	case PF_INPUT_WHEEL:
		handle_wheel(r, e);
		break;
	case PF_INPUT_SCROLL:
		handle_scroll(r, e);
		break;
	case PF_INPUT_TEXT:
		r->backend->impl->text(r->backend, e->code);
		break;
	case PF_INPUT_PAD_BUTTON:
	case PF_INPUT_PAD_AXIS:
	case PF_INPUT_PAD_STATE:
	case PF_INPUT_PAD_REMOVED:
	case PF_INPUT_PAD_ARRIVED:
	case PF_INPUT_TOUCH_DOWN:
	case PF_INPUT_TOUCH_MOVE:
	case PF_INPUT_TOUCH_UP:
		if (r->backend->impl->other)
			r->backend->impl->other(r->backend, e);
		break;
	}
}

void pf_router_rich(struct pf_router *r, const struct pf_rich_input *e)
{
	if (r->backend && r->backend->impl->rich)
		r->backend->impl->rich(r->backend, e);
}

void pf_router_flush(struct pf_router *r)
{
	if (r->backend)
		r->backend->impl->flush(r->backend);
}

void pf_router_release_all(struct pf_router *r)
{
	for (unsigned code = 0; code < PF_ROUTER_KEYS; code++) {
		if (r->backend && r->held_keys[code / 64] >> code % 64 & 1)
			r->backend->impl->key(r->backend, code, false);
	}
	for (unsigned b = PF_BUTTON_LEFT; b <= PF_BUTTON_FORWARD; b++) {
		if (r->backend && r->held_buttons >> b & 1)
			r->backend->impl->button(r->backend, (enum pf_button)b, false);
	}
	pf_router_flush(r);
	for (unsigned i = 0; i < PF_ROUTER_KEYS / 64; i++)
		r->held_keys[i] = 0;
	r->held_buttons = 0;
}
