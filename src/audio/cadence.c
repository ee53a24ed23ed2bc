#include "audio/cadence.h"

#include <string.h>

#define SECOND_NS   INT64_C(1000000000)
#define LATE_NS     (SECOND_NS / 10) /* behind by more than this: the schedule begins anew */
#define HOLE_NS     (SECOND_NS / 2)  /* of silence, then nothing is sent */
#define PATIENCE_NS (SECOND_NS / 25)
#define IDLE_NS     (SECOND_NS / 10) /* between looks while there is nothing to wait for */
#define LEAD_NS     500000           /* arrivals ahead of the count by this: the count is behind */
#define LEAD_WINDOW 200              /* frames */
#define FAR_NS      5000000          /* behind by more: cycles of the graph were missed */
#define FAR_WINDOW  40               /* frames: more than come late together after a pause of the machine */

void pf_cadence_init(struct pf_cadence *c, uint32_t rate_hz, unsigned frame_frames, bool endless)
{
	memset(c, 0, sizeof(*c));
	c->rate_hz = rate_hz;
	c->frame_frames = frame_frames;
	c->endless = endless;
}

static int64_t length_ns(const struct pf_cadence *c, uint64_t frames)
{
	/* Seconds apart: a stream may run for weeks, whose samples in nanoseconds no number holds. */
	return (int64_t)(frames / c->rate_hz * SECOND_NS + frames % c->rate_hz * SECOND_NS / c->rate_hz);
}

/* --- presentation times: counted by samples, so that clients see no jitter --- */

static int64_t counted_ns(const struct pf_cadence *c)
{
	return c->base_ns + length_ns(c, c->counted);
}

static void anchor(struct pf_cadence *c, int64_t ns)
{
	if (!c->has_base || ns > counted_ns(c)) {
		c->base_ns = ns;
		c->counted = 0;
		c->has_base = true;
	}
	c->leads = 0;
}

/* An arrival is late by chance, never early: the least lead of many is the true one. */
static void follow(struct pf_cadence *c, int64_t captured_ns)
{
	int64_t lead = captured_ns - counted_ns(c);
	if (c->far != (lead > FAR_NS)) {
		c->far = !c->far;
		c->leads = 0;
	}
	if (c->leads == 0 || lead < c->lead_ns)
		c->lead_ns = lead;
	if (++c->leads < (c->far ? FAR_WINDOW : LEAD_WINDOW))
		return;
	int64_t least = c->lead_ns;
	anchor(c, least > LEAD_NS ? counted_ns(c) + least : counted_ns(c));
}

static int64_t next_pts(struct pf_cadence *c)
{
	int64_t pts = counted_ns(c);
	c->counted += c->frame_frames;
	return pts;
}

/* --- steps --- */

static struct pf_cadence_order wait_until(int64_t ns)
{
	return (struct pf_cadence_order){.step = PF_CADENCE_WAIT, .until_ns = ns};
}

static void advance(struct pf_cadence *c, int64_t now_ns)
{
	int64_t frame_ns = length_ns(c, c->frame_frames);
	c->due_ns += frame_ns;
	if (now_ns - c->due_ns > LATE_NS)
		c->due_ns = now_ns + frame_ns;
}

static struct pf_cadence_order give_frame(
	struct pf_cadence *c, const struct pf_audio_news *news, int64_t now_ns)
{
	struct pf_cadence_order order = {.step = PF_CADENCE_FRAME};
	int64_t captured_ns = news->newest_ns - length_ns(c, news->frames);
	bool reopened = news->opened != c->opened || news->lost_frames != c->lost_frames;
	bool flowing = c->state == PF_CADENCE_FLOWING;
	bool spread = news->chunk_frames > c->frame_frames;
	bool surplus = news->frames > news->chunk_frames + c->frame_frames;
	if (flowing && !reopened && spread && !surplus && now_ns < c->due_ns)
		return wait_until(c->due_ns);
	order.broken = reopened || c->state == PF_CADENCE_ASLEEP;
	order.fade_in = reopened || !flowing;
	if (order.fade_in)
		anchor(c, captured_ns);
	else
		follow(c, captured_ns);
	/* A chunk later than ever: from now on there is so much more time for one. */
	if (!flowing || !spread || c->starved)
		c->due_ns = now_ns;
	if (!surplus || !spread)
		advance(c, now_ns);
	c->opened = news->opened;
	c->lost_frames = news->lost_frames;
	c->state = PF_CADENCE_FLOWING;
	c->starved = false;
	order.pts_ns = next_pts(c);
	return order;
}

static struct pf_cadence_order give_silence(struct pf_cadence *c, int64_t now_ns, bool begins)
{
	struct pf_cadence_order order = {.step = PF_CADENCE_SILENCE, .fade_out = begins};
	if (!c->has_base)
		anchor(c, now_ns - length_ns(c, c->frame_frames));
	order.pts_ns = next_pts(c);
	advance(c, now_ns);
	return order;
}

/* Sound that comes back a little late still has its place: otherwise all of it would be late. */
static struct pf_cadence_order stay_silent(struct pf_cadence *c, int64_t now_ns)
{
	int64_t lapsed_ns = c->due_ns + length_ns(c, c->frame_frames) / 2;
	if (!c->endless && c->due_ns - c->hole_ns >= HOLE_NS) {
		c->state = PF_CADENCE_ASLEEP;
		return wait_until(now_ns + IDLE_NS);
	}
	return now_ns < lapsed_ns ? wait_until(lapsed_ns) : give_silence(c, now_ns, false);
}

/* The next chunk may still come: on a busy machine it is late rather than lost, and silence in its place would make it
 * late for good. */
static int64_t patience_end(const struct pf_cadence *c, const struct pf_audio_news *news)
{
	return c->due_ns + length_ns(c, news->chunk_frames) + PATIENCE_NS;
}

static struct pf_cadence_order do_without(
	struct pf_cadence *c, const struct pf_audio_news *news, int64_t now_ns)
{
	switch (c->state) {
	case PF_CADENCE_ASLEEP:
		if (!c->endless)
			return wait_until(now_ns + IDLE_NS);
		c->state = PF_CADENCE_HOLE;
		c->due_ns = now_ns;
		return give_silence(c, now_ns, false);
	case PF_CADENCE_FLOWING:
		c->starved = true;
		if (now_ns < patience_end(c, news))
			return wait_until(patience_end(c, news));
		c->state = PF_CADENCE_HOLE;
		c->hole_ns = c->due_ns;
		return give_silence(c, now_ns, true);
	case PF_CADENCE_HOLE:
		return stay_silent(c, now_ns);
	}
	return wait_until(now_ns + IDLE_NS);
}

struct pf_cadence_order pf_cadence_next(
	struct pf_cadence *c, const struct pf_audio_news *news, int64_t now_ns)
{
	return news->frames >= c->frame_frames ? give_frame(c, news, now_ns) : do_without(c, news, now_ns);
}
