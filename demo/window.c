#include "window.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE_PX_MAX 16384

static void on_buffer_release(void *data, struct wl_buffer *buffer)
{
	struct pf_canvas *c = data;
	c->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = on_buffer_release};

static void free_canvases(struct pf_window *w)
{
	for (int i = 0; i < PF_CANVASES; i++)
		if (w->canvas[i].buffer)
			wl_buffer_destroy(w->canvas[i].buffer);
	memset(w->canvas, 0, sizeof(w->canvas));
	if (w->pool)
		munmap(w->pool, w->pool_bytes);
	w->pool = NULL;
}

bool pf_window_is_stale(const struct pf_window *w)
{
	return !w->pool || w->width_px != w->wanted_width_px || w->height_px != w->wanted_height_px;
}

static bool make_canvases(struct pf_window *w)
{
	free_canvases(w);
	w->width_px = w->wanted_width_px;
	w->height_px = w->wanted_height_px;
	size_t one = (size_t)w->width_px * w->height_px * 4;
	w->pool_bytes = one * PF_CANVASES;
	int fd = memfd_create(w->name, MFD_CLOEXEC);
	if (fd < 0)
		return false;
	if (w->pool_bytes > INT32_MAX || ftruncate(fd, (off_t)w->pool_bytes) < 0) {
		close(fd);
		return false;
	}
	void *memory = mmap(NULL, w->pool_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		close(fd);
		return false;
	}
	w->pool = memory;
	struct wl_shm_pool *pool = wl_shm_create_pool(w->shm, fd, (int32_t)w->pool_bytes);
	for (int i = 0; i < PF_CANVASES; i++) {
		struct pf_canvas *c = &w->canvas[i];
		c->pixels = (uint32_t *)((uint8_t *)memory + one * (size_t)i);
		c->buffer = wl_shm_pool_create_buffer(pool, (int32_t)(one * (size_t)i), (int32_t)w->width_px,
			(int32_t)w->height_px, (int32_t)w->width_px * 4, WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(c->buffer, &buffer_listener, c);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	return true;
}

bool pf_window_make_canvases(struct pf_window *w)
{
	if (make_canvases(w))
		return true;
	fprintf(stderr, "%s: no memory for %ux%u\n", w->name, w->wanted_width_px, w->wanted_height_px);
	return false;
}

struct pf_canvas *pf_window_free_canvas(struct pf_window *w)
{
	for (int i = 0; i < PF_CANVASES; i++)
		if (!w->canvas[i].busy)
			return &w->canvas[i];
	return NULL;
}

static void on_xdg_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct pf_window *w = data;
	xdg_surface_ack_configure(surface, serial);
	w->on_configure(w->user);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = on_xdg_configure};

static uint32_t usable(int32_t offered, uint32_t fallback, uint32_t least)
{
	if (offered <= 0 || offered > SIZE_PX_MAX)
		return fallback;
	return (uint32_t)offered < least ? least : (uint32_t)offered;
}

static void on_toplevel_configure(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states)
{
	struct pf_window *w = data;
	w->wanted_width_px = usable(width, w->wanted_width_px, w->least_width_px);
	w->wanted_height_px = usable(height, w->wanted_height_px, w->least_height_px);
}

static void on_toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	struct pf_window *w = data;
	w->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = on_toplevel_configure,
	.close = on_toplevel_close,
};

static void on_ping(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = on_ping};

static void on_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	struct pf_window *w = data;
	if (!strcmp(interface, wl_compositor_interface.name) && version >= 4)
		w->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, wl_shm_interface.name))
		w->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, xdg_wm_base_interface.name))
		w->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

bool pf_window_open(struct pf_window *w, bool full_screen)
{
	w->display = wl_display_connect(NULL);
	if (!w->display) {
		fprintf(stderr, "%s: no Wayland display (WAYLAND_DISPLAY): %s\n", w->name, strerror(errno));
		return false;
	}
	w->registry = wl_display_get_registry(w->display);
	wl_registry_add_listener(w->registry, &registry_listener, w);
	if (wl_display_roundtrip(w->display) < 0 || !w->compositor || !w->shm || !w->wm_base) {
		fprintf(stderr, "%s: the compositor lacks wl_compositor 4, wl_shm or xdg_wm_base\n", w->name);
		return false;
	}
	xdg_wm_base_add_listener(w->wm_base, &wm_base_listener, w);
	w->surface = wl_compositor_create_surface(w->compositor);
	w->xdg_surface = xdg_wm_base_get_xdg_surface(w->wm_base, w->surface);
	xdg_surface_add_listener(w->xdg_surface, &xdg_surface_listener, w);
	w->toplevel = xdg_surface_get_toplevel(w->xdg_surface);
	xdg_toplevel_add_listener(w->toplevel, &toplevel_listener, w);
	xdg_toplevel_set_title(w->toplevel, w->name);
	xdg_toplevel_set_app_id(w->toplevel, w->name);
	if (full_screen)
		xdg_toplevel_set_fullscreen(w->toplevel, NULL);
	wl_surface_commit(w->surface);
	return true;
}

void pf_window_close(struct pf_window *w)
{
	if (!w->display)
		return;
	free_canvases(w);
	if (w->toplevel) {
		xdg_toplevel_destroy(w->toplevel);
		xdg_surface_destroy(w->xdg_surface);
		wl_surface_destroy(w->surface);
	}
	if (w->wm_base)
		xdg_wm_base_destroy(w->wm_base);
	if (w->shm)
		wl_shm_destroy(w->shm);
	if (w->compositor)
		wl_compositor_destroy(w->compositor);
	wl_registry_destroy(w->registry);
	wl_display_disconnect(w->display);
}
