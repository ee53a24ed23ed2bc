#include "proto/gamestream/surround.h"

#include <string.h>

static const struct pf_surround layouts[][2] = {
	/* normal, high quality */
	{{2, 1, 1, {0, 1}, 96}, {2, 1, 1, {0, 1}, 512}},
	/* The rears, and the sides, share a stream with each other: they have more in common than centre and LFE. */
	{{6, 4, 2, {0, 1, 4, 5, 2, 3}, 256}, {6, 6, 0, {0, 1, 2, 3, 4, 5}, 1536}},
	{{8, 5, 3, {0, 1, 6, 7, 2, 3, 4, 5}, 450}, {8, 8, 0, {0, 1, 2, 3, 4, 5, 6, 7}, 2048}},
};

const struct pf_surround *pf_surround_find(unsigned channels, bool high_quality)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i][0].channels == channels)
			return &layouts[i][high_quality];
	}
	return NULL;
}

/* Clients move the last digit of a normal layout to the fourth place, so the fourth is sent last. */
static unsigned sent_at(const struct pf_surround *s, unsigned i, bool high_quality)
{
	if (high_quality || s->channels == 2 || i < 3)
		return i;
	return i + 1u < s->channels ? i + 1 : 3;
}

void pf_surround_write(struct pf_wr *w, const struct pf_surround *s, bool high_quality)
{
	pf_wr_u8(w, (uint8_t)('0' + s->channels));
	pf_wr_u8(w, (uint8_t)('0' + s->streams));
	pf_wr_u8(w, (uint8_t)('0' + s->coupled));
	for (unsigned i = 0; i < s->channels; i++)
		pf_wr_u8(w, (uint8_t)('0' + s->mapping[sent_at(s, i, high_quality)]));
}

/* Every coded channel is some channel's, as the encoder wants it. */
static bool is_permutation(const struct pf_surround *s)
{
	bool seen[PF_SURROUND_CHANNELS_MAX] = {false};
	for (unsigned i = 0; i < s->channels; i++) {
		if (s->mapping[i] >= s->channels || seen[s->mapping[i]])
			return false;
		seen[s->mapping[i]] = true;
	}
	return true;
}

bool pf_surround_read(struct pf_surround *out, const char *digits, bool high_quality)
{
	size_t len = strlen(digits);
	if (len < 3 || strspn(digits, "0123456789") != len)
		return false;
	const struct pf_surround *known = pf_surround_find((unsigned)(digits[0] - '0'), high_quality);
	if (!known || len != 3u + known->channels)
		return false;
	*out = *known;
	out->streams = (uint8_t)(digits[1] - '0');
	out->coupled = (uint8_t)(digits[2] - '0');
	for (unsigned i = 0; i < out->channels; i++)
		out->mapping[i] = (uint8_t)(digits[3 + i] - '0');
	return out->streams >= 1 && out->coupled <= out->streams &&
	       out->streams + out->coupled == out->channels && is_permutation(out);
}
