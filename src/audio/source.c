#include "audio/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/wake.h"

#define TONE_HZ      440.0
#define TONE_STEP_HZ 110.0
#define TONE_LEVEL   0.25
#define CHUNKS_PER_S 200
#define CHUNK_NS     (1000000000 / CHUNKS_PER_S)

/* Both sources are one: silence is a tone of no level. It plays from its first look on, 5 ms at a time. */
struct synthetic {
	struct pf_audio_source base;
	struct pf_wake wake;
	double level;
	double phase[8]; /* radians */
	int64_t started_ns;
	uint64_t frames_taken, frames_lost; /* since then */
};

static struct synthetic *from_base(struct pf_audio_source *s)
{
	return (struct synthetic *)s;
}

/* The longest: 5 ms are not a whole number of samples at every rate. */
static unsigned chunk_frames(const struct synthetic *s)
{
	return (s->base.rate_hz + CHUNKS_PER_S - 1) / CHUNKS_PER_S;
}

static uint64_t chunks_until(const struct synthetic *s, int64_t now_ns)
{
	return (uint64_t)(now_ns - s->started_ns) / CHUNK_NS;
}

static void look(struct pf_audio_source *base, int64_t now_ns, struct pf_audio_news *out)
{
	struct synthetic *s = from_base(base);
	if (!s->started_ns)
		s->started_ns = now_ns;
	uint64_t chunks = chunks_until(s, now_ns), captured = chunks * base->rate_hz / CHUNKS_PER_S;
	uint64_t most = (uint64_t)base->rate_hz * PF_AUDIO_STORE_MS / 1000;
	uint64_t lost = captured - s->frames_taken > most ? captured - s->frames_taken - most : 0;
	s->frames_taken += lost;
	s->frames_lost += lost;
	*out = (struct pf_audio_news){
		.frames = (unsigned)(captured - s->frames_taken),
		.chunk_frames = chunk_frames(s),
		.newest_ns = s->started_ns + (int64_t)chunks * CHUNK_NS,
		.lost_frames = s->frames_lost,
		.opened = 1,
		.live = true,
	};
}

static void read_samples(struct pf_audio_source *base, float *out, unsigned frames)
{
	struct synthetic *s = from_base(base);
	s->frames_taken += frames;
	if (s->level == 0) {
		memset(out, 0, sizeof(*out) * frames * base->channels);
		return;
	}
	for (unsigned f = 0; f < frames; f++) {
		for (unsigned c = 0; c < base->channels; c++) {
			*out++ = (float)(s->level * sin(s->phase[c]));
			s->phase[c] += 2 * M_PI * (TONE_HZ + TONE_STEP_HZ * c) / base->rate_hz;
		}
	}
	for (unsigned c = 0; c < base->channels; c++)
		s->phase[c] = fmod(s->phase[c], 2 * M_PI);
}

static void wait(struct pf_audio_source *base, int64_t deadline_ns)
{
	struct synthetic *s = from_base(base);
	int64_t now_ns = pf_now_ns();
	int64_t next_ns = s->started_ns + (int64_t)(chunks_until(s, now_ns) + 1) * CHUNK_NS;
	pf_wake_wait(&s->wake, next_ns < deadline_ns ? next_ns : deadline_ns);
}

static void wake(struct pf_audio_source *s)
{
	pf_wake_signal(&from_base(s)->wake);
}

static uint32_t device_rate(const struct pf_audio_source *s)
{
	return s->rate_hz;
}

static void destroy(struct pf_audio_source *s)
{
	free(s);
}

int pf_audio_source_create(
	struct pf_audio_source **out, const char *name, unsigned channels, uint32_t rate_hz)
{
	static const struct pf_audio_source_impl silence = {
		"silence", look, read_samples, wait, wake, device_rate, destroy};
	static const struct pf_audio_source_impl tone = {
		"tone", look, read_samples, wait, wake, device_rate, destroy};
	bool loud = strcmp(name, "tone") == 0;
	if (!loud && strcmp(name, "silence") != 0)
		return PF_ERR_NOT_FOUND;
	struct synthetic *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->base = (struct pf_audio_source){loud ? &tone : &silence, channels, rate_hz};
	s->level = loud ? TONE_LEVEL : 0;
	*out = &s->base;
	return PF_OK;
}
