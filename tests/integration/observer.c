/*
 * A full-screen Wayland client that writes down whatever reaches it, and when ("ns", CLOCK_MONOTONIC): one JSON object a
 * line, in the order in which the compositor tells it. Started as a private display's session program: observer FILE.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>
#include <xkbcommon/xkbcommon.h>

#include "xdg-shell.h"

#define SEAT_VERSION    8
#define COLOUR          0xff203040u
#define SIZE_PX_MAX     16384
#define XKB_CODE_OFFSET 8

struct observer {
	FILE *out;
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct wl_buffer *buffer;
	int32_t width_px, height_px, drawn_width_px, drawn_height_px;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct xkb_context *context;
	struct xkb_state *state;
	uint32_t axis_source; /* of the frame under way */
	bool closed;
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The format is json_pack's. */
static void tell(struct observer *o, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	json_t *line = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	if (!line)
		return;
	json_object_set_new(line, "ns", json_integer(now_ns()));
	json_dumpf(line, o->out, JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc('\n', o->out);
	json_decref(line);
}

/* --- keyboard --- */

static uint32_t hash_of(const char *text)
{
	uint32_t h = 2166136261u;
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size)
{
	struct observer *o = data;
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (text == MAP_FAILED)
		return;
	struct xkb_keymap *keymap = xkb_keymap_new_from_string(
		o->context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	tell(o, "{s:s, s:I, s:b}", "event", "keymap", "hash", (json_int_t)hash_of(text), "good",
		keymap != NULL);
	munmap(text, size);
	xkb_state_unref(o->state);
	o->state = keymap ? xkb_state_new(keymap) : NULL;
	xkb_keymap_unref(keymap);
}

static void on_keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys)
{
	tell(data, "{s:s, s:i}", "event", "keyboard", "held", (int)(keys->size / sizeof(uint32_t)));
}

static void on_keyboard_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
	tell(data, "{s:s}", "event", "keyboard_leave");
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time_ms, uint32_t code,
	uint32_t pressed)
{
	struct observer *o = data;
	char sym[64] = "", text[16] = "";
	if (o->state) {
		xkb_keysym_get_name(
			xkb_state_key_get_one_sym(o->state, code + XKB_CODE_OFFSET), sym, sizeof(sym));
		xkb_state_key_get_utf8(o->state, code + XKB_CODE_OFFSET, text, sizeof(text));
	}
	tell(o, "{s:s, s:i, s:b, s:s, s:s}", "event", "key", "code", (int)code, "down", (int)pressed, "sym",
		sym, "text", text);
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group)
{
	struct observer *o = data;
	if (o->state)
		xkb_state_update_mask(o->state, depressed, latched, locked, 0, 0, group);
	tell(o, "{s:s, s:i, s:i, s:i, s:i}", "event", "modifiers", "depressed", (int)depressed, "latched",
		(int)latched, "locked", (int)locked, "group", (int)group);
}

static void on_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay_ms)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = on_keymap,
	.enter = on_keyboard_enter,
	.leave = on_keyboard_leave,
	.key = on_key,
	.modifiers = on_modifiers,
	.repeat_info = on_repeat_info,
};

/* --- pointer --- */

static void on_pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	tell(data, "{s:s, s:f, s:f}", "event", "enter", "x", wl_fixed_to_double(x), "y",
		wl_fixed_to_double(y));
}

static void on_pointer_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface)
{
	tell(data, "{s:s}", "event", "leave");
}

static void on_motion(void *data, struct wl_pointer *pointer, uint32_t time_ms, wl_fixed_t x, wl_fixed_t y)
{
	tell(data, "{s:s, s:f, s:f}", "event", "motion", "x", wl_fixed_to_double(x), "y",
		wl_fixed_to_double(y));
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time_ms,
	uint32_t code, uint32_t pressed)
{
	tell(data, "{s:s, s:i, s:b}", "event", "button", "code", (int)code, "down", (int)pressed);
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis, wl_fixed_t value)
{
	struct observer *o = data;
	tell(o, "{s:s, s:i, s:i, s:f}", "event", "axis", "axis", (int)axis, "source", (int)o->axis_source,
		"value", wl_fixed_to_double(value));
}

static void on_frame(void *data, struct wl_pointer *pointer)
{
}

static void on_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
	struct observer *o = data;
	o->axis_source = source;
}

static void on_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis)
{
	tell(data, "{s:s, s:i}", "event", "axis_stop", "axis", (int)axis);
}

static void on_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps)
{
	tell(data, "{s:s, s:i, s:i}", "event", "detents", "axis", (int)axis, "steps", (int)steps);
}

static void on_axis_value120(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t value)
{
	tell(data, "{s:s, s:i, s:i}", "event", "value120", "axis", (int)axis, "value", (int)value);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = on_pointer_enter,
	.leave = on_pointer_leave,
	.motion = on_motion,
	.button = on_button,
	.axis = on_axis,
	.frame = on_frame,
	.axis_source = on_axis_source,
	.axis_stop = on_axis_stop,
	.axis_discrete = on_axis_discrete,
	.axis_value120 = on_axis_value120,
};

static void on_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct observer *o = data;
	if (capabilities & WL_SEAT_CAPABILITY_KEYBOARD && !o->keyboard) {
		o->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(o->keyboard, &keyboard_listener, o);
	}
	if (capabilities & WL_SEAT_CAPABILITY_POINTER && !o->pointer) {
		o->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(o->pointer, &pointer_listener, o);
	}
}

static void on_seat_name(void *data, struct wl_seat *seat, const char *name)
{
}

static const struct wl_seat_listener seat_listener = {.capabilities = on_capabilities, .name = on_seat_name};

/* --- window --- */

static bool draw(struct observer *o)
{
	size_t bytes = (size_t)o->width_px * (size_t)o->height_px * 4;
	int fd = memfd_create("observer", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		return false;
	uint32_t *pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		return false;
	for (size_t i = 0; i < bytes / 4; i++)
		pixels[i] = COLOUR;
	munmap(pixels, bytes);
	struct wl_shm_pool *pool = wl_shm_create_pool(o->shm, fd, (int32_t)bytes);
	if (o->buffer)
		wl_buffer_destroy(o->buffer);
	o->buffer = wl_shm_pool_create_buffer(
		pool, 0, o->width_px, o->height_px, o->width_px * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	wl_surface_attach(o->surface, o->buffer, 0, 0);
	wl_surface_damage_buffer(o->surface, 0, 0, o->width_px, o->height_px);
	return true;
}

static void on_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct observer *o = data;
	xdg_surface_ack_configure(surface, serial);
	if (o->width_px != o->drawn_width_px || o->height_px != o->drawn_height_px) {
		o->closed = o->closed || !draw(o);
		o->drawn_width_px = o->width_px;
		o->drawn_height_px = o->height_px;
		tell(o, "{s:s, s:i, s:i}", "event", "size", "width", o->width_px, "height", o->height_px);
	}
	wl_surface_commit(o->surface);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = on_configure};

static void on_toplevel_configure(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states)
{
	struct observer *o = data;
	o->width_px = width > 0 && width <= SIZE_PX_MAX ? width : o->width_px;
	o->height_px = height > 0 && height <= SIZE_PX_MAX ? height : o->height_px;
}

static void on_toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	struct observer *o = data;
	o->closed = true;
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
	struct observer *o = data;
	if (!strcmp(interface, wl_compositor_interface.name)) {
		o->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (!strcmp(interface, wl_shm_interface.name)) {
		o->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (!strcmp(interface, xdg_wm_base_interface.name)) {
		o->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(o->wm_base, &wm_base_listener, o);
	} else if (!strcmp(interface, wl_seat_interface.name)) {
		o->seat = wl_registry_bind(
			registry, name, &wl_seat_interface, version < SEAT_VERSION ? version : SEAT_VERSION);
		wl_seat_add_listener(o->seat, &seat_listener, o);
	}
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

static bool open_window(struct observer *o)
{
	o->display = wl_display_connect(NULL);
	if (!o->display) {
		perror("observer: no Wayland display");
		return false;
	}
	wl_registry_add_listener(wl_display_get_registry(o->display), &registry_listener, o);
	if (wl_display_roundtrip(o->display) < 0 || !o->compositor || !o->shm || !o->wm_base || !o->seat) {
		fputs("observer: the compositor lacks something\n", stderr);
		return false;
	}
	o->surface = wl_compositor_create_surface(o->compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(o->wm_base, o->surface);
	xdg_surface_add_listener(xdg_surface, &xdg_surface_listener, o);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg_surface);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, o);
	xdg_toplevel_set_fullscreen(toplevel, NULL);
	wl_surface_commit(o->surface);
	return true;
}

int main(int argc, char **argv)
{
	struct observer o = {.width_px = 640, .height_px = 360};
	if (argc != 2 || !(o.out = fopen(argv[1], "ae"))) {
		fputs("usage: observer FILE\n", stderr);
		return 2;
	}
	o.context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	bool open = open_window(&o);
	while (open && !o.closed && wl_display_dispatch(o.display) >= 0)
		fflush(o.out);
	fclose(o.out);
	return open && o.closed ? 0 : 1;
}
