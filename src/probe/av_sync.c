#include "probe/av_sync.h"

#include <math.h>

#define QUIET_NS  INT64_C(100000000) /* in front of a beep */
#define APART_NS  INT64_C(400000000) /* further apart they do not belong together */
#define CONTRAST  0.25f              /* of the brightest; less is no flash */
#define LOUD_PART 4                  /* of the loudest */
#define AUDIBLE   0.01f

static void add(struct pf_av_sync_events *e, uint64_t pts_ns)
{
	if (e->count < PF_AV_SYNC_EVENTS_MAX)
		e->pts_ns[e->count++] = pts_ns;
}

void pf_av_sync_picture(struct pf_av_sync *a, uint64_t pts_ns, float luma)
{
	a->darkest = a->seen ? fminf(a->darkest, luma) : luma;
	a->brightest = a->seen ? fmaxf(a->brightest, luma) : luma;
	float contrast = a->brightest - a->darkest;
	bool bright = contrast > CONTRAST * a->brightest && luma > a->darkest + contrast / 2;
	if (bright && !a->bright)
		add(&a->flashes, pts_ns);
	a->bright = bright;
	a->seen = true;
}

static float magnitude(const float *frame, unsigned channels)
{
	float most = 0;
	for (unsigned c = 0; c < channels; c++)
		most = fmaxf(most, fabsf(frame[c]));
	return most;
}

static void take_frame(struct pf_av_sync *a, uint64_t pts_ns, float level)
{
	a->loudest = fmaxf(a->loudest, level);
	if (level < AUDIBLE || level <= a->loudest / LOUD_PART)
		return;
	if ((int64_t)(pts_ns - a->quiet_from_ns) >= QUIET_NS)
		add(&a->beeps, pts_ns);
	a->quiet_from_ns = pts_ns;
}

void pf_av_sync_sound(struct pf_av_sync *a, uint64_t pts_ns, const float *samples, size_t frames,
	unsigned channels, unsigned rate_hz)
{
	if (!a->heard)
		a->quiet_from_ns = pts_ns;
	a->heard = true;
	for (size_t i = 0; i < frames; i++)
		take_frame(a, pts_ns + i * UINT64_C(1000000000) / rate_hz,
			magnitude(samples + i * channels, channels));
}

static int64_t distance_ns(uint64_t a, uint64_t b)
{
	int64_t d = (int64_t)(a - b);
	return d < 0 ? -d : d;
}

/* Index of the nearest; there is at least one. */
static unsigned nearest(const struct pf_av_sync_events *e, uint64_t pts_ns)
{
	unsigned best = 0;
	for (unsigned i = 1; i < e->count; i++)
		if (distance_ns(e->pts_ns[i], pts_ns) < distance_ns(e->pts_ns[best], pts_ns))
			best = i;
	return best;
}

/* Each is the other's nearest. */
static bool pair_of(const struct pf_av_sync *a, unsigned flash, double *apart_ms)
{
	uint64_t flash_ns = a->flashes.pts_ns[flash];
	if (a->beeps.count == 0)
		return false;
	uint64_t beep_ns = a->beeps.pts_ns[nearest(&a->beeps, flash_ns)];
	*apart_ms = (double)(int64_t)(beep_ns - flash_ns) / 1e6;
	return distance_ns(beep_ns, flash_ns) <= APART_NS && nearest(&a->flashes, beep_ns) == flash;
}

struct pf_av_sync_result pf_av_sync_result(const struct pf_av_sync *a)
{
	struct pf_av_sync_result r = {.flashes = a->flashes.count, .beeps = a->beeps.count};
	double apart_ms, squares = 0; /* of distances from the mean, kept as it moves */
	for (unsigned i = 0; i < a->flashes.count; i++) {
		if (!pair_of(a, i, &apart_ms))
			continue;
		r.min_ms = r.pairs ? fmin(r.min_ms, apart_ms) : apart_ms;
		r.max_ms = r.pairs ? fmax(r.max_ms, apart_ms) : apart_ms;
		double off = apart_ms - r.mean_ms;
		r.mean_ms += off / ++r.pairs;
		squares += off * (apart_ms - r.mean_ms);
	}
	r.deviation_ms = r.pairs ? sqrt(squares / r.pairs) : 0;
	return r;
}
