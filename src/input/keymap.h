/*
 * Keymaps for virtual keyboards: the machine's own layout, and one that holds whatever characters text brings.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "base/error.h"

/* The layout of XKB_DEFAULT_* variables, else of /etc/default/keyboard or /etc/vconsole.conf, else libxkbcommon's own
 * default. NULL when even that cannot be made. */
struct xkb_keymap *pf_keymap_system(struct xkb_context *context);

#define PF_TEXT_KEYS 200 /* distinct characters; then it starts anew */

struct pf_text_keys {
	uint32_t scalar[PF_TEXT_KEYS];
	unsigned count;
};
/* The evdev code of the character's key, from 1 on; *grown tells that the keymap must be sent anew. */
unsigned pf_text_keys_find(struct pf_text_keys *t, uint32_t scalar, bool *grown);
/* The character comes soon: into a keymap that is to be sent anyway, as long as there is room. */
void pf_text_keys_expect(struct pf_text_keys *t, uint32_t scalar);
/* The keymap as text, malloc; NULL without memory. */
char *pf_text_keys_keymap(const struct pf_text_keys *t);

/* A sealed memfd with the text and its terminator; *size counts that. Errors: PF_ERR_IO. */
int pf_keymap_fd(const char *text, size_t *size);
