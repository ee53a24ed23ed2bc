#include "input/ei_devices.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "input/keymap.h"

/* The far edges do not belong to a region, and places travel as floats. */
#define EDGE_PIXELS 0.0625

/* --- held keys and buttons --- */

static bool bit(const uint8_t *set, unsigned code)
{
	return set[code / 8] >> code % 8 & 1;
}

static void put_bit(uint8_t *set, unsigned code, bool on)
{
	set[code / 8] = (uint8_t)((set[code / 8] & ~(1u << code % 8)) | (unsigned)on << code % 8);
}

static bool is_button(unsigned code)
{
	return code >= BTN_MISC && code < KEY_OK;
}

static void send_held(struct pf_ei_device *e, unsigned code, bool down)
{
	if (is_button(code))
		ei_device_button_button(e->device, code, down);
	else
		ei_device_keyboard_key(e->device, code, down);
	put_bit(e->down, code, down);
}

static struct pf_ei_device *holder(struct pf_ei_devices *d, unsigned code)
{
	for (size_t i = 0; i < d->count; i++) {
		if (bit(d->list[i]->down, code))
			return d->list[i];
	}
	return NULL;
}

static void release(struct pf_ei_devices *d, unsigned code)
{
	struct pf_ei_device *e = holder(d, code);
	if (!e)
		return;
	if (!e->emulating) {
		put_bit(e->due, code, true);
		return;
	}
	send_held(e, code, false);
	pf_ei_frame(d, e->device);
}

void pf_ei_hold(struct pf_ei_devices *d, enum ei_device_capability capability, unsigned code, bool down)
{
	if (code >= KEY_CNT || is_button(code) != (capability == EI_DEVICE_CAP_BUTTON))
		return;
	if (!down) {
		release(d, code);
		return;
	}
	struct pf_ei_device *e = pf_ei_find(d, capability);
	if (!e || holder(d, code))
		return;
	send_held(e, code, true);
	pf_ei_frame(d, e->device);
}

static void release_due(struct pf_ei_devices *d, struct pf_ei_device *e)
{
	bool any = false;
	for (unsigned code = 0; code < KEY_CNT; code++) {
		if (!bit(e->due, code))
			continue;
		put_bit(e->due, code, false);
		send_held(e, code, false);
		any = true;
	}
	if (any)
		pf_ei_frame(d, e->device);
}

/* --- text --- */

#define MODIFIERS (PF_MODIFIER_KEYS + 1)
#define ALT_GR    1 /* of a layout's modifiers; may be a key of its own, or code 0 */

static unsigned modifier(const struct pf_ei_device *e, unsigned i)
{
	return i < PF_MODIFIER_KEYS ? pf_modifier_keys[i] : e->layout.modifier[ALT_GR];
}

static void send_key(struct pf_ei_devices *d, struct pf_ei_device *e, unsigned code, bool down)
{
	send_held(e, code, down);
	pf_ei_frame(d, e->device);
}

static bool wants(const struct pf_stroke *stroke, unsigned code)
{
	for (unsigned i = 0; i < stroke->modifiers; i++) {
		if (stroke->modifier[i] == code)
			return true;
	}
	return false;
}

/* Exactly those of the stroke. Returns what has changed, a bit each. */
static unsigned set_modifiers(struct pf_ei_devices *d, struct pf_ei_device *e, const struct pf_stroke *stroke)
{
	unsigned changed = 0;
	for (unsigned i = 0; i < MODIFIERS; i++) {
		bool wanted = wants(stroke, modifier(e, i));
		if (bit(e->down, modifier(e, i)) == wanted)
			continue;
		changed |= 1u << i;
		send_key(d, e, modifier(e, i), wanted);
	}
	return changed;
}

/* What the hand holds otherwise it holds again afterwards. */
void pf_ei_type(struct pf_ei_devices *d, uint32_t scalar)
{
	struct pf_ei_device *e = pf_ei_find(d, EI_DEVICE_CAP_KEYBOARD);
	struct pf_stroke stroke;
	if (scalar < 0x20 || scalar == 0x7f || !e || !e->types ||
		!pf_layout_find(&e->layout, scalar, &stroke))
		return;
	if (bit(e->down, stroke.code))
		send_key(d, e, stroke.code, false);
	unsigned changed = set_modifiers(d, e, &stroke);
	send_key(d, e, stroke.code, true);
	send_key(d, e, stroke.code, false);
	for (unsigned i = MODIFIERS; i-- > 0;) {
		if (changed >> i & 1)
			send_key(d, e, modifier(e, i), !bit(e->down, modifier(e, i)));
	}
}

/* --- touches --- */

static void forget_touch(struct pf_ei_touch *t)
{
	ei_touch_unref(t->touch);
	ei_region_unref(t->region);
	*t = (struct pf_ei_touch){0};
}

static void lift(struct pf_ei_devices *d, struct pf_ei_touch *t)
{
	struct ei_device *device = ei_touch_get_device(t->touch);
	struct pf_ei_device *e = ei_device_get_user_data(device);
	t->due = !e->emulating;
	if (t->due)
		return;
	ei_touch_up(t->touch);
	pf_ei_frame(d, device);
	forget_touch(t);
}

static void lift_due(struct pf_ei_devices *d)
{
	for (size_t i = 0; i < PF_TOUCH_SLOTS; i++) {
		if (d->touches[i].due)
			lift(d, &d->touches[i]);
	}
}

static void forget_touches_of(struct pf_ei_devices *d, const struct ei_device *device)
{
	for (size_t i = 0; i < PF_TOUCH_SLOTS; i++) {
		struct pf_ei_touch *t = &d->touches[i];
		if (t->touch && ei_touch_get_device(t->touch) == device)
			forget_touch(t);
	}
}

static double within(double fraction, uint32_t start, uint32_t length)
{
	double offset = fraction * length, last = length - EDGE_PIXELS;
	return start + (offset < 0 ? 0 : offset < last ? offset : last);
}

static void touch_down(struct pf_ei_devices *d, struct pf_ei_touch *t, double x, double y)
{
	struct pf_ei_place place;
	if (t->touch)
		lift(d, t);
	if (t->touch || !pf_ei_locate(d, EI_DEVICE_CAP_TOUCH, x, y, &place))
		return;
	t->touch = ei_device_touch_new(place.device);
	t->region = ei_region_ref(place.region);
	ei_touch_down(t->touch, place.x, place.y);
	pf_ei_frame(d, place.device);
}

static void touch_move(struct pf_ei_devices *d, struct pf_ei_touch *t, double x, double y)
{
	if (!t->touch)
		return;
	struct ei_device *device = ei_touch_get_device(t->touch);
	struct pf_ei_device *e = ei_device_get_user_data(device);
	if (!e->emulating)
		return;
	ei_touch_motion(t->touch, within(x, ei_region_get_x(t->region), ei_region_get_width(t->region)),
		within(y, ei_region_get_y(t->region), ei_region_get_height(t->region)));
	pf_ei_frame(d, device);
}

void pf_ei_touch(struct pf_ei_devices *d, const struct pf_touch *t)
{
	struct pf_ei_touch *slot = &d->touches[t->slot];
	switch (t->phase) {
	case PF_TOUCH_DOWN:
		touch_down(d, slot, t->x, t->y);
		break;
	case PF_TOUCH_MOVE:
		touch_move(d, slot, t->x, t->y);
		break;
	case PF_TOUCH_UP:
		if (slot->touch)
			lift(d, slot);
		break;
	}
}

/* --- devices --- */

struct pf_ei_device *pf_ei_find(struct pf_ei_devices *d, enum ei_device_capability capability)
{
	for (size_t i = 0; i < d->count; i++) {
		struct pf_ei_device *e = d->list[i];
		if (e->emulating && ei_device_has_capability(e->device, capability))
			return e;
	}
	return NULL;
}

void pf_ei_frame(struct pf_ei_devices *d, struct ei_device *device)
{
	ei_device_frame(device, ei_now(d->ei));
}

/* How well the region suits: 3 is the one that is wanted, 0 is none to use. */
static int fit(const struct pf_ei_devices *d, struct ei_region *region)
{
	const char *id = ei_region_get_mapping_id(region);
	if (ei_region_get_width(region) == 0 || ei_region_get_height(region) == 0)
		return 0;
	if (d->mapping_id && id && !strcmp(id, d->mapping_id))
		return 3;
	return ei_region_get_x(region) == 0 && ei_region_get_y(region) == 0 ? 2 : 1;
}

bool pf_ei_locate(struct pf_ei_devices *d, enum ei_device_capability capability, double x, double y,
	struct pf_ei_place *out)
{
	int best = 0;
	for (size_t i = 0; i < d->count; i++) {
		struct pf_ei_device *e = d->list[i];
		struct ei_region *region = NULL;
		if (!e->emulating || !ei_device_has_capability(e->device, capability))
			continue;
		for (size_t k = 0; (region = ei_device_get_region(e->device, k)); k++) {
			int fits = fit(d, region);
			if (fits <= best)
				continue;
			best = fits;
			out->device = e->device;
			out->region = region;
		}
	}
	if (!best)
		return false;
	out->x = within(x, ei_region_get_x(out->region), ei_region_get_width(out->region));
	out->y = within(y, ei_region_get_y(out->region), ei_region_get_height(out->region));
	return true;
}

static struct xkb_keymap *read_keymap(struct xkb_context *xkb, struct ei_device *device)
{
	struct ei_keymap *keymap = ei_device_keyboard_get_keymap(device);
	if (!keymap || ei_keymap_get_type(keymap) != EI_KEYMAP_TYPE_XKB)
		return NULL;
	size_t size = ei_keymap_get_size(keymap);
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, ei_keymap_get_fd(keymap), 0);
	if (text == MAP_FAILED)
		return NULL;
	struct xkb_keymap *read = xkb_keymap_new_from_buffer(
		xkb, text, strnlen(text, size), XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	munmap(text, size);
	return read;
}

/* A server that gives no keymap has its own idea; the machine's is likely the same. */
static void learn_layout(struct pf_ei_devices *d, struct pf_ei_device *e)
{
	struct xkb_keymap *keymap = read_keymap(d->xkb, e->device);
	if (!keymap)
		keymap = pf_keymap_system(d->xkb);
	e->types = keymap && pf_layout_init(&e->layout, keymap);
	xkb_keymap_unref(keymap);
}

void pf_ei_device_added(struct pf_ei_devices *d, struct ei_device *device)
{
	struct pf_ei_device *e = d->count < PF_EI_DEVICES ? calloc(1, sizeof(*e)) : NULL;
	if (!e) {
		ei_device_close(device);
		return;
	}
	e->device = ei_device_ref(device);
	if (ei_device_has_capability(device, EI_DEVICE_CAP_KEYBOARD))
		learn_layout(d, e);
	ei_device_set_user_data(device, e);
	d->list[d->count++] = e;
}

void pf_ei_device_resumed(struct pf_ei_devices *d, struct ei_device *device)
{
	struct pf_ei_device *e = ei_device_get_user_data(device);
	if (!e || e->emulating)
		return;
	ei_device_start_emulating(device, ++d->sequence);
	e->emulating = true;
	release_due(d, e);
	lift_due(d);
}

void pf_ei_device_paused(struct pf_ei_devices *d, struct ei_device *device)
{
	struct pf_ei_device *e = ei_device_get_user_data(device);
	if (e)
		e->emulating = false;
}

static void forget(struct pf_ei_devices *d, size_t i)
{
	struct pf_ei_device *e = d->list[i];
	forget_touches_of(d, e->device);
	pf_layout_finish(&e->layout);
	ei_device_set_user_data(e->device, NULL);
	ei_device_unref(e->device);
	free(e);
	d->count--;
	memmove(d->list + i, d->list + i + 1, (d->count - i) * sizeof(d->list[0]));
}

void pf_ei_device_removed(struct pf_ei_devices *d, struct ei_device *device)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->list[i]->device == device) {
			forget(d, i);
			return;
		}
	}
}

void pf_ei_devices_finish(struct pf_ei_devices *d)
{
	while (d->count)
		forget(d, d->count - 1);
	free(d->mapping_id);
}
