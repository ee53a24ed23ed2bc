/*
 * Virtual keyboard and pointer of wlroots. Both exist from the start: a seat gains its keyboard with the first one, and
 * programs need a moment to notice. Text has a keyboard of its own, whose keymap grows with the characters.
 *
 * A compositor that is busy takes a few hundred requests; libwayland ends the connection when more are made than its
 * own small buffer holds. So events wait in a backlog while the socket is full.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/wayland.h"
#include "input/amount.h"
#include "input/backlog.h"
#include "input/input.h"
#include "input/keymap.h"
#include "input/virtual_key.h"
#include "os/clock.h"
#include "virtual-keyboard-unstable-v1.h"
#include "wlr-virtual-pointer-unstable-v1.h"

#define CONNECT_NS      INT64_C(3000000000)
#define FAREWELL_NS     INT64_C(500000000)
#define PIXELS_A_DETENT 15
#define UNITS_A_DETENT  120
#define XKB_CODE_OFFSET 8
#define SOURCE_WHEEL    0 /* of wl_pointer.axis_source */
#define SOURCE_FINGER   1
#define TEXT_NS         INT64_C(2000000) /* from one character to the next of a long text */
#define TEXT_BURST      32               /* so many come at once */
#define MOVE_MAX        (1 << 20)
#define UNSENT_MAX      8 /* events between two flushes: far less than libwayland's buffer holds */

struct wlr {
	struct pf_input base;
	struct pf_wayland wayland;
	struct zwp_virtual_keyboard_v1 *keyboard, *typist;
	struct zwlr_virtual_pointer_v1 *pointer;
	struct xkb_context *context;
	struct xkb_keymap *keymap;
	struct xkb_state *state;
	struct pf_text_keys text_keys;
	int residue[2]; /* of each axis, below a detent */
	unsigned unsent;
	bool full;       /* the socket */
	int64_t text_ns; /* when the text so far is due by its pace; ahead of now: all else waits */
	struct pf_backlog backlog;
};

static struct wlr *from_base(struct pf_input *in)
{
	return (struct wlr *)in;
}

static uint32_t now_ms(void)
{
	return (uint32_t)(pf_now_ns() / 1000000);
}

/* --- keys --- */

static void tell_modifiers(struct wlr *w, struct zwp_virtual_keyboard_v1 *keyboard)
{
	zwp_virtual_keyboard_v1_modifiers(keyboard,
		xkb_state_serialize_mods(w->state, XKB_STATE_MODS_DEPRESSED),
		xkb_state_serialize_mods(w->state, XKB_STATE_MODS_LATCHED),
		xkb_state_serialize_mods(w->state, XKB_STATE_MODS_LOCKED),
		xkb_state_serialize_layout(w->state, XKB_STATE_LAYOUT_EFFECTIVE));
}

static void emit_key(struct wlr *w, uint32_t code, bool down)
{
	zwp_virtual_keyboard_v1_key(w->keyboard, now_ms(), code,
		down ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	xkb_state_update_key(w->state, code + XKB_CODE_OFFSET, down ? XKB_KEY_DOWN : XKB_KEY_UP);
	tell_modifiers(w, w->keyboard);
}

static int send_keymap(struct zwp_virtual_keyboard_v1 *keyboard, const char *text)
{
	size_t size;
	int fd = pf_keymap_fd(text, &size);
	if (fd < 0)
		return fd;
	zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)size);
	close(fd);
	return PF_OK;
}

static void expect(void *user, uint32_t scalar)
{
	struct wlr *w = user;
	pf_text_keys_expect(&w->text_keys, scalar);
}

/*
 * A new keymap costs the compositor and the program milliseconds, so each one takes along all characters that wait, and
 * what comes behind it waits until the compositor has worked it off.
 */
static void emit_text(struct wlr *w, uint32_t scalar)
{
	bool grown;
	unsigned code = pf_text_keys_find(&w->text_keys, scalar, &grown);
	if (grown) {
		pf_backlog_texts(&w->backlog, expect, w);
		char *keymap = pf_text_keys_keymap(&w->text_keys);
		int rc = keymap ? send_keymap(w->typist, keymap) : PF_ERR_NOMEM;
		free(keymap);
		if (rc < 0) {
			w->text_keys.count = 0; /* the compositor knows none of them */
			return;
		}
		pf_wayland_ask_sync(&w->wayland);
	}
	zwp_virtual_keyboard_v1_key(w->typist, now_ms(), code, WL_KEYBOARD_KEY_STATE_PRESSED);
	zwp_virtual_keyboard_v1_key(w->typist, now_ms(), code, WL_KEYBOARD_KEY_STATE_RELEASED);
}

/* --- pointer --- */

/* Distances may be any number; the protocol's have 24 bits in front of the point. */
static int within(int value, int limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

static void emit_move(struct wlr *w, int dx, int dy)
{
	zwlr_virtual_pointer_v1_motion(w->pointer, now_ms(), wl_fixed_from_int(within(dx, MOVE_MAX)),
		wl_fixed_from_int(within(dy, MOVE_MAX)));
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void emit_place(struct wlr *w, const struct pf_backlog_event *e)
{
	zwlr_virtual_pointer_v1_motion_absolute(
		w->pointer, now_ms(), (uint32_t)e->x, (uint32_t)e->y, e->width, e->height);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void emit_button(struct wlr *w, enum pf_button which, bool down)
{
	zwlr_virtual_pointer_v1_button(w->pointer, now_ms(), pf_button_evdev(which),
		down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

/* Wayland counts down as positive; to the right is positive in both. */
static int towards_wayland(enum pf_scroll_axis axis, int amount)
{
	return axis == PF_SCROLL_VERTICAL ? -amount : amount;
}

/* wlroots takes the source as that of the axis it was told last, so it comes behind. */
static void end_scroll(struct wlr *w, uint32_t source)
{
	zwlr_virtual_pointer_v1_axis_source(w->pointer, source);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void emit_wheel(struct wlr *w, enum pf_scroll_axis axis, int amount)
{
	int turned = towards_wayland(axis, amount);
	int detents = pf_amount_take_whole(&w->residue[axis], turned, UNITS_A_DETENT);
	wl_fixed_t value = wl_fixed_from_double((double)turned * PIXELS_A_DETENT / UNITS_A_DETENT);
	if (detents)
		zwlr_virtual_pointer_v1_axis_discrete(w->pointer, now_ms(), axis, value, detents);
	else
		zwlr_virtual_pointer_v1_axis(w->pointer, now_ms(), axis, value);
	end_scroll(w, SOURCE_WHEEL);
}

static void emit_finger(struct wlr *w, enum pf_scroll_axis axis, int amount, bool end)
{
	if (end)
		zwlr_virtual_pointer_v1_axis_stop(w->pointer, now_ms(), axis);
	else
		zwlr_virtual_pointer_v1_axis(
			w->pointer, now_ms(), axis, towards_wayland(axis, amount)); /* Q24.8 too */
	end_scroll(w, SOURCE_FINGER);
}

/* --- on the way --- */

/* Compositors throw out a program that does not read its events in time, and a long text is faster than any program. */
static void pace_text(struct wlr *w)
{
	int64_t earliest_ns = pf_now_ns() - TEXT_BURST * TEXT_NS;
	w->text_ns = (w->text_ns > earliest_ns ? w->text_ns : earliest_ns) + TEXT_NS;
}

static void emit(struct wlr *w, const struct pf_backlog_event *e)
{
	switch (e->kind) {
	case PF_BACKLOG_KEY:
		emit_key(w, e->code, e->on);
		break;
	case PF_BACKLOG_MOVE:
		emit_move(w, e->x, e->y);
		break;
	case PF_BACKLOG_PLACE:
		emit_place(w, e);
		break;
	case PF_BACKLOG_BUTTON:
		emit_button(w, (enum pf_button)e->code, e->on);
		break;
	case PF_BACKLOG_WHEEL:
		emit_wheel(w, (enum pf_scroll_axis)e->code, e->x);
		break;
	case PF_BACKLOG_FINGER:
		emit_finger(w, (enum pf_scroll_axis)e->code, e->x, e->on);
		break;
	case PF_BACKLOG_TEXT:
		emit_text(w, e->code);
		pace_text(w);
		break;
	}
	w->unsent++;
}

/* The socket is full, a new keymap is being worked off, or the text is ahead of its time: events wait. */
static bool is_blocked(const struct wlr *w)
{
	return w->full || w->wayland.sync || w->text_ns > pf_now_ns();
}

/* Sends what is there, the backlog too as far as there is room. */
static void send_on(struct wlr *w)
{
	struct pf_backlog_event e;
	do {
		w->full = wl_display_flush(w->wayland.display) < 0 && errno == EAGAIN;
		w->unsent = 0;
		while (!is_blocked(w) && w->unsent < UNSENT_MAX && pf_backlog_pop(&w->backlog, &e))
			emit(w, &e);
	} while (w->unsent > 0);
}

static int poll_fd(const struct pf_input *in)
{
	return wl_display_get_fd(((const struct wlr *)in)->wayland.display);
}

/* What the compositor says is of no interest, but it must not pile up. A dead one is heard of from the capture. */
static int flush(struct pf_input *in)
{
	struct wlr *w = from_base(in);
	if (pf_wayland_wait(&w->wayland, -1, 0) == PF_ERR_CLOSED)
		return PF_ERR_CLOSED;
	if (w->full || w->unsent > 0 || w->backlog.count > 0)
		send_on(w);
	return w->full ? PF_ERR_AGAIN : PF_OK;
}

/* When the text may go on, if that is what is waited for. */
static int64_t due_ns(const struct pf_input *in)
{
	const struct wlr *w = (const struct wlr *)in;
	return w->backlog.count == 0 || w->full || w->wayland.sync ? INT64_MAX : w->text_ns;
}

static void take(struct wlr *w, const struct pf_backlog_event *e)
{
	if (is_blocked(w) || w->backlog.count > 0) {
		pf_backlog_push(&w->backlog, e);
		return;
	}
	emit(w, e);
	if (w->unsent >= UNSENT_MAX)
		send_on(w);
}

static void key(struct pf_input *in, unsigned code, bool down)
{
	take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_KEY, .code = code, .on = down});
}

static void move(struct pf_input *in, int dx, int dy)
{
	take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_MOVE, .x = dx, .y = dy});
}

static void place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_PLACE,
				    .x = (int32_t)x,
				    .y = (int32_t)y,
				    .width = width,
				    .height = height});
}

static void button(struct pf_input *in, enum pf_button which, bool down)
{
	take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_BUTTON, .code = which, .on = down});
}

static void wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_WHEEL, .code = axis, .x = amount});
}

static void finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	if (amount == 0 && !end)
		return; /* wlroots would tell it as a stop */
	take(from_base(in),
		&(struct pf_backlog_event){.kind = PF_BACKLOG_FINGER, .code = axis, .x = amount, .on = end});
}

static void text(struct pf_input *in, uint32_t scalar)
{
	if (scalar >= 0x20 && scalar != 0x7f)
		take(from_base(in), &(struct pf_backlog_event){.kind = PF_BACKLOG_TEXT, .code = scalar});
}

/* --- life --- */

/* A compositor drops what it has not read when its client goes, such as the release of a button. */
static void say_last_words(struct wlr *w)
{
	int64_t deadline_ns = pf_now_ns() + FAREWELL_NS;
	int rc;
	do {
		w->text_ns = 0;
		send_on(w);
		rc = pf_wayland_roundtrip(&w->wayland, deadline_ns);
	} while (rc == PF_OK && w->backlog.count > 0 && pf_now_ns() < deadline_ns);
}

static void destroy(struct pf_input *in)
{
	struct wlr *w = from_base(in);
	if (w->pointer) {
		say_last_words(w);
		zwlr_virtual_pointer_v1_destroy(w->pointer);
	}
	if (w->typist)
		zwp_virtual_keyboard_v1_destroy(w->typist);
	if (w->keyboard)
		zwp_virtual_keyboard_v1_destroy(w->keyboard);
	xkb_state_unref(w->state);
	xkb_keymap_unref(w->keymap);
	xkb_context_unref(w->context);
	if (w->wayland.display)
		pf_wayland_flush(&w->wayland);
	pf_wayland_finish(&w->wayland);
	free(w);
}

static const struct pf_input_impl wlr_impl = {
	.name = "wlr",
	.key = key,
	.move = move,
	.place = place,
	.button = button,
	.wheel = wheel,
	.finger_scroll = finger_scroll,
	.text = text,
	.fd = poll_fd,
	.flush = flush,
	.due_ns = due_ns,
	.destroy = destroy,
};

static int make_keyboards(struct wlr *w, struct pf_reason *reason)
{
	struct zwp_virtual_keyboard_manager_v1 *manager = w->wayland.virtual_keyboards;
	w->context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	w->keymap = w->context ? pf_keymap_system(w->context) : NULL;
	w->state = w->keymap ? xkb_state_new(w->keymap) : NULL;
	char *system = w->state ? xkb_keymap_get_as_string(w->keymap, XKB_KEYMAP_FORMAT_TEXT_V1) : NULL;
	w->keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, w->wayland.seat);
	w->typist = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, w->wayland.seat);
	int rc = system && w->keyboard && w->typist ? send_keymap(w->keyboard, system) : PF_ERR_NOMEM;
	if (rc == PF_OK)
		rc = send_keymap(w->typist, system);
	free(system);
	return rc < 0 ? pf_reason(reason, rc, "no keymap can be made: is xkb-data installed?") : PF_OK;
}

static int make_pointer(struct wlr *w, struct pf_reason *reason)
{
	struct zwlr_virtual_pointer_manager_v1 *manager = w->wayland.virtual_pointers;
	const struct pf_wayland_output *output = pf_wayland_find_output(&w->wayland, NULL);
	if (output && zwlr_virtual_pointer_manager_v1_get_version(manager) >= 2)
		w->pointer = zwlr_virtual_pointer_manager_v1_create_virtual_pointer_with_output(
			manager, w->wayland.seat, output->proxy);
	else
		w->pointer = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, w->wayland.seat);
	return w->pointer ? PF_OK : pf_reason(reason, PF_ERR_NOMEM, "out of memory");
}

int pf_input_wlr_create(struct pf_input **out, const char *socket_path, struct pf_reason *reason)
{
	struct wlr *w = calloc(1, sizeof(*w));
	if (!w)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	w->base = (struct pf_input){.impl = &wlr_impl, .takes = PF_INPUT_TAKES_TEXT};
	int64_t deadline_ns = pf_now_ns() + CONNECT_NS;
	int rc = pf_wayland_connect(&w->wayland, socket_path, deadline_ns, reason);
	if (rc == PF_OK &&
		(!w->wayland.seat || !w->wayland.virtual_keyboards || !w->wayland.virtual_pointers))
		rc = pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the compositor at %s has no virtual keyboard and pointer", socket_path);
	if (rc == PF_OK)
		rc = make_keyboards(w, reason);
	if (rc == PF_OK)
		rc = make_pointer(w, reason);
	if (rc == PF_OK && (rc = pf_wayland_roundtrip(&w->wayland, deadline_ns)) < 0)
		pf_reason(reason, rc, "the compositor at %s refuses a virtual keyboard", socket_path);
	if (rc < 0) {
		destroy(&w->base);
		return rc;
	}
	*out = &w->base;
	return PF_OK;
}
