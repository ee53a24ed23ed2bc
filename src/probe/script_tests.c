#include "probe/script_tests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS      120 /* of a circle; at 8 ms each it takes a second */
#define BEGIN      "wait 500\nevery 8\n"
#define STICK      30000
#define PAD_MIDDLE 32768
#define PAD_RADIUS 20000
#define GYRO       (20 * 90)
#define GRAVITY    10000

struct spot {
	int x, y;
};

static struct spot on_circle(int step, struct spot middle, int radius)
{
	double turn = 2 * M_PI * step / STEPS;
	return (struct spot){
		middle.x + (int)lround(cos(turn) * radius), middle.y + (int)lround(sin(turn) * radius)};
}

static void write_pointer(FILE *f, struct pf_mode m)
{
	struct spot middle = {(int)m.width_px / 2, (int)m.height_px / 2}, last;
	int radius = (int)m.height_px / 4;
	for (int i = 0; i <= STEPS; i++) {
		last = on_circle(i, middle, radius);
		fprintf(f, "place %d %d %u %u\n", last.x, last.y, m.width_px, m.height_px);
	}
	for (int i = 1; i <= STEPS; i++) {
		struct spot next = on_circle(i, middle, radius);
		fprintf(f, "move %d %d\n", next.x - last.x, next.y - last.y);
		last = next;
	}
	fputs("every 40\nkey tap 0x41\nkey tap 0x42\nkey down 0xA0\nkey tap 0x43\nkey up 0xA0\nkey tap "
	      "0x0D\n",
		f);
}

static void write_touch(FILE *f, struct pf_mode m)
{
	struct spot middle = {(int)m.width_px / 2, (int)m.height_px / 2};
	int radius = (int)m.height_px / 4;
	for (int i = 0; i <= STEPS; i++) {
		for (int finger = 0; finger < 2; finger++) {
			/* The second one on the other side, from a quarter turn on. */
			int since = i - finger * STEPS / 4;
			struct spot at = on_circle(i + finger * STEPS / 2, middle, radius);
			if (since >= 0)
				fprintf(f, "touch %d %s %d %d %u %u\n", 3 + finger, since ? "move" : "down",
					at.x, at.y, m.width_px, m.height_px);
		}
	}
	fputs("touch 3 up\ntouch 4 up\n", f);
}

static void write_pad(FILE *f)
{
	const struct spot zero = {0, 0}, middle = {PAD_MIDDLE, PAD_MIDDLE};
	fputs("pad 0 arrive dualsense haptics\npad 0 state\n", f);
	for (int i = 0; i <= STEPS; i++) {
		struct spot at = on_circle(i, zero, STICK);
		fprintf(f, "pad 0 state buttons=%s lx=%d ly=%d lt=%d\n", i % 30 < 15 ? "a" : "b", at.x, -at.y,
			i);
	}
	fputs("pad 0 state\n", f);
	for (int i = 0; i <= STEPS; i++) {
		struct spot at = on_circle(i, middle, PAD_RADIUS);
		struct spot turn = on_circle(i, zero, GYRO);
		fprintf(f, "pad 0 touch 0 1 %d %d\npad 0 motion %d 0 %d 0 %d 0\n", at.x, at.y, turn.x, turn.y,
			GRAVITY);
	}
	fprintf(f, "pad 0 touch 0 0 %d %d\npad 0 motion 0 0 0 0 %d 0\nwait 300\npad 0 remove\n", PAD_MIDDLE,
		PAD_MIDDLE, GRAVITY);
}

char *pf_probe_test_script(const struct pf_probe_options *o)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	fputs(BEGIN, f);
	if (o->input_test)
		write_pointer(f, o->mode);
	fputs(BEGIN, f);
	if (o->touch_test)
		write_touch(f, o->mode);
	if (o->rich_input_test)
		write_pad(f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
