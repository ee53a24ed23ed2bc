/* Sound per packet of 5 ms: what the audio thread spends on it outside the encoder, and what encoders and the lossless plane
 * cost, against Opus in stereo; and a microphone's packet of 10 ms. Libopus is most of it; the rest is ours. */
#include <math.h>
#include <opus.h>
#include <stdlib.h>

#include "audio/cadence.h"
#include "audio/level.h"
#include "audio/mic_buffer.h"
#include "audio/opus_encoder.h"
#include "audio/sample_store.h"
#include "bench.h"
#include "proto/native/audio_layout.h"
#include "proto/native/caps.h"
#include "proto/native/pcm.h"

#define FRAME     240
#define FRAME_NS  INT64_C(5000000)
#define MIC_FRAME 480
#define MIC_ROUND 64

struct coder {
	unsigned channels;
	enum pf_audio_layout layout;
	unsigned pcm_bits; /* 0: Opus */
	struct pf_opus_encoder *opus;
	float samples[FRAME * 8];
};

/* Music is neither a sine nor noise: some of both. */
static void fill(float *samples, unsigned frames, unsigned channels)
{
	unsigned r = 1;
	for (unsigned f = 0; f < frames; f++) {
		for (unsigned c = 0; c < channels; c++) {
			r = r * 1664525 + 1013904223;
			samples[f * channels + c] = 0.2f * sinf(0.05f * (float)(f * (c + 1))) +
						    0.1f * ((float)(r >> 16) / 32768 - 1);
		}
	}
}

static void run_coder(void *user, unsigned iterations)
{
	struct coder *c = user;
	uint8_t out[PF_OPUS_PACKET_MAX * 4];
	size_t len;
	for (unsigned n = 0; n < iterations; n++) {
		if (c->pcm_bits)
			pf_pcm_write(out, c->samples, (size_t)FRAME * c->channels, c->pcm_bits);
		else if (pf_opus_encoder_encode(c->opus, c->samples, out, PF_OPUS_PACKET_MAX, &len) < 0)
			abort();
		__asm__ volatile("" ::"r"(out) : "memory");
	}
}

static void plug(struct coder *c)
{
	const struct pf_audio_arrangement *a = pf_audio_arrange(c->channels, c->layout);
	fill(c->samples, FRAME, c->channels);
	if (!c->pcm_bits &&
		pf_opus_encoder_create(&c->opus, &(struct pf_opus_params){a->channels, a->streams, a->coupled,
							 a->mapping, a->tier_kbps[2], 5, true}) < 0)
		abort();
}

/* --- everything around the encoder --- */

struct path {
	struct pf_sample_store store;
	struct pf_cadence cadence;
	int64_t now_ns;
	float samples[FRAME * 8];
};

/* A cycle of the graph, and what the audio thread does with it. */
static void run_path(void *user, unsigned iterations)
{
	struct path *p = user;
	for (unsigned n = 0; n < iterations; n++) {
		struct pf_audio_news news;
		p->now_ns += FRAME_NS;
		pf_sample_store_put(&p->store, p->samples, FRAME, p->now_ns);
		pf_sample_store_look(&p->store, &news);
		if (pf_cadence_next(&p->cadence, &news, p->now_ns).step != PF_CADENCE_FRAME)
			abort();
		pf_sample_store_take(&p->store, p->samples, FRAME);
		if (pf_level_is_silent(p->samples, (size_t)FRAME * p->store.channels))
			abort();
	}
}

static void plug_path(struct path *p, unsigned channels)
{
	fill(p->samples, FRAME, channels);
	pf_cadence_init(&p->cadence, PF_AUDIO_RATE_HZ, FRAME, false);
	if (pf_sample_store_init(&p->store, channels, PF_AUDIO_RATE_HZ) < 0)
		abort();
}

/* --- the microphone --- */

struct microphone {
	struct pf_mic_buffer *buffer;
	uint8_t packet[MIC_ROUND][400];
	size_t len[MIC_ROUND];
	uint32_t seq;
	int64_t now_ns;
};

static void plug_microphone(struct microphone *m)
{
	float samples[MIC_FRAME];
	int error;
	OpusEncoder *e = opus_encoder_create(PF_AUDIO_RATE_HZ, 1, OPUS_APPLICATION_VOIP, &error);
	if (!e || pf_mic_buffer_create(&m->buffer) < 0)
		abort();
	for (unsigned i = 0; i < MIC_ROUND; i++) {
		fill(samples, MIC_FRAME, 1);
		m->len[i] =
			(size_t)opus_encode_float(e, samples, MIC_FRAME, m->packet[i], sizeof(m->packet[i]));
	}
	opus_encoder_destroy(e);
}

static void run_microphone(void *user, unsigned iterations)
{
	struct microphone *m = user;
	float out[MIC_FRAME * 2];
	for (unsigned n = 0; n < iterations; n++) {
		unsigned i = m->seq % MIC_ROUND;
		const struct pf_audio_packet packet = {m->seq++, 0, {m->packet[i], m->len[i]}};
		m->now_ns += 2 * FRAME_NS;
		pf_mic_buffer_push(m->buffer, &packet, m->now_ns);
		pf_mic_buffer_pull(m->buffer, out, MIC_FRAME, m->now_ns);
	}
}

void bench_sound(void)
{
	static struct coder stereo = {2}, surround = {6}, surround7 = {8}, apart = {8, PF_AUDIO_UNCOUPLED},
			    pcm = {2, .pcm_bits = 24};
	static struct path path, path7;
	static struct microphone microphone = {.now_ns = 1};
	struct coder *const coders[] = {&stereo, &surround, &surround7, &apart, &pcm};
	for (size_t i = 0; i < sizeof(coders) / sizeof(*coders); i++)
		plug(coders[i]);
	plug_path(&path, 2);
	plug_path(&path7, 8);
	plug_microphone(&microphone);
	const struct pf_bench_case cases[] = {
		{"Opus, stereo, 256 kbit/s", run_coder, &stereo, 0, 0},
		{"Opus, 5.1, 448 kbit/s", run_coder, &surround, 0, 0},
		{"Opus, 7.1, 768 kbit/s", run_coder, &surround7, 0, 0},
		{"Opus, 7.1 uncoupled, 2048 kbit/s", run_coder, &apart, 0, 0},
		{"PCM, stereo, 24 bits", run_coder, &pcm, 0, 0},
		{"graph to encoder, stereo", run_path, &path, 0, 0},
		{"graph to encoder, 7.1", run_path, &path7, 0, 0},
		{"microphone, a packet of 10 ms", run_microphone, &microphone, 0, 0},
	};
	pf_bench_group("sound (per packet of 5 ms)", cases, sizeof(cases) / sizeof(*cases));
	for (size_t i = 0; i < sizeof(coders) / sizeof(*coders); i++)
		pf_opus_encoder_destroy(coders[i]->opus);
	pf_sample_store_finish(&path.store);
	pf_sample_store_finish(&path7.store);
	pf_mic_buffer_destroy(microphone.buffer);
}
