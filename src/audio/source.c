#include "audio/source.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TONE_HZ      440.0
#define TONE_STEP_HZ 110.0
#define TONE_LEVEL   0.25

/* Both sources are one: silence is a tone of no level. */
struct synthetic {
	struct pf_audio_source base;
	unsigned channels;
	double level;
	double phase[8]; /* radians */
};

static void read_samples(struct pf_audio_source *base, float *out, unsigned frames)
{
	struct synthetic *s = (struct synthetic *)base;
	if (s->level == 0) {
		memset(out, 0, sizeof(*out) * frames * s->channels);
		return;
	}
	for (unsigned f = 0; f < frames; f++) {
		for (unsigned c = 0; c < s->channels; c++) {
			*out++ = (float)(s->level * sin(s->phase[c]));
			s->phase[c] += 2 * M_PI * (TONE_HZ + TONE_STEP_HZ * c) / PF_AUDIO_RATE_HZ;
		}
	}
	for (unsigned c = 0; c < s->channels; c++)
		s->phase[c] = fmod(s->phase[c], 2 * M_PI);
}

static void destroy(struct pf_audio_source *s)
{
	free(s);
}

int pf_audio_source_create(struct pf_audio_source **out, const char *name, unsigned channels)
{
	static const struct pf_audio_source_impl silence = {"silence", read_samples, destroy};
	static const struct pf_audio_source_impl tone = {"tone", read_samples, destroy};
	bool loud = name && !strcmp(name, "tone");
	if (name && !loud && strcmp(name, "silence") != 0)
		return PF_ERR_NOT_FOUND;
	struct synthetic *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->base.impl = loud ? &tone : &silence;
	s->channels = channels;
	s->level = loud ? TONE_LEVEL : 0;
	*out = &s->base;
	return PF_OK;
}
