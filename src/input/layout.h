/* Which keys type a character on a keyboard layout: the other way round than keymaps work. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#define PF_LAYOUT_MODIFIERS 2 /* Shift and AltGr */
#define PF_LAYOUT_WAYS      (1 << PF_LAYOUT_MODIFIERS)

/* What changes the meaning of other keys while it is held, as evdev codes; a layout's AltGr may be one more. */
#define PF_MODIFIER_KEYS 8
extern const uint16_t pf_modifier_keys[PF_MODIFIER_KEYS];

struct pf_layout {
	unsigned modifier[PF_LAYOUT_MODIFIERS]; /* evdev codes; 0: the layout has none */
	/* What keys mean while the modifiers whose bits are set in the index are held. */
	struct xkb_state *state[PF_LAYOUT_WAYS];
};

/* The keymap's first group counts. False: no memory. */
bool pf_layout_init(struct pf_layout *l, struct xkb_keymap *keymap);
void pf_layout_finish(struct pf_layout *l);

struct pf_stroke {
	unsigned code;                          /* evdev */
	unsigned modifier[PF_LAYOUT_MODIFIERS]; /* to be held meanwhile */
	unsigned modifiers;
};
/* With as few modifiers as possible, on the main block of the keyboard. False: no single key there types it. */
bool pf_layout_find(const struct pf_layout *l, uint32_t scalar, struct pf_stroke *out);
