/*
 * One connection to a Wayland compositor as capture and input need it: the globals, the outputs with their
 * current modes, and waiting that is always bounded. Everything runs on the thread that calls; handlers
 * run inside the calls below.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "base/error.h"

#define PF_WAYLAND_OUTPUTS_MAX 16

struct pf_wayland_output {
	struct wl_output *proxy; /* NULL: free slot */
	uint32_t global;
	char name[64];                /* empty before wl_output v4 */
	uint32_t width_px, height_px; /* of the current mode, not scaled or turned */
	uint32_t refresh_mhz;         /* thousandths of a hertz */
};

struct pf_wayland {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_shm *shm;
	struct zwlr_screencopy_manager_v1 *screencopy;                    /* NULL when not offered */
	struct ext_image_copy_capture_manager_v1 *image_copy;             /* NULL when not offered */
	struct ext_output_image_capture_source_manager_v1 *output_source; /* NULL when not offered */
	uint32_t screencopy_version;
	struct wl_seat *seat; /* the next three: NULL when not offered */
	struct zwp_virtual_keyboard_manager_v1 *virtual_keyboards;
	struct zwlr_virtual_pointer_manager_v1 *virtual_pointers;
	struct pf_wayland_output output[PF_WAYLAND_OUTPUTS_MAX];
	struct wl_callback *sync; /* outstanding, NULL when answered */
};

/* Connects to the socket at the absolute path and learns the globals, within the time.
 * Errors: PF_ERR_NOT_FOUND (nobody listens there), PF_ERR_TIMEOUT, PF_ERR_CLOSED, each with its reason. */
int pf_wayland_connect(
	struct pf_wayland *w, const char *socket_path, int64_t deadline_ns, struct pf_reason *reason);
/* Zeroed memory is fine. */
void pf_wayland_finish(struct pf_wayland *w);

/* The output of that name, or the first when name is NULL; NULL when there is none. The pointer stays good;
 * its proxy turns NULL when the output goes away. */
struct pf_wayland_output *pf_wayland_find_output(struct pf_wayland *w, const char *name);

/*
 * Sends what is queued, waits for events until the deadline and runs their handlers once. `bell` (-1 =
 * none) ends the wait too.
 * Errors: PF_ERR_TIMEOUT, PF_ERR_AGAIN (the bell), PF_ERR_CLOSED (pf_wayland_describe_end says how).
 */
int pf_wayland_wait(struct pf_wayland *w, int bell, int64_t deadline_ns);
/* Sends what is queued now, without waiting. */
void pf_wayland_flush(struct pf_wayland *w);
/* Asks for a sign of life: `sync` is not NULL until the compositor has worked off all requests sent
 * before. */
void pf_wayland_ask_sync(struct pf_wayland *w);
/* ask_sync and wait for the answer. Errors: PF_ERR_TIMEOUT, PF_ERR_CLOSED. */
int pf_wayland_roundtrip(struct pf_wayland *w, int64_t deadline_ns);
/* After PF_ERR_CLOSED. */
void pf_wayland_describe_end(const struct pf_wayland *w, struct pf_reason *reason);
