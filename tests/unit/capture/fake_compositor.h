/*
 * A compositor with one output and one picture, served from a thread of its own over the real protocols.
 * It copies as little as the protocol allows it to, so that a client that tracks damage wrongly sees a
 * wrong picture.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FAKE_WIDTH  640
#define FAKE_HEIGHT 480

struct fake_compositor;

enum fake_protocols { FAKE_EXT = 1, FAKE_WLR = 2 };

enum fake_clock {
	FAKE_CLOCK_GOOD,
	FAKE_CLOCK_FUTURE,
	FAKE_CLOCK_OLD,
	FAKE_CLOCK_NONSENSE, /* more nanoseconds than a second has */
};

struct fake_compositor *fake_start(const char *socket_path, unsigned protocols);
void fake_stop(struct fake_compositor *f);

/* Paints a rectangle and tells the client as soon as it asks. */
void fake_paint(struct fake_compositor *f, int x, int y, int width, int height, uint32_t colour);
/* What the client must see now. Only the thread that paints may look. */
const uint32_t *fake_picture(const struct fake_compositor *f);
void fake_set_clock(struct fake_compositor *f, enum fake_clock clock);
/* The next damage is sent as this many rectangles that reach far outside the picture. */
void fake_set_absurd_damage(struct fake_compositor *f, unsigned count);
/* Announces another size. */
void fake_resize(struct fake_compositor *f, uint32_t width, uint32_t height);
/* Ends the session (ext), or fails the copy under way and so many in all (wlr). */
void fake_refuse(struct fake_compositor *f, unsigned count);
/* Stops serving, connection open, until fake_stop. */
void fake_hang(struct fake_compositor *f);
