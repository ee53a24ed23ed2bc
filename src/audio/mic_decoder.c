#include "audio/mic_decoder.h"

#include <math.h>
#include <string.h>

#include "proto/native/caps.h"

#define CONCEAL_FRAMES (PF_AUDIO_RATE_HZ / 20) /* 50 ms: beyond it, concealment sounds like a robot */
#define JOIN_FRAMES    (PF_AUDIO_RATE_HZ / 1000)

int pf_mic_decoder_init(struct pf_mic_decoder *d)
{
	int error;
	memset(d, 0, sizeof(*d));
	d->opus = opus_decoder_create(PF_AUDIO_RATE_HZ, PF_MIC_CHANNELS, &error);
	d->silent = true;
	return d->opus ? PF_OK : PF_ERR_NOMEM;
}

void pf_mic_decoder_finish(struct pf_mic_decoder *d)
{
	if (d->opus)
		opus_decoder_destroy(d->opus);
}

static void set_chunk(struct pf_mic_decoder *d, unsigned frames)
{
	d->frames = frames;
	d->taken = 0;
}

static void be_silent(struct pf_mic_decoder *d, unsigned frames)
{
	memset(d->pcm, 0, sizeof(*d->pcm) * PF_MIC_CHANNELS * frames);
	d->cut |= !d->silent;
	d->silent = true;
	set_chunk(d, frames);
}

static bool decode(struct pf_mic_decoder *d, const uint8_t *data, size_t len, unsigned frames, bool recover)
{
	int got = opus_decode_float(d->opus, data, (opus_int32)len, d->pcm, (int)frames, recover);
	if (got != (int)frames)
		return false;
	set_chunk(d, frames);
	return true;
}

int pf_mic_decoder_play(struct pf_mic_decoder *d, const uint8_t *data, size_t len, unsigned frames)
{
	if (len == 0) {
		be_silent(d, frames);
		return PF_OK;
	}
	if (!decode(d, data, len, frames, false)) {
		pf_mic_decoder_conceal(d, frames);
		return PF_ERR_INVALID;
	}
	d->cut |= d->silent;
	d->silent = false;
	d->concealed_frames = 0;
	return PF_OK;
}

void pf_mic_decoder_recover(struct pf_mic_decoder *d, const uint8_t *data, size_t len, unsigned frames)
{
	if (d->silent || len == 0 || !decode(d, data, len, frames, true))
		pf_mic_decoder_conceal(d, frames);
}

static void fade_out(struct pf_mic_decoder *d)
{
	for (unsigned f = 0; f < d->frames; f++)
		for (unsigned c = 0; c < PF_MIC_CHANNELS; c++)
			d->pcm[PF_MIC_CHANNELS * f + c] *= 1 - (float)(f + 1) / (float)d->frames;
}

void pf_mic_decoder_conceal(struct pf_mic_decoder *d, unsigned frames)
{
	if (d->silent || !decode(d, NULL, 0, frames, false)) {
		be_silent(d, frames);
		return;
	}
	d->concealed_frames += frames;
	if (d->concealed_frames > CONCEAL_FRAMES) {
		fade_out(d);
		d->silent = true;
	}
}

void pf_mic_decoder_reset(struct pf_mic_decoder *d)
{
	opus_decoder_ctl(d->opus, OPUS_RESET_STATE);
	be_silent(d, 0);
}

float pf_mic_decoder_peak(const struct pf_mic_decoder *d)
{
	float peak = 0;
	for (unsigned i = 0; i < PF_MIC_CHANNELS * d->frames; i++)
		peak = fmaxf(peak, fabsf(d->pcm[i]));
	return peak;
}

void pf_mic_decoder_skip(struct pf_mic_decoder *d)
{
	set_chunk(d, 0);
	d->cut = true;
}

/* The step between what was handed out and what comes is spread over a millisecond. */
static void begin_join(struct pf_mic_decoder *d, const float *next)
{
	for (unsigned c = 0; c < PF_MIC_CHANNELS; c++)
		d->step[c] = d->last[c] - next[c];
	d->joining = JOIN_FRAMES;
	d->cut = false;
}

unsigned pf_mic_decoder_take(struct pf_mic_decoder *d, float *out, unsigned frames)
{
	const unsigned join = JOIN_FRAMES;
	unsigned left = d->frames - d->taken, count = left < frames ? left : frames;
	const float *in = d->pcm + (size_t)PF_MIC_CHANNELS * d->taken;
	if (count > 0 && d->cut)
		begin_join(d, in);
	memcpy(out, in, sizeof(*out) * PF_MIC_CHANNELS * count);
	for (unsigned f = 0; f < count && d->joining > 0; f++, d->joining--)
		for (unsigned c = 0; c < PF_MIC_CHANNELS; c++)
			out[PF_MIC_CHANNELS * f + c] += d->step[c] * (float)d->joining / (float)join;
	if (count > 0)
		memcpy(d->last, out + (size_t)PF_MIC_CHANNELS * (count - 1), sizeof(d->last));
	d->taken += count;
	return count;
}
