/*
 * punktfunk-motion: a Wayland client that moves a few bars and shows a frame number that can be read back
 * from decoded pictures (media/picture_number.h). Drawn with the CPU into shared memory, driven by the
 * compositor's frame callbacks. Full-screen, and only what changed is drawn and damaged, unless asked
 * otherwise.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "media/picture_number.h"
#include "xdg-shell.h"

#define BUFFERS     3
#define BARS        3
#define BAR_PX      48
#define LINE_PX     72 /* height of a bar */
#define BACKGROUND  0xff18242cu
#define SIZE_PX_MAX 16384

static const uint32_t bar_colour[BARS] = {0xffd05030u, 0xff50b070u, 0xff4080e0u};
static const uint32_t bar_step_px[BARS] = {4, 7, 12};

struct canvas {
	struct wl_buffer *buffer;
	uint32_t *pixels;
	bool busy;       /* the compositor may read it */
	uint32_t number; /* picture it holds, 0 = none */
};

struct motion {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;

	uint32_t width_px, height_px, wanted_width_px, wanted_height_px;
	size_t pool_bytes;
	void *pool;
	struct canvas canvas[BUFFERS];

	uint32_t number; /* last picture shown */
	bool configured, waiting /* for a frame callback */, closed;

	bool full, window, print_fps;
	uint32_t idle_after; /* pictures; 0 = never */
	int64_t second_ns;
	uint32_t second_count;
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_buffer_release(void *data, struct wl_buffer *buffer)
{
	struct canvas *c = data;
	c->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = on_buffer_release};

static void free_canvases(struct motion *m)
{
	for (int i = 0; i < BUFFERS; i++)
		if (m->canvas[i].buffer)
			wl_buffer_destroy(m->canvas[i].buffer);
	memset(m->canvas, 0, sizeof(m->canvas));
	if (m->pool)
		munmap(m->pool, m->pool_bytes);
	m->pool = NULL;
}

static bool make_canvases(struct motion *m)
{
	free_canvases(m);
	m->width_px = m->wanted_width_px;
	m->height_px = m->wanted_height_px;
	size_t one = (size_t)m->width_px * m->height_px * 4;
	m->pool_bytes = one * BUFFERS;
	int fd = memfd_create("punktfunk-motion", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	if (m->pool_bytes > INT32_MAX || ftruncate(fd, (off_t)m->pool_bytes) < 0) {
		close(fd);
		return false;
	}
	void *memory = mmap(NULL, m->pool_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		close(fd);
		return false;
	}
	m->pool = memory;
	struct wl_shm_pool *pool = wl_shm_create_pool(m->shm, fd, (int32_t)m->pool_bytes);
	for (int i = 0; i < BUFFERS; i++) {
		struct canvas *c = &m->canvas[i];
		c->pixels = (uint32_t *)((uint8_t *)memory + one * (size_t)i);
		c->buffer = wl_shm_pool_create_buffer(pool, (int32_t)(one * (size_t)i), (int32_t)m->width_px,
			(int32_t)m->height_px, (int32_t)m->width_px * 4, WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(c->buffer, &buffer_listener, c);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	return true;
}

struct box {
	uint32_t x, y, width, height;
};

static struct box bar_box(const struct motion *m, int bar, uint32_t number)
{
	uint32_t top = PF_PICTURE_NUMBER_HEIGHT_PX + 8;
	uint32_t room = m->height_px - top - LINE_PX;
	return (struct box){
		.x = (uint32_t)((uint64_t)number * bar_step_px[bar] % (m->width_px - BAR_PX)),
		.y = top + room * (uint32_t)bar / BARS,
		.width = BAR_PX,
		.height = LINE_PX,
	};
}

static void fill(const struct motion *m, struct canvas *c, struct box b, uint32_t colour)
{
	for (uint32_t y = b.y; y < b.y + b.height; y++) {
		uint32_t *row = c->pixels + (size_t)y * m->width_px;
		for (uint32_t x = b.x; x < b.x + b.width; x++)
			row[x] = colour;
	}
}

static void draw(struct motion *m, struct canvas *c, uint32_t number)
{
	if (m->full || c->number == 0)
		fill(m, c, (struct box){0, 0, m->width_px, m->height_px}, BACKGROUND);
	else
		for (int i = 0; i < BARS; i++)
			fill(m, c, bar_box(m, i, c->number), BACKGROUND);
	for (int i = 0; i < BARS; i++)
		fill(m, c, bar_box(m, i, number), bar_colour[i]);
	pf_picture_number_draw(c->pixels, (size_t)m->width_px * 4, number);
	c->number = number;
}

static void damage(struct motion *m, struct box b)
{
	wl_surface_damage_buffer(m->surface, (int32_t)b.x, (int32_t)b.y, (int32_t)b.width, (int32_t)b.height);
}

static void damage_changes(struct motion *m, uint32_t old, uint32_t new)
{
	if (m->full || old == 0) {
		damage(m, (struct box){0, 0, m->width_px, m->height_px});
		return;
	}
	damage(m, (struct box){0, 0, PF_PICTURE_NUMBER_WIDTH_PX, PF_PICTURE_NUMBER_HEIGHT_PX});
	for (int i = 0; i < BARS; i++) {
		damage(m, bar_box(m, i, old));
		damage(m, bar_box(m, i, new));
	}
}

static void count_picture(struct motion *m)
{
	int64_t now = now_ns();
	m->second_count++;
	if (m->second_ns == 0)
		m->second_ns = now;
	if (!m->print_fps || now - m->second_ns < 1000000000)
		return;
	printf("%.1f fps\n", m->second_count * 1e9 / (double)(now - m->second_ns));
	fflush(stdout);
	m->second_ns = now;
	m->second_count = 0;
}

static void show_next(struct motion *m);

static void on_frame_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct motion *m = data;
	wl_callback_destroy(callback);
	m->waiting = false;
	count_picture(m);
	show_next(m);
}

static const struct wl_callback_listener frame_listener = {.done = on_frame_done};

static struct canvas *free_canvas(struct motion *m)
{
	for (int i = 0; i < BUFFERS; i++)
		if (!m->canvas[i].busy)
			return &m->canvas[i];
	return NULL;
}

static void show_next(struct motion *m)
{
	if (m->waiting || (m->idle_after && m->number >= m->idle_after))
		return;
	bool resized = m->width_px != m->wanted_width_px || m->height_px != m->wanted_height_px;
	if ((resized || !m->pool) && !make_canvases(m)) {
		fprintf(stderr, "punktfunk-motion: no memory for %ux%u\n", m->wanted_width_px,
			m->wanted_height_px);
		m->closed = true;
		return;
	}
	struct canvas *c = free_canvas(m);
	if (c) {
		uint32_t old = resized ? 0 : m->number;
		draw(m, c, ++m->number);
		wl_surface_attach(m->surface, c->buffer, 0, 0);
		damage_changes(m, old, m->number);
		c->busy = true;
	}
	wl_callback_add_listener(wl_surface_frame(m->surface), &frame_listener, m);
	wl_surface_commit(m->surface);
	m->waiting = true;
}

static void on_xdg_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct motion *m = data;
	xdg_surface_ack_configure(surface, serial);
	m->configured = true;
	show_next(m);
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
	struct motion *m = data;
	m->wanted_width_px = usable(width, m->wanted_width_px, PF_PICTURE_NUMBER_WIDTH_PX);
	m->wanted_height_px =
		usable(height, m->wanted_height_px, PF_PICTURE_NUMBER_HEIGHT_PX + 16 + 2 * LINE_PX);
}

static void on_toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
	struct motion *m = data;
	m->closed = true;
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
	struct motion *m = data;
	if (!strcmp(interface, wl_compositor_interface.name) && version >= 4)
		m->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, wl_shm_interface.name))
		m->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, xdg_wm_base_interface.name))
		m->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

static bool open_window(struct motion *m)
{
	m->display = wl_display_connect(NULL);
	if (!m->display) {
		fprintf(stderr, "punktfunk-motion: no Wayland display (WAYLAND_DISPLAY): %s\n",
			strerror(errno));
		return false;
	}
	m->registry = wl_display_get_registry(m->display);
	wl_registry_add_listener(m->registry, &registry_listener, m);
	if (wl_display_roundtrip(m->display) < 0 || !m->compositor || !m->shm || !m->wm_base) {
		fprintf(stderr,
			"punktfunk-motion: the compositor lacks wl_compositor 4, wl_shm or xdg_wm_base\n");
		return false;
	}
	xdg_wm_base_add_listener(m->wm_base, &wm_base_listener, m);
	m->surface = wl_compositor_create_surface(m->compositor);
	m->xdg_surface = xdg_wm_base_get_xdg_surface(m->wm_base, m->surface);
	xdg_surface_add_listener(m->xdg_surface, &xdg_surface_listener, m);
	m->toplevel = xdg_surface_get_toplevel(m->xdg_surface);
	xdg_toplevel_add_listener(m->toplevel, &toplevel_listener, m);
	xdg_toplevel_set_title(m->toplevel, "punktfunk-motion");
	xdg_toplevel_set_app_id(m->toplevel, "punktfunk-motion");
	if (!m->window)
		xdg_toplevel_set_fullscreen(m->toplevel, NULL);
	wl_surface_commit(m->surface);
	return true;
}

static void close_window(struct motion *m)
{
	if (!m->display)
		return;
	free_canvases(m);
	if (m->toplevel) {
		xdg_toplevel_destroy(m->toplevel);
		xdg_surface_destroy(m->xdg_surface);
		wl_surface_destroy(m->surface);
	}
	if (m->wm_base)
		xdg_wm_base_destroy(m->wm_base);
	if (m->shm)
		wl_shm_destroy(m->shm);
	if (m->compositor)
		wl_compositor_destroy(m->compositor);
	wl_registry_destroy(m->registry);
	wl_display_disconnect(m->display);
}

static bool parse_options(struct motion *m, int argc, char **argv)
{
	static const struct option options[] = {
		{"fps-print", no_argument, NULL, 'p'},
		{"idle-after", required_argument, NULL, 'i'},
		{"full", no_argument, NULL, 'f'},
		{"window", no_argument, NULL, 'w'},
		{0},
	};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o == 'p')
			m->print_fps = true;
		else if (o == 'f')
			m->full = true;
		else if (o == 'w')
			m->window = true;
		else if (o == 'i')
			m->idle_after = (uint32_t)strtoul(optarg, NULL, 10);
		if (o == '?' || (o == 'i' && m->idle_after == 0)) {
			fprintf(stderr, "usage: punktfunk-motion [--fps-print] [--full] [--window] "
					"[--idle-after PICTURES]\n"
					"  --fps-print   a line with the rate each second\n"
					"  --full        draw and damage everything each time\n"
					"  --window      as large as the compositor likes, not full-screen\n"
					"  --idle-after  stand still after so many pictures\n");
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct motion m = {.wanted_width_px = 1280, .wanted_height_px = 720};
	if (!parse_options(&m, argc, argv))
		return 2;
	bool opened = open_window(&m);
	while (opened && !m.closed && wl_display_dispatch(m.display) >= 0)
		continue;
	close_window(&m);
	return opened && m.closed ? 0 : 1;
}
