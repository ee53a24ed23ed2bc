/*
 * Virtual keyboard and pointer of wlroots. Both exist from the start: a seat gains its keyboard with the first one, and
 * programs need a moment to notice. Text has a keyboard of its own, whose keymap grows with the characters.
 */
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/wayland.h"
#include "input/input.h"
#include "input/keymap.h"
#include "os/clock.h"
#include "virtual-keyboard-unstable-v1.h"
#include "wlr-virtual-pointer-unstable-v1.h"

#define CONNECT_NS      INT64_C(3000000000)
#define PIXELS_A_DETENT 15
#define UNITS_A_DETENT  120
#define XKB_CODE_OFFSET 8
#define SOURCE_WHEEL    0 /* of wl_pointer.axis_source */
#define SOURCE_FINGER   1

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

static void key(struct pf_input *in, unsigned code, bool down)
{
	struct wlr *w = from_base(in);
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

static void text(struct pf_input *in, uint32_t scalar)
{
	struct wlr *w = from_base(in);
	bool grown;
	if (scalar < 0x20 || scalar == 0x7f)
		return;
	unsigned code = pf_text_keys_find(&w->text_keys, scalar, &grown);
	if (grown) {
		char *keymap = pf_text_keys_keymap(&w->text_keys);
		int rc = keymap ? send_keymap(w->typist, keymap) : PF_ERR_NOMEM;
		free(keymap);
		if (rc < 0)
			return;
	}
	zwp_virtual_keyboard_v1_key(w->typist, now_ms(), code, WL_KEYBOARD_KEY_STATE_PRESSED);
	zwp_virtual_keyboard_v1_key(w->typist, now_ms(), code, WL_KEYBOARD_KEY_STATE_RELEASED);
}

/* --- pointer --- */

static void move(struct pf_input *in, int dx, int dy)
{
	struct wlr *w = from_base(in);
	zwlr_virtual_pointer_v1_motion(w->pointer, now_ms(), wl_fixed_from_int(dx), wl_fixed_from_int(dy));
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct wlr *w = from_base(in);
	zwlr_virtual_pointer_v1_motion_absolute(w->pointer, now_ms(), x, y, width, height);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void button(struct pf_input *in, enum pf_button which, bool down)
{
	static const uint32_t codes[] = {
		[PF_BUTTON_LEFT] = BTN_LEFT,
		[PF_BUTTON_MIDDLE] = BTN_MIDDLE,
		[PF_BUTTON_RIGHT] = BTN_RIGHT,
		[PF_BUTTON_BACK] = BTN_SIDE,
		[PF_BUTTON_FORWARD] = BTN_EXTRA,
	};
	struct wlr *w = from_base(in);
	zwlr_virtual_pointer_v1_button(w->pointer, now_ms(), codes[which],
		down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

/* Wayland counts down as positive; to the right is positive in both. */
static int towards_wayland(enum pf_scroll_axis axis, int amount)
{
	return axis == PF_SCROLL_VERTICAL ? -amount : amount;
}

/* Whole detents that have come together; a turn begins anew. */
static int take_detents(struct wlr *w, enum pf_scroll_axis axis, int amount)
{
	int *residue = &w->residue[axis];
	if ((*residue > 0) != (amount > 0))
		*residue = 0;
	*residue += amount;
	int detents = *residue / UNITS_A_DETENT;
	*residue -= detents * UNITS_A_DETENT;
	return detents;
}

static void wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	struct wlr *w = from_base(in);
	int turned = towards_wayland(axis, amount);
	int detents = take_detents(w, axis, turned);
	wl_fixed_t value = wl_fixed_from_double((double)turned * PIXELS_A_DETENT / UNITS_A_DETENT);
	zwlr_virtual_pointer_v1_axis_source(w->pointer, SOURCE_WHEEL);
	if (detents)
		zwlr_virtual_pointer_v1_axis_discrete(w->pointer, now_ms(), axis, value, detents);
	else
		zwlr_virtual_pointer_v1_axis(w->pointer, now_ms(), axis, value);
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

static void finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	struct wlr *w = from_base(in);
	zwlr_virtual_pointer_v1_axis_source(w->pointer, SOURCE_FINGER);
	if (end)
		zwlr_virtual_pointer_v1_axis_stop(w->pointer, now_ms(), axis);
	else
		zwlr_virtual_pointer_v1_axis(
			w->pointer, now_ms(), axis, towards_wayland(axis, amount)); /* Q24.8 too */
	zwlr_virtual_pointer_v1_frame(w->pointer);
}

/* What the compositor says is of no interest, but it must not pile up. */
static void flush(struct pf_input *in)
{
	pf_wayland_wait(&from_base(in)->wayland, -1, 0);
}

/* --- life --- */

static void destroy(struct pf_input *in)
{
	struct wlr *w = from_base(in);
	if (w->pointer)
		zwlr_virtual_pointer_v1_destroy(w->pointer);
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
	.flush = flush,
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
	w->base.impl = &wlr_impl;
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
