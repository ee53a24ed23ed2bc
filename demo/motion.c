/*
 * punktfunk-motion: a Wayland client that moves a few bars and shows a frame number that can be read back
 * from decoded pictures (media/picture_number.h). Drawn with the CPU into shared memory, driven by the
 * compositor's frame callbacks. Full-screen, and only what changed is drawn and damaged, unless asked
 * otherwise.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "media/picture_number.h"
#include "window.h"

#define BARS       3
#define BAR_PX     48
#define LINE_PX    72 /* height of a bar */
#define BACKGROUND 0xff18242cu

static const uint32_t bar_colour[BARS] = {0xffd05030u, 0xff50b070u, 0xff4080e0u};
static const uint32_t bar_step_px[BARS] = {4, 7, 12};

struct motion {
	struct pf_window window;
	uint32_t number; /* last picture shown */
	bool waiting;    /* for a frame callback */

	bool full, print_fps;
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

struct box {
	uint32_t x, y, width, height;
};

static struct box bar_box(const struct motion *m, int bar, uint32_t number)
{
	uint32_t top = PF_PICTURE_NUMBER_HEIGHT_PX + 8;
	uint32_t room = m->window.height_px - top - LINE_PX;
	return (struct box){
		.x = (uint32_t)((uint64_t)number * bar_step_px[bar] % (m->window.width_px - BAR_PX)),
		.y = top + room * (uint32_t)bar / BARS,
		.width = BAR_PX,
		.height = LINE_PX,
	};
}

static void fill(const struct motion *m, struct pf_canvas *c, struct box b, uint32_t colour)
{
	for (uint32_t y = b.y; y < b.y + b.height; y++) {
		uint32_t *row = c->pixels + (size_t)y * m->window.width_px;
		for (uint32_t x = b.x; x < b.x + b.width; x++)
			row[x] = colour;
	}
}

static void draw(struct motion *m, struct pf_canvas *c, uint32_t number)
{
	if (m->full || c->number == 0)
		fill(m, c, (struct box){0, 0, m->window.width_px, m->window.height_px}, BACKGROUND);
	else
		for (int i = 0; i < BARS; i++)
			fill(m, c, bar_box(m, i, c->number), BACKGROUND);
	for (int i = 0; i < BARS; i++)
		fill(m, c, bar_box(m, i, number), bar_colour[i]);
	pf_picture_number_draw(c->pixels, (size_t)m->window.width_px * 4, number);
	c->number = number;
}

static void damage(struct motion *m, struct box b)
{
	wl_surface_damage_buffer(
		m->window.surface, (int32_t)b.x, (int32_t)b.y, (int32_t)b.width, (int32_t)b.height);
}

static void damage_changes(struct motion *m, uint32_t old, uint32_t new)
{
	if (m->full || old == 0) {
		damage(m, (struct box){0, 0, m->window.width_px, m->window.height_px});
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

static void show_next(struct motion *m)
{
	if (m->waiting || (m->idle_after && m->number >= m->idle_after))
		return;
	bool resized = pf_window_is_stale(&m->window);
	if (resized && !pf_window_make_canvases(&m->window)) {
		m->window.closed = true;
		return;
	}
	struct pf_canvas *c = pf_window_free_canvas(&m->window);
	if (c) {
		uint32_t old = resized ? 0 : m->number;
		draw(m, c, ++m->number);
		wl_surface_attach(m->window.surface, c->buffer, 0, 0);
		damage_changes(m, old, m->number);
		c->busy = true;
	}
	wl_callback_add_listener(wl_surface_frame(m->window.surface), &frame_listener, m);
	wl_surface_commit(m->window.surface);
	m->waiting = true;
}

static void on_configure(void *user)
{
	show_next(user);
}

static bool parse_options(struct motion *m, bool *window, int argc, char **argv)
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
			*window = true;
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
	struct motion m = {.window = {.name = "punktfunk-motion",
				   .least_width_px = PF_PICTURE_NUMBER_WIDTH_PX,
				   .least_height_px = PF_PICTURE_NUMBER_HEIGHT_PX + 16 + 2 * LINE_PX,
				   .wanted_width_px = 1280,
				   .wanted_height_px = 720,
				   .on_configure = on_configure,
				   .user = &m}};
	bool window = false;
	if (!parse_options(&m, &window, argc, argv))
		return 2;
	bool opened = pf_window_open(&m.window, !window);
	while (opened && !m.window.closed && wl_display_dispatch(m.window.display) >= 0)
		continue;
	pf_window_close(&m.window);
	return opened && m.window.closed ? 0 : 1;
}
