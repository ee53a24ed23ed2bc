/* A demo's window on a Wayland desktop, with buffers in shared memory that the CPU draws into. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#include "xdg-shell.h"

#define PF_CANVASES 3

struct pf_canvas {
	struct wl_buffer *buffer;
	uint32_t *pixels; /* XRGB, without padding between lines */
	bool busy;        /* the compositor may read it; set by whoever commits it */
	uint32_t number;  /* the demo's: what it holds, 0 = nothing */
};

struct pf_window {
	const char *name; /* of the program */
	uint32_t least_width_px, least_height_px;
	void (*on_configure)(void *user); /* it may draw; again after each change of size */
	void *user;

	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;

	uint32_t wanted_width_px, wanted_height_px; /* what the compositor would like */
	uint32_t width_px, height_px;               /* of the canvases; 0 = there are none */
	size_t pool_bytes;
	void *pool;
	struct pf_canvas canvas[PF_CANVASES];
	bool closed;
};

/* The caller has set name, the least size, the wanted size in case the compositor names none, and the callback. False:
 * the reason is on stderr. */
bool pf_window_open(struct pf_window *w, bool full_screen);
/* Also after pf_window_open failed. */
void pf_window_close(struct pf_window *w);
/* The canvases are not of the wanted size. */
bool pf_window_is_stale(const struct pf_window *w);
/* New canvases of the wanted size, not drawn. False: no memory, and the reason is on stderr. */
bool pf_window_make_canvases(struct pf_window *w);
/* NULL: the compositor still reads all of them. */
struct pf_canvas *pf_window_free_canvas(struct pf_window *w);
