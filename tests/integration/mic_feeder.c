/*
 * A microphone whose client is made up: speaks a tone, over a network as bad as asked, until it is told to end (SIGTERM).
 * mic_feeder REMOTE NODE DESCRIPTION [hz=440] [level=0.25] [frame_ms=10] [channels=1] [loss=0..1] [jitter_ms=0] [ppm=0]
 * [pulse_ms=0]. With pulse_ms, a tenth of each such time is tone. Writes down what happens, and when ("ns",
 * CLOCK_MONOTONIC): one JSON object a line.
 */
#include <jansson.h>
#include <math.h>
#include <opus.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/microphone.h"
#include "os/clock.h"
#include "proto/native/caps.h"

#define FLIGHTS      256
#define PACKET_BYTES 1275
#define TICK_NS      1000000
#define STATS_NS     200000000

struct flight {
	bool under_way;
	int64_t arrives_ns;
	struct pf_audio_packet packet;
	uint8_t data[PACKET_BYTES];
};

struct feeder {
	double hz, level, frame_ms, channels, loss, jitter_ms, ppm, pulse_ms;
	struct pf_microphone *mic;
	OpusEncoder *encoder;
	uint64_t seed;
	double phase;
	uint32_t seq;
	int64_t begun_ns, stats_due_ns;
	bool sounding;
	struct flight flight[FLIGHTS];
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	ended = 1;
}

/* The format is json_pack's. One call writes one line, from any thread. */
static void tell(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	json_t *line = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	json_object_set_new(line, "ns", json_integer(pf_now_ns()));
	char *text = json_dumps(line, JSON_COMPACT);
	printf("%s\n", text);
	fflush(stdout);
	free(text);
	json_decref(line);
}

static void handle_live(void *user, bool live, const struct pf_reason *reason)
{
	tell("{s:s,s:b,s:s}", "event", "live", "live", live, "why", reason->text);
}

static double chance(struct feeder *f)
{
	f->seed = f->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(f->seed >> 40) / (1 << 24);
}

/* Whether the tone is on in this packet; writes down when it begins. */
static bool sounds(struct feeder *f, int64_t spoken_ns)
{
	if (f->pulse_ms == 0)
		return true;
	bool on = fmod((double)(spoken_ns - f->begun_ns) / 1e6, f->pulse_ms) < f->pulse_ms / 10;
	if (on && !f->sounding)
		tell("{s:s}", "event", "pulse");
	f->sounding = on;
	return on;
}

static int encode(struct feeder *f, bool on, uint8_t out[PACKET_BYTES])
{
	float pcm[2 * 5760];
	int frames = (int)(PF_AUDIO_RATE_HZ / 1000 * f->frame_ms), channels = (int)f->channels;
	for (int i = 0; i < frames; i++) {
		for (int c = 0; c < channels; c++)
			pcm[channels * i + c] = on ? (float)(f->level * sin(f->phase)) : 0;
		f->phase = on ? fmod(f->phase + 2 * M_PI * f->hz / PF_AUDIO_RATE_HZ, 2 * M_PI) : 0;
	}
	return opus_encode_float(f->encoder, pcm, frames, out, PACKET_BYTES);
}

static void speak(struct feeder *f, int64_t spoken_ns)
{
	struct flight *free_one = f->flight;
	while (free_one < f->flight + FLIGHTS - 1 && free_one->under_way)
		free_one++;
	int len = encode(f, sounds(f, spoken_ns), free_one->data);
	free_one->packet =
		(struct pf_audio_packet){f->seq++, pf_wall_ns(), {free_one->data, len > 0 ? (size_t)len : 0}};
	free_one->arrives_ns = spoken_ns + (int64_t)(chance(f) * f->jitter_ms * 1e6);
	free_one->under_way = chance(f) >= f->loss;
}

static void land(struct feeder *f, int64_t now_ns)
{
	for (struct flight *p = f->flight; p < f->flight + FLIGHTS; p++) {
		if (!p->under_way || p->arrives_ns > now_ns)
			continue;
		pf_microphone_take(f->mic, &p->packet, now_ns);
		p->under_way = false;
	}
}

static void tell_stats(const struct feeder *f)
{
	struct pf_microphone_stats s;
	pf_microphone_stats(f->mic, &s);
	tell("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:i}", "event", "stats", "packets", (json_int_t)s.packets, "late",
		(json_int_t)s.late, "lost", (json_int_t)s.lost, "concealed", (json_int_t)s.concealed,
		"malformed", (json_int_t)s.malformed, "dropped", (json_int_t)s.dropped, "delay_us",
		(int)s.delay_us);
}

static void run(struct feeder *f)
{
	double length_ns = f->frame_ms * 1e6 / (1 + f->ppm / 1e6);
	int64_t now_ns = f->begun_ns = f->stats_due_ns = pf_now_ns();
	for (double due_ns = 0; !ended; now_ns = pf_now_ns()) {
		for (; f->begun_ns + (int64_t)due_ns <= now_ns; due_ns += length_ns)
			speak(f, f->begun_ns + (int64_t)due_ns);
		land(f, now_ns);
		if (now_ns >= f->stats_due_ns) {
			tell_stats(f);
			f->stats_due_ns += STATS_NS;
		}
		pf_sleep_until_ns(now_ns + TICK_NS);
	}
}

static bool set_option(struct feeder *f, const char *word)
{
	const struct {
		const char *name;
		double *value;
	} options[] = {
		{"hz=", &f->hz},
		{"level=", &f->level},
		{"frame_ms=", &f->frame_ms},
		{"channels=", &f->channels},
		{"loss=", &f->loss},
		{"jitter_ms=", &f->jitter_ms},
		{"ppm=", &f->ppm},
		{"pulse_ms=", &f->pulse_ms},
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		size_t len = strlen(options[i].name);
		if (strncmp(word, options[i].name, len) == 0) {
			*options[i].value = atof(word + len);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct feeder f = {.hz = 440, .level = 0.25, .frame_ms = 10, .channels = 1, .seed = 42};
	bool understood = argc >= 4;
	for (int i = 4; i < argc; i++)
		understood &= set_option(&f, argv[i]);
	if (!understood) {
		fprintf(stderr, "usage: mic_feeder REMOTE NODE DESCRIPTION [OPTION=NUMBER]...\n");
		return 2;
	}
	signal(SIGTERM, end);
	f.encoder = opus_encoder_create(PF_AUDIO_RATE_HZ, (int)f.channels, OPUS_APPLICATION_VOIP, NULL);
	struct pf_reason reason;
	const struct pf_microphone_params params = {
		.remote = argv[1], .node = argv[2], .description = argv[3], .on_live = handle_live};
	if (!f.encoder || pf_microphone_create(&f.mic, &params, &reason)) {
		fprintf(stderr, "%s\n", f.encoder ? reason.text : "no such encoder");
		return 1;
	}
	opus_encoder_ctl(f.encoder, OPUS_SET_INBAND_FEC(1));
	opus_encoder_ctl(f.encoder, OPUS_SET_PACKET_LOSS_PERC(10));
	run(&f);
	tell_stats(&f);
	pf_microphone_destroy(f.mic);
	opus_encoder_destroy(f.encoder);
	return 0;
}
