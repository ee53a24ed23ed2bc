/* Whether sound can be captured here, and how (product 8.1): opens the source for a while and listens. */
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio/pipewire_source.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "os/clock.h"
#include "proto/native/audio_layout.h"

#define WINDOW     4096 /* frames, for the frequency */
#define LOWEST_HZ  50
#define HIGHEST_HZ 2000

struct live {
	pthread_mutex_t lock;
	struct pf_reason reason;
};

struct heard {
	unsigned chunk_frames, opened;
	bool live;
	uint64_t frames, lost_frames;
	uint32_t graph_rate_hz;
	unsigned graph_quantum_frames;
	double peak[PF_AUDIO_CHANNELS_MAX];
	unsigned hz[PF_AUDIO_CHANNELS_MAX];           /* the strongest; 0 = silence */
	float window[WINDOW * PF_AUDIO_CHANNELS_MAX]; /* the newest, round */
};

static void handle_live(void *user, bool live, const struct pf_reason *reason)
{
	struct live *l = user;
	pthread_mutex_lock(&l->lock);
	l->reason = *reason;
	pthread_mutex_unlock(&l->lock);
}

static void take(struct pf_audio_source *s, struct heard *h, unsigned frames)
{
	float samples[256 * PF_AUDIO_CHANNELS_MAX];
	while (frames > 0) {
		unsigned n = frames < 256 ? frames : 256;
		s->impl->read(s, samples, n);
		for (unsigned i = 0; i < n * s->channels; i++) {
			unsigned c = i % s->channels;
			h->peak[c] = fmax(h->peak[c], fabs((double)samples[i]));
			h->window[h->frames % WINDOW * PF_AUDIO_CHANNELS_MAX + c] = samples[i];
			h->frames += c == s->channels - 1;
		}
		frames -= n;
	}
}

/* How much of one frequency is in the window (Goertzel's filter). */
static double strength(const struct heard *h, unsigned c, double hz, uint32_t rate_hz)
{
	double k = 2 * cos(2 * M_PI * hz / rate_hz), a = 0, b = 0;
	for (unsigned f = 0; f < WINDOW; f++) {
		double x =
			(double)h->window[(h->frames + f) % WINDOW * PF_AUDIO_CHANNELS_MAX + c] + k * a - b;
		b = a;
		a = x;
	}
	return a * a + b * b - k * a * b;
}

static void find_frequencies(struct heard *h, unsigned channels, uint32_t rate_hz)
{
	for (unsigned c = 0; c < channels; c++) {
		double most = 1e-6;
		for (unsigned hz = LOWEST_HZ; hz <= HIGHEST_HZ; hz += 10) {
			double found = strength(h, c, hz, rate_hz);
			if (found > most) {
				most = found;
				h->hz[c] = hz;
			}
		}
	}
}

static void listen_for(struct pf_audio_source *s, struct heard *h, long seconds)
{
	int64_t end_ns = pf_now_ns() + seconds * 1000000000;
	struct pf_audio_news news = {0};
	for (int64_t now_ns; (now_ns = pf_now_ns()) < end_ns; s->impl->wait(s, end_ns)) {
		s->impl->look(s, now_ns, &news);
		take(s, h, news.frames);
	}
	h->chunk_frames = news.chunk_frames;
	h->lost_frames = news.lost_frames;
	h->opened = news.opened;
	h->live = news.live;
	pf_pipewire_source_graph(s, &h->graph_rate_hz, &h->graph_quantum_frames);
	find_frequencies(h, s->channels, s->rate_hz);
}

static void print_json(const struct heard *h, unsigned channels, const char *why)
{
	json_t *list = json_array();
	for (unsigned c = 0; c < channels; c++)
		json_array_append_new(list, json_pack("{s:f, s:i}", "peak", h->peak[c], "hz", (int)h->hz[c]));
	json_t *root = json_pack("{s:b, s:s, s:i, s:i, s:i, s:I, s:I, s:i, s:o}", "live", h->live, "reason",
		why, "rate_hz", (int)h->graph_rate_hz, "quantum_frames", (int)h->graph_quantum_frames,
		"chunk_frames", (int)h->chunk_frames, "frames", (json_int_t)h->frames, "lost_frames",
		(json_int_t)h->lost_frames, "opened", (int)h->opened, "channels", list);
	json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	printf("\n");
	json_decref(root);
}

static void print_text(const struct heard *h, unsigned channels, const char *why)
{
	if (!h->live) {
		printf("sound cannot be captured: %s\n", why);
		return;
	}
	printf("sound can be captured: the graph runs at %u Hz, %u frames a cycle; %llu frames came in "
	       "chunks "
	       "of at most %u, %llu lost, opened %u times\n",
		h->graph_rate_hz, h->graph_quantum_frames, (unsigned long long)h->frames, h->chunk_frames,
		(unsigned long long)h->lost_frames, h->opened);
	for (unsigned c = 0; c < channels; c++)
		printf("channel %u: peak %.3f, strongest at %u Hz\n", c, h->peak[c], h->hz[c]);
}

static int listen_and_print(const struct pf_pipewire_source_params *params, long seconds, bool json)
{
	struct live *live = params->user;
	struct pf_audio_source *source;
	struct pf_reason reason = {0};
	int rc = pf_pipewire_source_create(&source, params, &reason);
	if (rc < 0) {
		fprintf(stderr, "sound cannot be captured: %s\n", reason.text);
		return 1;
	}
	struct heard *h = calloc(1, sizeof(*h));
	if (h)
		listen_for(source, h, seconds);
	source->impl->destroy(source);
	if (!h)
		return 1;
	const char *why = live->reason.text;
	if (!h->live && !why[0])
		why = "PipeWire runs, but nothing links what records to the sink: is a session manager "
		      "(wireplumber) running, and the sink there?";
	if (json)
		print_json(h, params->channels, why);
	else
		print_text(h, params->channels, why);
	rc = h->live ? 0 : 1;
	free(h);
	return rc;
}

int pf_cli_probe_audio(int argc, char **argv)
{
	static const char *const routings[] = {"client-only", "host-and-client", "follow-default", NULL};
	long seconds = 1, channels = 2, rate_hz = 48000;
	const char *sink = "punktfunk-probe";
	int routing = PF_AUDIO_CLIENT_ONLY;
	bool json = false;
	const struct pf_option options[] = {
		{.name = "seconds",
			.kind = PF_OPTION_NUMBER,
			.value = &seconds,
			.min = 1,
			.max = 3600,
			.argument = "N",
			.help = "how long to listen (1)"},
		{.name = "channels",
			.kind = PF_OPTION_NUMBER,
			.value = &channels,
			.min = 2,
			.max = PF_AUDIO_CHANNELS_MAX,
			.argument = "N",
			.help = "2, 6 or 8 (2)"},
		{.name = "rate",
			.kind = PF_OPTION_NUMBER,
			.value = &rate_hz,
			.min = 44100,
			.max = 192000,
			.argument = "HZ",
			.help = "frames per second (48000)"},
		{.name = "sink",
			.kind = PF_OPTION_TEXT,
			.value = &sink,
			.argument = "NAME",
			.help = "what the sink is called (punktfunk-probe)"},
		{.name = "routing",
			.kind = PF_OPTION_CHOICE,
			.value = &routing,
			.words = routings,
			.argument = "WORD",
			.help = "client-only (a sink of its own, not made the default), "
				"host-and-client or follow-default"},
		{.name = "json", .kind = PF_OPTION_SWITCH, .value = &json, .help = "the answer as JSON"},
	};
	enum pf_options_verdict verdict =
		pf_options_parse(options, sizeof(options) / sizeof(options[0]), argc, argv,
			"Says whether sound can be captured here, and what would help if not. Exit status: 0 "
			"it can; 1 it "
			"cannot; 2 wrong usage.");
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	if (channels != 2 && channels != 6 && channels != 8) {
		fprintf(stderr, "probe-audio: --channels is 2, 6 or 8\n");
		return 2;
	}
	struct live live = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const struct pf_pipewire_source_params params = {
		.routing = (enum pf_audio_routing)routing,
		.sink = sink,
		.description = "Punktfunk Probe",
		.channels = (unsigned)channels,
		.rate_hz = (uint32_t)rate_hz,
		.quantum_frames = (unsigned)rate_hz / PF_AUDIO_QUANTUM_HZ,
		.on_live = handle_live,
		.user = &live,
	};
	return listen_and_print(&params, seconds, json);
}
