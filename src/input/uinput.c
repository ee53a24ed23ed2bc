/*
 * Input through devices of the kernel: for compositors that take it no other way. Buttons and wheels go through
 * whichever device has moved the pointer last, because programs keep no order between devices.
 */
#include <math.h>
#include <stdlib.h>

#include "input/amount.h"
#include "input/input.h"
#include "input/keymap.h"
#include "input/layout.h"
#include "input/uinput_devices.h"
#include "input/virtual_key.h"
#include "os/uinput.h"

#define UNITS_A_DETENT  120
#define PIXELS_A_DETENT 15
#define PIXEL_UNITS     256 /* of finger_scroll */
#define KEY_WORDS       (KEY_CNT / 64)
#define AWAY            0 /* no tool of the pen */

struct contact {
	bool down;
	uint32_t serial; /* counts up */
	int32_t x, y;
};

struct uinput {
	struct pf_input base;
	int fd[PF_DEVS];
	uint64_t held_keys[KEY_WORDS];
	enum pf_uinput_device moved_last;                     /* mouse or pointer */
	enum pf_uinput_device held_on[PF_BUTTON_FORWARD + 1]; /* a button's device; keyboard: it is up */
	int detent_residue[2], finger_residue[2];             /* of each axis */
	struct contact contact[PF_TOUCH_SLOTS];
	uint32_t contacts; /* that there ever were */
	unsigned pen_tool;
	struct xkb_context *context;
	struct pf_layout layout;
};

static struct uinput *from_base(struct pf_input *in)
{
	return (struct uinput *)in;
}

/* --- keys --- */

static bool is_held(const struct uinput *u, unsigned code)
{
	return u->held_keys[code / 64] >> code % 64 & 1;
}

static void key(struct pf_input *in, unsigned code, bool down)
{
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	if (is_held(u, code) != down)
		u->held_keys[code / 64] ^= UINT64_C(1) << code % 64;
	pf_uinput_put(&b, EV_KEY, code, down);
	pf_uinput_send(&b, u->fd[PF_DEV_KEYBOARD]);
}

/* What the client holds would change the character: it is let go meanwhile. */
static void put_held_modifiers(const struct uinput *u, struct pf_uinput_batch *b, bool down)
{
	for (unsigned i = 0; i < PF_MODIFIER_KEYS; i++) {
		if (is_held(u, pf_modifier_keys[i]))
			pf_uinput_put(b, EV_KEY, pf_modifier_keys[i], down);
	}
}

static bool can_type(const struct pf_stroke *s)
{
	for (unsigned i = 0; i < s->modifiers; i++) {
		if (!pf_uinput_devices_have_key(s->modifier[i]))
			return false;
	}
	return pf_uinput_devices_have_key(s->code);
}

static void text(struct pf_input *in, uint32_t scalar)
{
	struct uinput *u = from_base(in);
	int fd = u->fd[PF_DEV_KEYBOARD];
	struct pf_uinput_batch b = {.count = 0};
	struct pf_stroke s;
	if (scalar < 0x20 || scalar == 0x7f || !pf_layout_find(&u->layout, scalar, &s) || !can_type(&s))
		return;
	put_held_modifiers(u, &b, false);
	for (unsigned i = 0; i < s.modifiers; i++)
		pf_uinput_put(&b, EV_KEY, s.modifier[i], 1);
	pf_uinput_send(&b, fd);
	pf_uinput_put(&b, EV_KEY, s.code, 1);
	pf_uinput_send(&b, fd);
	pf_uinput_put(&b, EV_KEY, s.code, 0);
	pf_uinput_send(&b, fd);
	for (unsigned i = 0; i < s.modifiers; i++)
		pf_uinput_put(&b, EV_KEY, s.modifier[i], 0);
	put_held_modifiers(u, &b, true);
	pf_uinput_send(&b, fd);
}

/* --- pointer --- */

static void move(struct pf_input *in, int dx, int dy)
{
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	u->moved_last = PF_DEV_MOUSE;
	pf_uinput_put(&b, EV_REL, REL_X, dx);
	pf_uinput_put(&b, EV_REL, REL_Y, dy);
	pf_uinput_send(&b, u->fd[PF_DEV_MOUSE]);
}

static int32_t on_surface(uint32_t at, uint32_t size)
{
	return (int32_t)((uint64_t)at * PF_SURFACE_MAX / size);
}

static void place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	u->moved_last = PF_DEV_POINTER;
	pf_uinput_put(&b, EV_ABS, ABS_X, on_surface(x, width));
	pf_uinput_put(&b, EV_ABS, ABS_Y, on_surface(y, height));
	pf_uinput_send(&b, u->fd[PF_DEV_POINTER]);
}

static void button(struct pf_input *in, enum pf_button which, bool down)
{
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	enum pf_uinput_device device = down ? u->moved_last : u->held_on[which];
	if (device == PF_DEV_KEYBOARD)
		return;
	u->held_on[which] = down ? device : PF_DEV_KEYBOARD;
	pf_uinput_put(&b, EV_KEY, pf_button_evdev(which), down);
	pf_uinput_send(&b, u->fd[device]);
}

static void wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	bool vertical = axis == PF_SCROLL_VERTICAL;
	int detents = pf_amount_take_whole(&u->detent_residue[axis], amount, UNITS_A_DETENT);
	pf_uinput_put(&b, EV_REL, vertical ? REL_WHEEL_HI_RES : REL_HWHEEL_HI_RES, amount);
	if (detents)
		pf_uinput_put(&b, EV_REL, vertical ? REL_WHEEL : REL_HWHEEL, detents);
	pf_uinput_send(&b, u->fd[u->moved_last]);
}

/* The kernel knows no such thing: a fine wheel comes nearest. */
static void finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	struct uinput *u = from_base(in);
	if (end) {
		u->finger_residue[axis] = 0;
		return;
	}
	int units = pf_amount_take_whole(
		&u->finger_residue[axis], amount, PIXELS_A_DETENT * PIXEL_UNITS / UNITS_A_DETENT);
	if (units)
		wheel(in, axis, units);
}

/* --- touch --- */

static int32_t across(float at)
{
	return (int32_t)lroundf(fminf(fmaxf(at, 0), 1) * PF_SURFACE_MAX);
}

/* For programs that know one finger only: the one that has been there longest. */
static void put_single_touch(const struct uinput *u, struct pf_uinput_batch *b)
{
	const struct contact *first = NULL;
	for (unsigned i = 0; i < PF_TOUCH_SLOTS; i++) {
		const struct contact *c = &u->contact[i];
		if (c->down && (!first || (int32_t)(c->serial - first->serial) < 0))
			first = c;
	}
	pf_uinput_put(b, EV_KEY, BTN_TOUCH, first != NULL);
	if (first) {
		pf_uinput_put(b, EV_ABS, ABS_X, first->x);
		pf_uinput_put(b, EV_ABS, ABS_Y, first->y);
	}
}

static void touch(struct pf_input *in, const struct pf_touch *t)
{
	struct uinput *u = from_base(in);
	struct contact *c = &u->contact[t->slot];
	struct pf_uinput_batch b = {.count = 0};
	bool begins = t->phase == PF_TOUCH_DOWN && !c->down;
	if (!c->down && !begins)
		return;
	c->down = t->phase != PF_TOUCH_UP;
	pf_uinput_put(&b, EV_ABS, ABS_MT_SLOT, (int32_t)t->slot);
	if (begins)
		c->serial = u->contacts++;
	if (begins || !c->down)
		pf_uinput_put(&b, EV_ABS, ABS_MT_TRACKING_ID, c->down ? (int32_t)(c->serial & 0xFFFF) : -1);
	if (c->down) {
		c->x = across(t->x);
		c->y = across(t->y);
		pf_uinput_put(&b, EV_ABS, ABS_MT_POSITION_X, c->x);
		pf_uinput_put(&b, EV_ABS, ABS_MT_POSITION_Y, c->y);
		/* Without any it would only hover. */
		pf_uinput_put(&b, EV_ABS, ABS_MT_PRESSURE, t->pressure ? t->pressure : 1);
	}
	put_single_touch(u, &b);
	pf_uinput_send(&b, u->fd[PF_DEV_TOUCH]);
}

/* --- pen --- */

/* libinput adds the 90 degrees at which the art pen's zero lies. */
static int32_t roll_units(uint16_t degrees)
{
	return (degrees + 270) % 360 * PF_PEN_ROLL_A_DEGREE + PF_PEN_ROLL_MIN;
}

/* 0 is on the surface. */
static int32_t distance(const struct pf_pen *pen)
{
	if (pen->touching)
		return 0;
	return pen->hover == PF_PEN_UNKNOWN ? 1 : pen->hover + 1;
}

static void put_axes(struct pf_uinput_batch *b, const struct pf_pen *pen)
{
	pf_uinput_put(b, EV_ABS, ABS_X, across(pen->x));
	pf_uinput_put(b, EV_ABS, ABS_Y, across(pen->y));
	pf_uinput_put(b, EV_ABS, ABS_PRESSURE, pen->touching ? pen->pressure : 0);
	pf_uinput_put(b, EV_ABS, ABS_DISTANCE, distance(pen));
	pf_uinput_put(b, EV_ABS, ABS_TILT_X, pen->tilt_x_deg);
	pf_uinput_put(b, EV_ABS, ABS_TILT_Y, pen->tilt_y_deg);
	if (pen->roll_deg != PF_PEN_UNKNOWN)
		pf_uinput_put(b, EV_ABS, ABS_Z, roll_units(pen->roll_deg));
}

static void pen(struct pf_input *in, const struct pf_pen *p)
{
	static const struct pf_pen nothing = {.hover = PF_PEN_UNKNOWN};
	struct uinput *u = from_base(in);
	struct pf_uinput_batch b = {.count = 0};
	if (!p->near && u->pen_tool == AWAY)
		return;
	if (u->pen_tool == AWAY)
		u->pen_tool = p->eraser ? BTN_TOOL_RUBBER : BTN_TOOL_PEN;
	const struct pf_pen *now = p->near ? p : &nothing;
	if (p->near)
		put_axes(&b, p);
	else
		pf_uinput_put(&b, EV_ABS, ABS_PRESSURE, 0);
	pf_uinput_put(&b, EV_KEY, u->pen_tool, p->near);
	pf_uinput_put(&b, EV_KEY, BTN_TOUCH, now->touching);
	pf_uinput_put(&b, EV_KEY, BTN_STYLUS, now->barrel_1);
	pf_uinput_put(&b, EV_KEY, BTN_STYLUS2, now->barrel_2);
	pf_uinput_send(&b, u->fd[PF_DEV_PEN]);
	if (!p->near)
		u->pen_tool = AWAY;
}

/* --- life --- */

static int flush(struct pf_input *in)
{
	return PF_OK; /* each call goes out at once */
}

/* The kernel lets go of what is held when a device ends, and so do those who read it. */
static void destroy(struct pf_input *in)
{
	struct uinput *u = from_base(in);
	pf_uinput_devices_close(u->fd);
	pf_layout_finish(&u->layout);
	xkb_context_unref(u->context);
	free(u);
}

static const struct pf_input_impl uinput_impl = {
	.name = "uinput",
	.key = key,
	.move = move,
	.place = place,
	.button = button,
	.wheel = wheel,
	.finger_scroll = finger_scroll,
	.text = text,
	.touch = touch,
	.pen = pen,
	.flush = flush,
	.destroy = destroy,
};

static int open_layout(struct uinput *u, struct pf_reason *reason)
{
	u->context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = u->context ? pf_keymap_system(u->context) : NULL;
	bool made = keymap && pf_layout_init(&u->layout, keymap);
	xkb_keymap_unref(keymap);
	return made ? PF_OK
		    : pf_reason(reason, PF_ERR_NOMEM, "no keymap can be made: is xkb-data installed?");
}

int pf_input_uinput_probe(struct pf_reason *reason)
{
	return pf_uinput_probe(reason);
}

int pf_input_uinput_create(struct pf_input **out, const char *label, struct pf_reason *reason)
{
	struct uinput *u = calloc(1, sizeof(*u));
	if (!u)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	u->base.impl = &uinput_impl;
	u->base.takes = PF_INPUT_TAKES_TEXT | PF_INPUT_TAKES_TOUCH | PF_INPUT_TAKES_PEN;
	u->moved_last = PF_DEV_MOUSE;
	int rc = open_layout(u, reason);
	if (rc == PF_OK)
		rc = pf_uinput_devices_open(u->fd, label, reason);
	if (rc < 0) {
		pf_layout_finish(&u->layout);
		xkb_context_unref(u->context);
		free(u);
		return rc;
	}
	*out = &u->base;
	return PF_OK;
}
