#include "input/pen.h"

#include <math.h>

#define RADIANS (3.14159265358979323846 / 180)

static float inside(float v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* The azimuth is where the pen's upper end leans to, clockwise from the top of the picture. */
static void set_tilt(struct pf_pen *pen, const struct pf_pen_sample *s)
{
	if (s->tilt_deg == PF_PEN_UNKNOWN_TILT || s->azimuth_deg == PF_PEN_UNKNOWN) {
		pen->tilt_x_deg = pen->tilt_y_deg = 0;
		return;
	}
	double tilt = (s->tilt_deg < 90 ? s->tilt_deg : 90) * RADIANS, azimuth = s->azimuth_deg * RADIANS;
	pen->tilt_x_deg = (int8_t)lround(atan2(sin(azimuth) * sin(tilt), cos(tilt)) / RADIANS);
	pen->tilt_y_deg = (int8_t)lround(atan2(-cos(azimuth) * sin(tilt), cos(tilt)) / RADIANS);
}

void pf_pen_stream_leave(struct pf_pen_stream *s, const struct pf_pen_sink *sink)
{
	if (!s->now.near)
		return;
	s->now.near = s->now.touching = s->now.barrel_1 = s->now.barrel_2 = false;
	s->now.pressure = 0;
	sink->pen(sink->user, &s->now);
}

static void play(struct pf_pen_stream *s, const struct pf_pen_sample *in, const struct pf_pen_sink *sink)
{
	struct pf_pen *pen = &s->now;
	bool eraser = in->tool > 1 ? pen->eraser : in->tool == 1;
	if (!(in->state & PF_PEN_IN_RANGE) || eraser != pen->eraser)
		pf_pen_stream_leave(s, sink);
	pen->eraser = eraser;
	if (!(in->state & PF_PEN_IN_RANGE))
		return;
	pen->near = true;
	pen->touching = in->state & PF_PEN_TOUCHING;
	pen->barrel_1 = in->state & PF_PEN_BARREL_1;
	pen->barrel_2 = in->state & PF_PEN_BARREL_2;
	pen->x = inside(in->x);
	pen->y = inside(in->y);
	pen->pressure = pen->touching ? in->pressure : 0;
	pen->hover = pen->touching ? 0 : in->hover;
	pen->roll_deg = in->roll_deg == PF_PEN_UNKNOWN ? PF_PEN_UNKNOWN : in->roll_deg % 360;
	set_tilt(pen, in);
	sink->pen(sink->user, pen);
}

void pf_pen_stream_batch(
	struct pf_pen_stream *s, struct pf_pen_batch *batch, int64_t now_ns, const struct pf_pen_sink *sink)
{
	if (!pf_pen_filter(&s->filter, batch))
		return;
	s->heard_ns = now_ns;
	for (unsigned i = 0; i < batch->count; i++)
		play(s, &batch->sample[i], sink);
}

int64_t pf_pen_stream_tick(struct pf_pen_stream *s, int64_t now_ns, const struct pf_pen_sink *sink)
{
	if (s->now.near && now_ns - s->heard_ns >= PF_PEN_SILENCE_NS)
		pf_pen_stream_leave(s, sink);
	return s->now.near ? s->heard_ns + PF_PEN_SILENCE_NS : INT64_MAX;
}
