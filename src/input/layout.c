#include "input/layout.h"

#include <linux/input-event-codes.h>

#define XKB_CODE_OFFSET 8

const uint16_t pf_modifier_keys[PF_MODIFIER_KEYS] = {KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_LEFTCTRL,
	KEY_RIGHTCTRL, KEY_LEFTALT, KEY_RIGHTALT, KEY_LEFTMETA, KEY_RIGHTMETA};

/* The key to the right of the space bar where it is AltGr; else whichever is. */
static unsigned find_alt_gr(struct xkb_state *state)
{
	if (xkb_state_key_get_one_sym(state, KEY_RIGHTALT + XKB_CODE_OFFSET) == XKB_KEY_ISO_Level3_Shift)
		return KEY_RIGHTALT;
	for (unsigned code = 1; code < KEY_CNT; code++) {
		if (xkb_state_key_get_one_sym(state, code + XKB_CODE_OFFSET) == XKB_KEY_ISO_Level3_Shift)
			return code;
	}
	return 0;
}

bool pf_layout_init(struct pf_layout *l, struct xkb_keymap *keymap)
{
	*l = (struct pf_layout){0};
	for (unsigned way = 0; way < PF_LAYOUT_WAYS; way++) {
		l->state[way] = xkb_state_new(keymap);
		if (!l->state[way]) {
			pf_layout_finish(l);
			return false;
		}
	}
	l->modifier[0] = KEY_LEFTSHIFT;
	l->modifier[1] = find_alt_gr(l->state[0]);
	for (unsigned way = 0; way < PF_LAYOUT_WAYS; way++) {
		for (unsigned m = 0; m < PF_LAYOUT_MODIFIERS; m++) {
			if (way >> m & 1)
				xkb_state_update_key(
					l->state[way], l->modifier[m] + XKB_CODE_OFFSET, XKB_KEY_DOWN);
		}
	}
	return true;
}

void pf_layout_finish(struct pf_layout *l)
{
	for (unsigned way = 0; way < PF_LAYOUT_WAYS; way++)
		xkb_state_unref(l->state[way]);
	*l = (struct pf_layout){0};
}

/* Of the keys that every keyboard has. Others mean the same characters, but programs know them less well. */
static bool in_main_block(unsigned code, xkb_keysym_t sym)
{
	bool keypad = sym >= XKB_KEY_KP_Space && sym <= XKB_KEY_KP_Equal;
	return !keypad && (code <= KEY_RO || code == KEY_YEN);
}

/* 0: none. */
static unsigned find_key(struct xkb_state *state, uint32_t scalar)
{
	for (unsigned code = 1; code <= KEY_YEN; code++) {
		xkb_keysym_t sym = xkb_state_key_get_one_sym(state, code + XKB_CODE_OFFSET);
		if (in_main_block(code, sym) && xkb_keysym_to_utf32(sym) == scalar)
			return code;
	}
	return 0;
}

bool pf_layout_find(const struct pf_layout *l, uint32_t scalar, struct pf_stroke *out)
{
	for (unsigned way = 0; scalar && way < PF_LAYOUT_WAYS; way++) {
		unsigned code = find_key(l->state[way], scalar);
		if (!code)
			continue;
		*out = (struct pf_stroke){.code = code};
		for (unsigned m = 0; m < PF_LAYOUT_MODIFIERS; m++) {
			if (way >> m & 1)
				out->modifier[out->modifiers++] = l->modifier[m];
		}
		return true;
	}
	return false;
}
