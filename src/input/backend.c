#include "input/backend.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

const char *const pf_input_backend_words[] = {"auto", "wlr", "libei", "uinput", NULL};

/* A name in the environment, relative to the runtime directory or absolute. */
static int find_socket(const char *variable, char path[PATH_MAX], struct pf_reason *reason)
{
	const char *name = getenv(variable), *runtime = getenv("XDG_RUNTIME_DIR");
	if (!name || !name[0] || (name[0] != '/' && !runtime))
		return pf_reason(reason, PF_ERR_NOT_FOUND,
			"%s is not set: start this from a terminal of the desktop that is meant", variable);
	int n = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name)
			       : snprintf(path, PATH_MAX, "%s/%s", runtime, name);
	return n < PATH_MAX ? PF_OK : pf_reason(reason, PF_ERR_LIMIT, "the path of %s is too long", variable);
}

int pf_input_backend_open(struct pf_input **out, enum pf_input_backend backend, const char *wayland_socket,
	struct pf_reason *reason)
{
	char path[PATH_MAX];
	int rc = PF_OK;
	switch (backend) {
	case PF_INPUT_AUTO:
	case PF_INPUT_WLR:
		if (!wayland_socket)
			rc = find_socket("WAYLAND_DISPLAY", path, reason);
		return rc < 0 ? rc : pf_input_wlr_create(out, wayland_socket ? wayland_socket : path, reason);
	case PF_INPUT_EI:
		rc = find_socket("LIBEI_SOCKET", path, reason);
		return rc < 0 ? rc : pf_input_ei_create_socket(out, path, reason);
	case PF_INPUT_UINPUT:
		return pf_input_uinput_create(out, "punktfunk", reason);
	}
	return PF_ERR_NOT_FOUND;
}
