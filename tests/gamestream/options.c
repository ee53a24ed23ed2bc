#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	O_HOST = 1000,
	O_HTTP,
	O_STATE,
	O_HTTPS,
	O_PIN,
	O_WRONG_HASH,
	O_APP,
	O_RESUME,
	O_MODE,
	O_SECONDS,
	O_CODEC,
	O_ENCRYPT,
	O_PLAIN_RTSP,
	O_CHANNELS,
	O_HIGH_QUALITY,
	O_DURATION,
	O_PACKET_SIZE,
	O_BITRATE,
	O_SLICES,
	O_CSC,
	O_MIN_FEC,
	O_LEGACY_PING,
	O_RFI,
	O_DROP,
	O_BURST,
	O_AUDIO_DROP,
	O_SEED,
	O_OUT,
	O_PCM,
	O_INPUTS,
	O_TYPE,
	O_TEXT,
	O_MOVE,
	O_CLICK,
	O_VANISH,
	O_READY_FILE,
	O_LIVE,
};

static const struct option long_options[] = {
	{"host", 1, NULL, O_HOST},
	{"http", 1, NULL, O_HTTP},
	{"state", 1, NULL, O_STATE},
	{"https", 0, NULL, O_HTTPS},
	{"pin", 1, NULL, O_PIN},
	{"wrong-hash-ignored", 0, NULL, O_WRONG_HASH},
	{"app", 1, NULL, O_APP},
	{"resume", 0, NULL, O_RESUME},
	{"mode", 1, NULL, O_MODE},
	{"seconds", 1, NULL, O_SECONDS},
	{"codec", 1, NULL, O_CODEC},
	{"encrypt", 1, NULL, O_ENCRYPT},
	{"plain-rtsp", 0, NULL, O_PLAIN_RTSP},
	{"channels", 1, NULL, O_CHANNELS},
	{"high-quality", 0, NULL, O_HIGH_QUALITY},
	{"packet-duration", 1, NULL, O_DURATION},
	{"packet-size", 1, NULL, O_PACKET_SIZE},
	{"bitrate", 1, NULL, O_BITRATE},
	{"slices", 1, NULL, O_SLICES},
	{"csc", 1, NULL, O_CSC},
	{"min-fec", 1, NULL, O_MIN_FEC},
	{"legacy-ping", 0, NULL, O_LEGACY_PING},
	{"rfi", 0, NULL, O_RFI},
	{"drop", 1, NULL, O_DROP},
	{"burst", 1, NULL, O_BURST},
	{"audio-drop", 1, NULL, O_AUDIO_DROP},
	{"seed", 1, NULL, O_SEED},
	{"out", 1, NULL, O_OUT},
	{"pcm", 1, NULL, O_PCM},
	{"inputs", 0, NULL, O_INPUTS},
	{"type", 1, NULL, O_TYPE},
	{"text", 1, NULL, O_TEXT},
	{"move", 1, NULL, O_MOVE},
	{"click", 0, NULL, O_CLICK},
	{"vanish", 0, NULL, O_VANISH},
	{"ready-file", 1, NULL, O_READY_FILE},
	{"live", 0, NULL, O_LIVE},
	{NULL, 0, NULL, 0},
};

/* Position of name in the comma list, -1 when it is not there. */
static int choice(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static bool set_encrypt(struct gsc_options *o, const char *v)
{
	static const char *const names[] = {"none", "control", "video", "audio", "all", NULL};
	static const unsigned bits[] = {0, 1, 1 | 2, 1 | 4, 7};
	int i = choice(names, v);
	o->encrypt = i < 0 ? 0 : bits[i];
	return i >= 0;
}

static bool set_number(struct gsc_options *o, int opt, const char *v)
{
	char *end;
	double n = strtod(v, &end);
	if (end == v || *end || n < 0)
		return false;
	switch (opt) {
	case O_HTTP:
		o->http_port = (int)n;
		return n > 5 && n < 65515;
	case O_SECONDS:
		o->seconds = n;
		return true;
	case O_CHANNELS:
		o->channels = (int)n;
		return n == 2 || n == 6 || n == 8;
	case O_DURATION:
		o->packet_duration = (int)n;
		return n == 5 || n == 10;
	case O_PACKET_SIZE:
		o->packet_size = (int)n;
		return true;
	case O_BITRATE:
		o->bitrate = (int)n;
		return true;
	case O_SLICES:
		o->slices = (int)n;
		return true;
	case O_CSC:
		o->csc = (int)n;
		return n >= 0 && n <= 5;
	case O_MIN_FEC:
		o->min_fec = (int)n;
		return true;
	case O_DROP:
		o->drop = n / 100;
		return n <= 100;
	case O_BURST:
		o->burst = (int)n;
		return n >= 1;
	case O_AUDIO_DROP:
		o->audio_drop = n / 100;
		return n <= 100;
	default:
		o->seed = (uint32_t)n;
		return true;
	}
}

static void set_flag(struct gsc_options *o, int opt)
{
	bool *flags[] = {&o->https, &o->wrong_hash_ignored, &o->resume, &o->plain_rtsp, &o->high_quality,
		&o->legacy_ping, &o->rfi, &o->inputs, &o->click, &o->vanish, &o->live};
	static const int opts[] = {O_HTTPS, O_WRONG_HASH, O_RESUME, O_PLAIN_RTSP, O_HIGH_QUALITY,
		O_LEGACY_PING, O_RFI, O_INPUTS, O_CLICK, O_VANISH, O_LIVE};
	for (unsigned i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (opts[i] == opt)
			*flags[i] = true;
}

static bool set_text(struct gsc_options *o, int opt, const char *v)
{
	const char **texts[] = {
		&o->host, &o->state, &o->pin, &o->app, &o->out, &o->pcm, &o->type, &o->text, &o->ready_file};
	static const int opts[] = {O_HOST, O_STATE, O_PIN, O_APP, O_OUT, O_PCM, O_TYPE, O_TEXT, O_READY_FILE};
	for (unsigned i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (opts[i] == opt) {
			*texts[i] = v;
			return true;
		}
	return false;
}

static bool set_option(struct gsc_options *o, int opt, const char *v)
{
	static const char *const codecs[] = {"h264", "hevc", "av1", NULL};
	if (!v) {
		set_flag(o, opt);
		return true;
	}
	if (set_text(o, opt, v))
		return true;
	switch (opt) {
	case O_MODE:
		return sscanf(v, "%dx%dx%d", &o->width, &o->height, &o->fps) == 3;
	case O_CODEC:
		o->codec = choice(codecs, v);
		return o->codec >= 0;
	case O_ENCRYPT:
		return set_encrypt(o, v);
	case O_MOVE:
		o->has_move = true;
		return sscanf(v, "%d,%d", &o->move_x, &o->move_y) == 2;
	default:
		return set_number(o, opt, v);
	}
}

static bool check(const struct gsc_options *o)
{
	const char *why = NULL;
	if (!o->host || !o->state || !o->command)
		why = "wanted: --host IP [--http PORT] --state DIR COMMAND ...";
	else if (strcmp(o->command, "get") == 0 && !o->path)
		why = "get wants a path";
	else if (strcmp(o->command, "stream") == 0 && !o->app == !o->resume)
		why = "stream wants either --app ID or --resume";
	if (why)
		fprintf(stderr, "%s\n", why);
	return !why;
}

bool gsc_options_parse(struct gsc_options *o, int argc, char **argv)
{
	*o = (struct gsc_options){.http_port = 47989,
		.width = 1280,
		.height = 720,
		.fps = 60,
		.seconds = 5,
		.encrypt = GSC_ENCRYPT_CONTROL,
		.channels = 2,
		.packet_duration = 5,
		.packet_size = 1392,
		.bitrate = 20000,
		.slices = 1,
		.csc = 2,
		.min_fec = 2,
		.burst = 1,
		.seed = 1};
	int opt;
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (opt == '?')
			return false;
		if (!set_option(o, opt, optarg)) {
			fprintf(stderr, "bad value of an option: %s\n", optarg);
			return false;
		}
	}
	if (optind < argc)
		o->command = argv[optind++];
	if (optind < argc)
		o->path = argv[optind++];
	return check(o);
}
