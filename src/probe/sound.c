#include "probe/sound.h"

#include <errno.h>
#include <opus_multistream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/audio_layout.h"
#include "proto/native/pcm.h"

#define OPUS_FRAME_US  5000
#define OPUS_MOST      5760 /* samples per channel of a packet */
#define PAUSE_MOST_NS  UINT64_C(60000000000)
#define BUFFER_SAMPLES ((size_t)OPUS_MOST * PF_AUDIO_CHANNELS_MAX)

struct pf_probe_sound {
	struct pf_probe_report *report;
	struct pf_sound_receiver receiver;
	FILE *file;              /* NULL: none */
	struct pf_av_sync *sync; /* NULL: none */
	OpusMSDecoder *opus;     /* NULL: PCM, or nothing is decoded */
	unsigned channels, bits, frame_frames;
	uint32_t rate_hz;
	float buffer[BUFFER_SAMPLES];
};

static void write_frames(struct pf_probe_sound *s, unsigned frames)
{
	if (s->file)
		fwrite(s->buffer, sizeof(float) * s->channels, frames, s->file);
}

static void write_silence(struct pf_probe_sound *s, uint64_t frames)
{
	memset(s->buffer, 0, sizeof(float) * s->channels * s->frame_frames);
	while (frames > 0) {
		unsigned some = frames < s->frame_frames ? (unsigned)frames : s->frame_frames;
		write_frames(s, some);
		frames -= some;
	}
}

/* An empty packet makes up for a lost one. */
static void write_opus(struct pf_probe_sound *s, struct pf_slice packet)
{
	int room = packet.len ? OPUS_MOST : (int)s->frame_frames;
	int frames = opus_multistream_decode_float(
		s->opus, packet.data, (opus_int32)packet.len, s->buffer, room, 0);
	if (frames > 0) {
		write_frames(s, (unsigned)frames);
		return;
	}
	s->report->sound.undecodable++;
	write_silence(s, s->frame_frames);
}

static void write_pcm(struct pf_probe_sound *s, struct pf_slice samples)
{
	size_t count = (size_t)s->frame_frames * s->channels;
	if (samples.len != count * s->bits / 8) {
		s->report->sound.undecodable++;
		write_silence(s, s->frame_frames);
		return;
	}
	pf_pcm_read(s->buffer, count, samples.data, s->bits);
	write_frames(s, s->frame_frames);
}

static void handle_event(void *user, const struct pf_sound_event *e)
{
	struct pf_probe_sound *s = user;
	if (!s->file && !s->sync)
		return;
	uint64_t pause_ns = e->pause_ns < PAUSE_MOST_NS ? e->pause_ns : PAUSE_MOST_NS;
	switch (e->kind) {
	case PF_SOUND_PAUSE:
		write_silence(s, (pause_ns * s->rate_hz + 500000000) / 1000000000);
		return;
	case PF_SOUND_SILENCE:
		write_silence(s, s->frame_frames);
		return;
	case PF_SOUND_CONCEAL:
		if (s->opus)
			write_opus(s, (struct pf_slice){0});
		else
			write_silence(s, s->frame_frames);
		return;
	case PF_SOUND_PACKET:
		if (s->opus)
			write_opus(s, e->packet.data);
		else
			write_pcm(s, e->packet.data);
		if (s->sync)
			pf_av_sync_sound(s->sync, e->packet.pts_ns, s->buffer, s->frame_frames, s->channels,
				s->rate_hz);
		return;
	}
}

static int open_decoder(struct pf_probe_sound *s, enum pf_audio_layout layout)
{
	const struct pf_audio_arrangement *a = pf_audio_arrange(s->channels, layout);
	int error = OPUS_OK;
	s->opus = opus_multistream_decoder_create(
		(opus_int32)s->rate_hz, a->channels, a->streams, a->coupled, a->mapping, &error);
	return error == OPUS_OK ? PF_OK : error == OPUS_ALLOC_FAIL ? PF_ERR_NOMEM : PF_ERR_UNSUPPORTED;
}

/* What Welcome says is in force. */
static int take_format(struct pf_probe_sound *s, const struct pf_welcome *w, struct pf_reason *reason)
{
	bool pcm = w->audio_codec == PF_AUDIO_PCM;
	s->channels = w->audio_channels;
	s->bits = w->audio_bits;
	s->rate_hz = pcm ? w->audio_rate_hz : PF_AUDIO_RATE_HZ;
	s->frame_frames = pf_pcm_frame_samples(s->rate_hz, pcm ? w->audio_frame_us : OPUS_FRAME_US);
	size_t count = (size_t)s->frame_frames * s->channels;
	if (count == 0 || count > BUFFER_SAMPLES)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the host chose sound of %u Hz in frames of %u us", w->audio_rate_hz,
			w->audio_frame_us);
	struct pf_probe_sound_figures *f = &s->report->sound;
	if (pcm)
		snprintf(f->format, sizeof(f->format), "pcm %u/%u %u channels", s->rate_hz, s->bits,
			s->channels);
	else
		snprintf(f->format, sizeof(f->format), "opus %u Hz %u channels", s->rate_hz, s->channels);
	return PF_OK;
}

static int open_uses(
	struct pf_probe_sound *s, const struct pf_welcome *w, const char *path, struct pf_reason *reason)
{
	bool opus = w->audio_codec != PF_AUDIO_PCM && (path || s->sync);
	int err = opus ? open_decoder(s, w->audio_layout) : PF_OK;
	if (!err && path && !(s->file = fopen(path, "we")))
		err = pf_reason(reason, PF_ERR_IO, "cannot write %.120s: %s", path, strerror(errno));
	return err;
}

int pf_probe_sound_open(struct pf_probe_sound **out, const struct pf_welcome *welcome, const char *path,
	struct pf_av_sync *sync, struct pf_probe_report *report, struct pf_reason *reason)
{
	struct pf_probe_sound *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->report = report;
	s->sync = sync;
	int err = take_format(s, welcome, reason);
	if (!err)
		err = open_uses(s, welcome, path, reason);
	if (err) {
		pf_probe_sound_close(s);
		return err;
	}
	uint64_t frame_ns = s->frame_frames * UINT64_C(1000000000) / s->rate_hz;
	pf_sound_receiver_init(&s->receiver, frame_ns, handle_event, s);
	*out = s;
	return PF_OK;
}

static void count(struct pf_probe_sound_figures *f, uint64_t pts_ns, size_t bytes, uint64_t wall_ns)
{
	int64_t latency_us = (int64_t)(wall_ns - pts_ns) / 1000;
	pf_histogram_add(&f->latency, latency_us > 0 ? (uint64_t)latency_us : 0);
	f->bytes += bytes;
}

void pf_probe_sound_take(struct pf_probe_sound *s, const struct pf_datagram *d, uint64_t wall_ns)
{
	struct pf_probe_sound_figures *f = &s->report->sound;
	if (d->tag == PF_DATAGRAM_AUDIO_RED)
		count(f, d->red.pts_ns, d->red.primary.len + d->red.previous.len, wall_ns);
	else
		count(f, d->audio.pts_ns, d->audio.data.len, wall_ns);
	pf_sound_receiver_feed(&s->receiver, d);
}

int pf_probe_sound_close(struct pf_probe_sound *s)
{
	if (!s)
		return PF_OK;
	pf_sound_receiver_flush(&s->receiver);
	s->report->sound.receiver = s->receiver.stats;
	bool whole = !s->file || !ferror(s->file);
	if (s->file && fclose(s->file) != 0)
		whole = false;
	if (s->opus)
		opus_multistream_decoder_destroy(s->opus);
	free(s);
	return whole ? PF_OK : PF_ERR_IO;
}
