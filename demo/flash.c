/*
 * punktfunk-flash: a Wayland client that is black and, each second, white for as long as it beeps. Both begin at the
 * same instant as far as the system lets them; what it knows of the difference it tells with --verbose. For measuring
 * how far sound and picture of a stream are apart.
 */
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "beep.h"
#include "window.h"

#define NAME      "punktfunk-flash"
#define SECOND_NS INT64_C(1000000000)
#define BLACK     0xff000000u
#define WHITE     0xffffffffu

struct flash {
	struct pf_window window;
	struct pf_beep *beep;
	bool configured, verbose;
	int64_t committed_ns, drawn_ns; /* the compositor took the last picture at; 0 = not yet */
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void on_configure(void *user)
{
	struct flash *f = user;
	f->configured = true;
}

static void on_frame_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct flash *f = data;
	wl_callback_destroy(callback);
	f->drawn_ns = now_ns();
}

static const struct wl_callback_listener frame_listener = {.done = on_frame_done};

/* Before the time, so that only the commit is left to do. NULL: there is none, and none is shown. */
static struct pf_canvas *prepare(struct flash *f, uint32_t colour)
{
	struct pf_window *w = &f->window;
	if (pf_window_is_stale(w) && !pf_window_make_canvases(w)) {
		w->closed = true;
		return NULL;
	}
	struct pf_canvas *c = pf_window_free_canvas(w);
	for (size_t i = 0; c && i < (size_t)w->width_px * w->height_px; i++)
		c->pixels[i] = colour;
	return c;
}

static void show(struct flash *f, struct pf_canvas *c)
{
	struct pf_window *w = &f->window;
	if (!c)
		return;
	c->busy = true;
	wl_surface_attach(w->surface, c->buffer, 0, 0);
	wl_surface_damage_buffer(w->surface, 0, 0, (int32_t)w->width_px, (int32_t)w->height_px);
	wl_callback_add_listener(wl_surface_frame(w->surface), &frame_listener, f);
	wl_surface_commit(w->surface);
	wl_display_flush(w->display);
	f->committed_ns = now_ns();
	f->drawn_ns = 0;
}

/* What the compositor says until then. False: it is gone. */
static bool wait_until(struct flash *f, int64_t then_ns)
{
	struct wl_display *d = f->window.display;
	for (int64_t left_ns; (left_ns = then_ns - now_ns()) > 0;) {
		struct timespec left = {left_ns / SECOND_NS, left_ns % SECOND_NS};
		struct pollfd fd = {wl_display_get_fd(d), POLLIN, 0};
		while (wl_display_prepare_read(d) != 0)
			wl_display_dispatch_pending(d);
		wl_display_flush(d);
		if (ppoll(&fd, 1, &left, NULL) > 0)
			wl_display_read_events(d);
		else
			wl_display_cancel_read(d);
		if (wl_display_dispatch_pending(d) < 0 || f->window.closed)
			return false;
	}
	return true;
}

static double ms_between(int64_t from_ns, int64_t to_ns)
{
	return (double)(to_ns - from_ns) / 1e6;
}

static void tell(const struct flash *f, int64_t committed_ns, int64_t drawn_ns)
{
	int64_t beep_ns = pf_beep_started_ns(f->beep);
	if (!f->verbose)
		return;
	printf("flash committed at %.6f s", (double)committed_ns / 1e9);
	if (beep_ns >= committed_ns - SECOND_NS / 2)
		printf(", beep %+.2f ms", ms_between(committed_ns, beep_ns));
	if (drawn_ns)
		printf(", frame callback %+.2f ms", ms_between(committed_ns, drawn_ns));
	printf("\n");
	fflush(stdout);
}

static bool flash_once(struct flash *f, int64_t at_ns)
{
	struct pf_canvas *white = prepare(f, WHITE);
	if (!wait_until(f, at_ns))
		return false;
	show(f, white);
	pf_beep_start(f->beep);
	int64_t committed_ns = f->committed_ns;
	struct pf_canvas *black = prepare(f, BLACK);
	if (!wait_until(f, at_ns + PF_BEEP_MS * SECOND_NS / 1000))
		return false;
	tell(f, committed_ns, f->drawn_ns);
	show(f, black);
	return true;
}

static void run(struct flash *f)
{
	while (!f->configured && !f->window.closed && wl_display_dispatch(f->window.display) >= 0)
		continue;
	show(f, prepare(f, BLACK));
	for (int64_t at_ns = now_ns() + SECOND_NS; !f->window.closed && flash_once(f, at_ns);
		at_ns += SECOND_NS)
		continue;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"verbose", no_argument, NULL, 'v'}, {0}};
	struct flash f = {.window = {.name = NAME,
				  .least_width_px = 1,
				  .least_height_px = 1,
				  .wanted_width_px = 1280,
				  .wanted_height_px = 720,
				  .on_configure = on_configure,
				  .user = &f}};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o != 'v') {
			fprintf(stderr, "usage: " NAME " [--verbose]\n");
			return 2;
		}
		f.verbose = true;
	}
	bool opened = pf_window_open(&f.window, true) && (f.beep = pf_beep_open(NAME));
	if (opened)
		run(&f);
	bool closed = f.window.closed;
	pf_beep_close(f.beep);
	pf_window_close(&f.window);
	return opened && closed ? 0 : 1;
}
