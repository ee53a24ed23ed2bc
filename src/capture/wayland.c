#include "capture/wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "ext-image-capture-source-v1.h"
#include "ext-image-copy-capture-v1.h"
#include "os/clock.h"
#include "virtual-keyboard-unstable-v1.h"
#include "wlr-screencopy-unstable-v1.h"
#include "wlr-virtual-pointer-unstable-v1.h"

static void on_output_geometry(void *data, struct wl_output *o, int32_t x, int32_t y, int32_t width_mm,
	int32_t height_mm, int32_t subpixel, const char *make, const char *model, int32_t transform)
{
}

static void on_output_mode(
	void *data, struct wl_output *o, uint32_t flags, int32_t width, int32_t height, int32_t refresh)
{
	struct pf_wayland_output *output = data;
	if (!(flags & WL_OUTPUT_MODE_CURRENT) || width <= 0 || height <= 0)
		return;
	output->width_px = (uint32_t)width;
	output->height_px = (uint32_t)height;
	output->refresh_mhz = refresh > 0 ? (uint32_t)refresh : 0;
}

static void on_output_done(void *data, struct wl_output *o)
{
}

static void on_output_scale(void *data, struct wl_output *o, int32_t factor)
{
}

static void on_output_name(void *data, struct wl_output *o, const char *name)
{
	struct pf_wayland_output *output = data;
	snprintf(output->name, sizeof(output->name), "%s", name);
}

static void on_output_description(void *data, struct wl_output *o, const char *description)
{
}

static const struct wl_output_listener output_listener = {
	.geometry = on_output_geometry,
	.mode = on_output_mode,
	.done = on_output_done,
	.scale = on_output_scale,
	.name = on_output_name,
	.description = on_output_description,
};

static uint32_t at_most(uint32_t offered, uint32_t known)
{
	return offered < known ? offered : known;
}

static void add_output(struct pf_wayland *w, uint32_t global, uint32_t version)
{
	for (size_t i = 0; i < PF_WAYLAND_OUTPUTS_MAX; i++) {
		struct pf_wayland_output *o = &w->output[i];
		if (o->proxy)
			continue;
		*o = (struct pf_wayland_output){.global = global};
		o->proxy = wl_registry_bind(w->registry, global, &wl_output_interface, at_most(version, 4));
		if (o->proxy)
			wl_output_add_listener(o->proxy, &output_listener, o);
		return;
	}
}

static void on_global(
	void *data, struct wl_registry *registry, uint32_t global, const char *interface, uint32_t version)
{
	struct pf_wayland *w = data;
	if (!strcmp(interface, wl_output_interface.name)) {
		add_output(w, global, version);
	} else if (!strcmp(interface, wl_shm_interface.name) && !w->shm) {
		w->shm = wl_registry_bind(registry, global, &wl_shm_interface, 1);
	} else if (!strcmp(interface, zwlr_screencopy_manager_v1_interface.name) && !w->screencopy) {
		w->screencopy_version = at_most(version, 3);
		w->screencopy = wl_registry_bind(
			registry, global, &zwlr_screencopy_manager_v1_interface, w->screencopy_version);
	} else if (!strcmp(interface, ext_image_copy_capture_manager_v1_interface.name) && !w->image_copy) {
		w->image_copy =
			wl_registry_bind(registry, global, &ext_image_copy_capture_manager_v1_interface, 1);
	} else if (!strcmp(interface, ext_output_image_capture_source_manager_v1_interface.name) &&
		   !w->output_source) {
		w->output_source = wl_registry_bind(
			registry, global, &ext_output_image_capture_source_manager_v1_interface, 1);
	} else if (!strcmp(interface, wl_seat_interface.name) && !w->seat) {
		w->seat = wl_registry_bind(registry, global, &wl_seat_interface, 1);
	} else if (!strcmp(interface, zwp_virtual_keyboard_manager_v1_interface.name) &&
		   !w->virtual_keyboards) {
		w->virtual_keyboards =
			wl_registry_bind(registry, global, &zwp_virtual_keyboard_manager_v1_interface, 1);
	} else if (!strcmp(interface, zwlr_virtual_pointer_manager_v1_interface.name) &&
		   !w->virtual_pointers) {
		w->virtual_pointers = wl_registry_bind(
			registry, global, &zwlr_virtual_pointer_manager_v1_interface, at_most(version, 2));
	}
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t global)
{
	struct pf_wayland *w = data;
	for (size_t i = 0; i < PF_WAYLAND_OUTPUTS_MAX; i++) {
		struct pf_wayland_output *o = &w->output[i];
		if (!o->proxy || o->global != global)
			continue;
		wl_output_destroy(o->proxy);
		*o = (struct pf_wayland_output){0};
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

int pf_wayland_connect(
	struct pf_wayland *w, const char *socket_path, int64_t deadline_ns, struct pf_reason *reason)
{
	*w = (struct pf_wayland){0};
	w->display = wl_display_connect(socket_path);
	if (!w->display)
		return pf_reason(reason, PF_ERR_NOT_FOUND, "no Wayland compositor listens at %s: %s",
			socket_path, strerror(errno));
	w->registry = wl_display_get_registry(w->display);
	int rc = PF_ERR_NOMEM;
	if (w->registry) {
		wl_registry_add_listener(w->registry, &registry_listener, w);
		/* The first answers name the globals, the second are the events of those that were bound. */
		rc = pf_wayland_roundtrip(w, deadline_ns);
		if (rc == PF_OK)
			rc = pf_wayland_roundtrip(w, deadline_ns);
	}
	if (rc == PF_ERR_TIMEOUT)
		pf_reason(reason, rc, "the compositor at %s does not answer", socket_path);
	else if (rc == PF_ERR_CLOSED)
		pf_wayland_describe_end(w, reason);
	if (rc < 0)
		pf_wayland_finish(w);
	return rc;
}

void pf_wayland_finish(struct pf_wayland *w)
{
	if (!w->display)
		return;
	for (size_t i = 0; i < PF_WAYLAND_OUTPUTS_MAX; i++)
		if (w->output[i].proxy)
			wl_output_destroy(w->output[i].proxy);
	if (w->sync)
		wl_callback_destroy(w->sync);
	if (w->output_source)
		ext_output_image_capture_source_manager_v1_destroy(w->output_source);
	if (w->image_copy)
		ext_image_copy_capture_manager_v1_destroy(w->image_copy);
	if (w->screencopy)
		zwlr_screencopy_manager_v1_destroy(w->screencopy);
	if (w->virtual_pointers)
		zwlr_virtual_pointer_manager_v1_destroy(w->virtual_pointers);
	if (w->virtual_keyboards)
		zwp_virtual_keyboard_manager_v1_destroy(w->virtual_keyboards);
	if (w->seat)
		wl_seat_destroy(w->seat);
	if (w->shm)
		wl_shm_destroy(w->shm);
	if (w->registry)
		wl_registry_destroy(w->registry);
	wl_display_disconnect(w->display);
	*w = (struct pf_wayland){0};
}

struct pf_wayland_output *pf_wayland_find_output(struct pf_wayland *w, const char *name)
{
	for (size_t i = 0; i < PF_WAYLAND_OUTPUTS_MAX; i++)
		if (w->output[i].proxy && (!name || !strcmp(w->output[i].name, name)))
			return &w->output[i];
	return NULL;
}

static int poll_until(struct pollfd *fds, nfds_t count, int64_t deadline_ns)
{
	for (;;) {
		int64_t left_ns = deadline_ns - pf_now_ns();
		if (left_ns < 0)
			left_ns = 0;
		struct timespec t = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
		int n = ppoll(fds, count, &t, NULL);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

/* Reads what the socket holds and runs the handlers; the read was prepared. */
static int read_and_dispatch(struct pf_wayland *w)
{
	if (wl_display_read_events(w->display) < 0 || wl_display_dispatch_pending(w->display) < 0)
		return PF_ERR_CLOSED;
	return PF_OK;
}

int pf_wayland_wait(struct pf_wayland *w, int bell, int64_t deadline_ns)
{
	while (wl_display_prepare_read(w->display) != 0) {
		int n = wl_display_dispatch_pending(w->display);
		if (n != 0)
			return n < 0 ? PF_ERR_CLOSED : PF_OK;
	}
	/* A failed flush shows in the read below, together with the error the compositor sent before. */
	bool blocked = wl_display_flush(w->display) < 0 && errno == EAGAIN;
	struct pollfd fds[] = {
		{.fd = wl_display_get_fd(w->display), .events = (short)(blocked ? POLLIN | POLLOUT : POLLIN)},
		{.fd = bell, .events = POLLIN},
	};
	int n = poll_until(fds, 2, deadline_ns);
	if (n > 0 && fds[0].revents & (POLLIN | POLLERR | POLLHUP))
		return read_and_dispatch(w);
	wl_display_cancel_read(w->display);
	if (n <= 0)
		return PF_ERR_TIMEOUT;
	return fds[1].revents ? PF_ERR_AGAIN : PF_OK;
}

void pf_wayland_flush(struct pf_wayland *w)
{
	wl_display_flush(w->display);
}

static void on_sync_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct pf_wayland *w = data;
	wl_callback_destroy(callback);
	w->sync = NULL;
}

static const struct wl_callback_listener sync_listener = {.done = on_sync_done};

void pf_wayland_ask_sync(struct pf_wayland *w)
{
	if (w->sync)
		return;
	w->sync = wl_display_sync(w->display);
	if (w->sync)
		wl_callback_add_listener(w->sync, &sync_listener, w);
}

int pf_wayland_roundtrip(struct pf_wayland *w, int64_t deadline_ns)
{
	pf_wayland_ask_sync(w);
	while (w->sync) {
		int rc = pf_wayland_wait(w, -1, deadline_ns);
		if (rc < 0)
			return rc;
	}
	return PF_OK;
}

void pf_wayland_describe_end(const struct pf_wayland *w, struct pf_reason *reason)
{
	int error = wl_display_get_error(w->display);
	if (error == EPROTO) {
		const struct wl_interface *interface = NULL;
		uint32_t id;
		uint32_t code = wl_display_get_protocol_error(w->display, &interface, &id);
		pf_reason(reason, 0, "the compositor refused a request (%s, error %u)",
			interface ? interface->name : "unknown object", code);
	} else {
		pf_reason(reason, 0, "the compositor ended the connection (%s)",
			error == EPIPE || error == ECONNRESET ? "it is gone" : strerror(error));
	}
}
