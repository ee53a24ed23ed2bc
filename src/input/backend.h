/* Input backends by name (product 2.4). */
#pragma once

#include "input/input.h"

enum pf_input_backend { PF_INPUT_AUTO, PF_INPUT_WLR, PF_INPUT_EI, PF_INPUT_UINPUT };
/* In that order: "auto", "wlr", "libei", "uinput"; NULL-terminated, for pf_option.words. */
extern const char *const pf_input_backend_words[];

/*
 * Opens one on the desktop whose session this is. wayland_socket: of the display that is meant; NULL = WAYLAND_DISPLAY's.
 * AUTO is wlr. libei connects to LIBEI_SOCKET.
 * Errors: those of the backend; PF_ERR_NOT_FOUND (no such desktop in the environment).
 */
int pf_input_backend_open(struct pf_input **out, enum pf_input_backend backend, const char *wayland_socket,
	struct pf_reason *reason);
