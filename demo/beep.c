#include "beep.h"

#include <errno.h>
#include <math.h>
#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE_HZ  48000
#define CHANNELS 2
#define TONE_HZ  1000
#define LEVEL    0.5f

struct pf_beep {
	struct pw_thread_loop *loop;
	struct pw_stream *stream;
	_Atomic bool wanted;         /* set by the caller, taken by the data thread */
	_Atomic int64_t started_ns;  /* written by the data thread */
	unsigned frame, frames_left; /* of the data thread */
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Cosine: its first sample is as loud as any. */
static float next_sample(struct pf_beep *b)
{
	if (b->frames_left == 0)
		return 0;
	b->frames_left--;
	return LEVEL * cosf(2 * (float)M_PI * (float)(b->frame++ % (RATE_HZ / TONE_HZ)) * TONE_HZ / RATE_HZ);
}

static void fill(struct pf_beep *b, struct pw_buffer *buffer)
{
	struct spa_data *data = &buffer->buffer->datas[0];
	uint32_t room = data->maxsize / (CHANNELS * sizeof(float));
	uint32_t frames =
		buffer->requested > 0 && buffer->requested < room ? (uint32_t)buffer->requested : room;
	float *out = data->data;
	if (atomic_exchange(&b->wanted, false)) {
		b->frame = 0;
		b->frames_left = RATE_HZ / 1000 * PF_BEEP_MS;
		atomic_store(&b->started_ns, now_ns());
	}
	for (uint32_t i = 0; i < frames; i++) {
		float sample = next_sample(b);
		for (unsigned c = 0; c < CHANNELS; c++)
			*out++ = sample;
	}
	*data->chunk = (struct spa_chunk){
		.size = frames * CHANNELS * (uint32_t)sizeof(float), .stride = CHANNELS * sizeof(float)};
}

static void on_process(void *user)
{
	struct pf_beep *b = user;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(b->stream);
	if (!buffer)
		return;
	if (buffer->buffer->datas[0].data)
		fill(b, buffer);
	pw_stream_queue_buffer(b->stream, buffer);
}

static const struct pw_stream_events events = {PW_VERSION_STREAM_EVENTS, .process = on_process};

static int connect_stream(struct pf_beep *b, const char *name)
{
	uint8_t bytes[512];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	const struct spa_pod *format = spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat,
		&SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32, .rate = RATE_HZ,
			.channels = CHANNELS, .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR}));
	b->stream = pw_stream_new_simple(pw_thread_loop_get_loop(b->loop), name,
		pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Playback",
			PW_KEY_NODE_NAME, name, PW_KEY_NODE_LATENCY, "128/48000", NULL),
		&events, b);
	if (!b->stream)
		return -errno;
	return pw_stream_connect(b->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS, &format,
		1);
}

struct pf_beep *pf_beep_open(const char *name)
{
	pw_init(NULL, NULL);
	struct pf_beep *b = calloc(1, sizeof(*b));
	int err = -ENOMEM;
	if (b && (b->loop = pw_thread_loop_new(name, NULL)))
		err = connect_stream(b, name);
	if (err >= 0)
		err = pw_thread_loop_start(b->loop);
	if (err >= 0)
		return b;
	fprintf(stderr, "%s: no sound from PipeWire: %s\n", name, strerror(-err));
	pf_beep_close(b);
	return NULL;
}

void pf_beep_start(struct pf_beep *b)
{
	atomic_store(&b->wanted, true);
}

int64_t pf_beep_started_ns(const struct pf_beep *b)
{
	return atomic_load(&b->started_ns);
}

void pf_beep_close(struct pf_beep *b)
{
	if (!b)
		return;
	if (b->loop)
		pw_thread_loop_stop(b->loop);
	if (b->stream)
		pw_stream_destroy(b->stream);
	if (b->loop)
		pw_thread_loop_destroy(b->loop);
	free(b);
}
