#include "input/router.h"

#include "input/amount.h"

#define FULL_PRESSURE 65535

void pf_router_init(struct pf_router *r, enum pf_key_dialect dialect)
{
	*r = (struct pf_router){.dialect = dialect, .pointing = -1};
}

void pf_router_aim(struct pf_router *r, struct pf_input *backend)
{
	pf_router_release_all(r);
	r->backend = backend;
}

/* --- keys and buttons --- */

/* What the pointer did before anything else happens. */
static void send_motion(struct pf_router *r)
{
	if (r->pending.placed)
		r->backend->impl->place(
			r->backend, r->pending.x, r->pending.y, r->pending.width, r->pending.height);
	if (r->pending.moved)
		r->backend->impl->move(r->backend, r->pending.dx, r->pending.dy);
	r->pending.placed = r->pending.moved = false;
	r->pending.dx = r->pending.dy = 0;
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
	send_motion(r);
	r->backend->impl->key(r->backend, code, down);
}

static void set_button(struct pf_router *r, enum pf_button button, bool down)
{
	unsigned bit = 1u << button;
	if (down == ((r->held_buttons & bit) != 0))
		return;
	r->held_buttons ^= bit;
	send_motion(r);
	r->backend->impl->button(r->backend, button, down);
}

/* --- pointer --- */

static uint32_t inside(int32_t value, uint32_t limit)
{
	return value < 0 ? 0 : (uint32_t)value > limit ? limit : (uint32_t)value;
}

static void move(struct pf_router *r, int dx, int dy)
{
	r->pending.dx = pf_amount_add(r->pending.dx, dx);
	r->pending.dy = pf_amount_add(r->pending.dy, dy);
	r->pending.moved = true;
}

/* Where it was going until now does not matter, but how it moved does to who reads motion alone. */
static void place(struct pf_router *r, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	if (r->pending.moved)
		send_motion(r);
	r->pending.placed = true;
	r->pending.x = x;
	r->pending.y = y;
	r->pending.width = width;
	r->pending.height = height;
}

static void handle_place(struct pf_router *r, const struct pf_input_event *e)
{
	struct pf_surface s = pf_input_surface(e);
	if (s.width_px > 0 && s.height_px > 0)
		place(r, inside(e->x, s.width_px), inside(e->y, s.height_px), s.width_px, s.height_px);
}

/* Clients may send any number. */
static int within(int64_t amount)
{
	return (int)(amount > PF_SCROLL_MAX    ? PF_SCROLL_MAX
		     : amount < -PF_SCROLL_MAX ? -PF_SCROLL_MAX
					       : amount);
}

/* The old message: its precise kind has ten pixels a detent, as fingers scroll. */
static void handle_wheel(struct pf_router *r, const struct pf_input_event *e)
{
	enum pf_scroll_axis axis = (enum pf_scroll_axis)e->code;
	send_motion(r);
	if (e->flags & 1)
		r->backend->impl->finger_scroll(r->backend, axis, within((int64_t)e->x * 256 / 12), false);
	else
		r->backend->impl->wheel(r->backend, axis, within(e->x));
}

static void handle_scroll(struct pf_router *r, const struct pf_input_event *e)
{
	enum pf_scroll_axis axis = (enum pf_scroll_axis)e->code;
	enum pf_scroll_source source = pf_input_scroll_source(e);
	enum pf_scroll_phase phase = pf_input_scroll_phase(e);
	bool end = phase == PF_SCROLL_END || phase == PF_SCROLL_CANCEL || phase == PF_SCROLL_MOMENTUM_END;
	send_motion(r);
	if (source == PF_SCROLL_UNKNOWN || source == PF_SCROLL_WHEEL)
		r->backend->impl->wheel(r->backend, axis, e->x / 256);
	else
		r->backend->impl->finger_scroll(r->backend, axis, within(e->x), end);
}

/* --- fingers and the pen --- */

/* Where there is no touch, the first finger is the pointer with its left button. */
static void point(struct pf_router *r, int slot, const struct pf_finger *f)
{
	if (f->phase == PF_TOUCH_DOWN && r->pointing < 0)
		r->pointing = slot;
	if (slot != r->pointing)
		return;
	if (f->phase != PF_TOUCH_UP)
		place(r, (uint32_t)(f->x * FULL_PRESSURE), (uint32_t)(f->y * FULL_PRESSURE), FULL_PRESSURE,
			FULL_PRESSURE);
	if (f->phase != PF_TOUCH_MOVE)
		set_button(r, PF_BUTTON_LEFT, f->phase == PF_TOUCH_DOWN);
	if (f->phase == PF_TOUCH_UP)
		r->pointing = -1;
}

static void touch(struct pf_router *r, int slot, const struct pf_finger *f)
{
	const struct pf_touch t = {
		.phase = f->phase, .slot = (unsigned)slot, .x = f->x, .y = f->y, .pressure = f->pressure};
	send_motion(r);
	r->backend->impl->touch(r->backend, &t);
}

void pf_router_finger(struct pf_router *r, const struct pf_finger *f)
{
	if (!r->backend)
		return;
	struct pf_finger now = *f;
	int slot = pf_contacts_find(&r->fingers, f->id);
	if (f->phase == PF_TOUCH_DOWN && slot >= 0)
		now.phase = PF_TOUCH_MOVE;
	else if (f->phase == PF_TOUCH_DOWN)
		slot = pf_contacts_add(&r->fingers, f->id, PF_TOUCH_SLOTS);
	if (slot < 0)
		return;
	if (now.phase == PF_TOUCH_UP)
		pf_contacts_remove(&r->fingers, slot);
	if (r->backend->takes & PF_INPUT_TAKES_TOUCH)
		touch(r, slot, &now);
	else
		point(r, slot, &now);
}

static void handle_touch(struct pf_router *r, const struct pf_input_event *e)
{
	static const enum pf_touch_phase phases[] = {
		[PF_INPUT_TOUCH_DOWN] = PF_TOUCH_DOWN,
		[PF_INPUT_TOUCH_MOVE] = PF_TOUCH_MOVE,
		[PF_INPUT_TOUCH_UP] = PF_TOUCH_UP,
	};
	struct pf_finger f = {.phase = phases[e->kind], .id = e->code, .pressure = FULL_PRESSURE};
	struct pf_surface s = pf_input_surface(e);
	if (f.phase != PF_TOUCH_UP) {
		if (s.width_px == 0 || s.height_px == 0)
			return;
		f.x = (float)inside(e->x, s.width_px) / (float)s.width_px;
		f.y = (float)inside(e->y, s.height_px) / (float)s.height_px;
	}
	pf_router_finger(r, &f);
}

static void send_pen(void *user, const struct pf_pen *pen)
{
	struct pf_router *r = user;
	send_motion(r);
	r->backend->impl->pen(r->backend, pen);
}

static bool takes_pen(const struct pf_router *r)
{
	return r->backend && r->backend->takes & PF_INPUT_TAKES_PEN;
}

static void handle_pen(struct pf_router *r, const struct pf_rich_input *e, int64_t now_ns)
{
	const struct pf_pen_sink sink = {send_pen, r};
	struct pf_pen_batch batch = e->pen;
	if (takes_pen(r))
		pf_pen_stream_batch(&r->pen, &batch, now_ns, &sink);
}

/* --- all of them --- */

static void handle_text(struct pf_router *r, const struct pf_input_event *e)
{
	send_motion(r);
	if (r->backend->takes & PF_INPUT_TAKES_TEXT)
		r->backend->impl->text(r->backend, e->code);
}

static void to_backend(struct pf_router *r, const struct pf_input_event *e)
{
	switch (e->kind) {
	case PF_INPUT_KEY_DOWN:
	case PF_INPUT_KEY_UP:
		handle_key(r, e);
		break;
	case PF_INPUT_MOVE:
		move(r, e->x, e->y);
		break;
	case PF_INPUT_MOVE_ABS:
		handle_place(r, e);
		break;
	case PF_INPUT_BUTTON_DOWN:
	case PF_INPUT_BUTTON_UP:
		set_button(r, (enum pf_button)e->code, e->kind == PF_INPUT_BUTTON_DOWN);
		break;
	case PF_INPUT_WHEEL:
		handle_wheel(r, e);
		break;
	case PF_INPUT_SCROLL:
		handle_scroll(r, e);
		break;
	case PF_INPUT_TEXT:
		handle_text(r, e);
		break;
	case PF_INPUT_TOUCH_DOWN:
	case PF_INPUT_TOUCH_MOVE:
	case PF_INPUT_TOUCH_UP:
		handle_touch(r, e);
		break;
	default:
		break;
	}
}

static bool is_of_pad(enum pf_input_kind kind)
{
	return pf_input_grant(kind) == PF_GRANT_GAMEPAD;
}

void pf_router_event(struct pf_router *r, const struct pf_input_event *e)
{
	if (is_of_pad(e->kind) && r->pads)
		pf_pad_seat_event(r->pads, e);
	else if (r->backend)
		to_backend(r, e);
}

void pf_router_rich(struct pf_router *r, const struct pf_rich_input *e, int64_t now_ns)
{
	if (e->kind == PF_RICH_PEN)
		handle_pen(r, e, now_ns);
	else if (r->pads)
		pf_pad_seat_rich(r->pads, e, now_ns);
}

int pf_router_flush(struct pf_router *r)
{
	if (r->pads)
		pf_pad_seat_flush(r->pads);
	if (!r->backend)
		return PF_OK;
	send_motion(r);
	return r->backend->impl->flush(r->backend);
}

int64_t pf_router_tick(struct pf_router *r, int64_t now_ns)
{
	const struct pf_pen_sink sink = {send_pen, r};
	int64_t pads_ns = r->pads ? pf_pad_seat_tick(r->pads, now_ns) : INT64_MAX;
	int64_t pen_ns = takes_pen(r) ? pf_pen_stream_tick(&r->pen, now_ns, &sink) : INT64_MAX;
	return pads_ns < pen_ns ? pads_ns : pen_ns;
}

int64_t pf_router_due_ns(const struct pf_router *r)
{
	return r->backend && r->backend->impl->due_ns ? r->backend->impl->due_ns(r->backend) : INT64_MAX;
}

/* --- the end --- */

static void release_keys(struct pf_router *r)
{
	for (unsigned code = 0; code < PF_ROUTER_KEYS; code++) {
		if (r->held_keys[code / 64] >> code % 64 & 1)
			r->backend->impl->key(r->backend, code, false);
	}
	for (unsigned i = 0; i < PF_ROUTER_KEYS / 64; i++)
		r->held_keys[i] = 0;
}

void pf_router_lift_fingers(struct pf_router *r)
{
	for (int slot = 0; slot < PF_CONTACTS_MAX; slot++) {
		const struct pf_finger up = {.phase = PF_TOUCH_UP, .id = r->fingers.id[slot]};
		if (r->fingers.used >> slot & 1)
			pf_router_finger(r, &up);
	}
}

void pf_router_release_all(struct pf_router *r)
{
	const struct pf_pen_sink sink = {send_pen, r};
	if (!r->backend)
		return;
	pf_router_lift_fingers(r);
	if (takes_pen(r))
		pf_pen_stream_leave(&r->pen, &sink);
	release_keys(r);
	for (unsigned b = PF_BUTTON_LEFT; b <= PF_BUTTON_FORWARD; b++)
		set_button(r, (enum pf_button)b, false);
	pf_router_flush(r);
}
