/*
 * What the private display's sway is started with: its configuration, the program that runs inside, its
 * environment. Nothing here starts anything.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "media/mode.h"
#include "os/child.h"

#define PF_SWAY_SOCKET "sway.sock" /* IPC socket in the runtime directory */

/* The shell command to run inside: the one given, else PUNKTFUNK_PRIVATE_SESSION, else the first terminal
 * of a short list that is installed. The string lives as long as the argument or the process's
 * environment.
 * Errors: PF_ERR_NOT_FOUND (no terminal, or the command's program is not installed), PF_ERR_INVALID (more
 * than one line). */
int pf_sway_session_command(const char **out, const char *given, struct pf_reason *reason);

/* Writes `config` and `session` into the directory; ends: sway is over when the command is; sound: it runs the script
 * of private_sound.h, and the command waits for it, at most 2 s.
 * Errors: PF_ERR_IO, PF_ERR_NOMEM. */
int pf_sway_write_files(const char *directory, struct pf_mode mode, const char *session_command, bool ends,
	bool sound, struct pf_reason *reason);

/*
 * All that sway and what runs inside it get to know: pf_env_add_user, and
 *   XDG_RUNTIME_DIR SWAYSOCK XDG_SESSION_TYPE XDG_CURRENT_DESKTOP: its own
 *   WLR_BACKENDS WLR_HEADLESS_OUTPUTS WLR_LIBINPUT_NO_DEVICES: one virtual output, no real devices
 *   WLR_RENDERER (pixman unless ours is set), WLR_RENDER_DRM_DEVICE: ours
 *   PULSE_SERVER: its own, as is PipeWire's in XDG_RUNTIME_DIR: the user's sound is out of reach
 *   DBUS_SESSION_BUS_ADDRESS: the user's bus, which lives in the XDG_RUNTIME_DIR that it does not see.
 * No PUNKTFUNK_* variable and no secret. The caller finishes env in any case.
 */
int pf_sway_build_environment(struct pf_env *env, const char *directory);
