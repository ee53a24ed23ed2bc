/*
 * Capture and encode without a network (product 1.4): shows that a machine can do it, and how fast. What the
 * transport adds is measured by punktfunk-probe.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/histogram.h"
#include "cli/cli.h"
#include "display/display.h"
#include "encode/encoder.h"
#include "os/clock.h"

#define FIRST_FRAME_NS 10000000000LL
#define SECOND_NS      1000000000LL
#define BITRATE_MAX    2000 /* Mbit/s */

struct spike_options {
	const char *backend; /* display backend; NULL = a real one */
	struct pf_mode mode;
	long seconds, bitrate_mbps;
	enum pf_codec codec;
	const char *out;
};

struct spike {
	struct pf_display *display;
	struct pf_capture *capture;
	struct pf_encoder *encoder;
	struct pf_frame *held; /* the last picture, encoded again while nothing changes */
	FILE *file;
	uint32_t units, keys, repeats;
	uint64_t bytes;
	struct pf_histogram convert, encode;
};

static const struct {
	const char *name, *extension;
	enum pf_codec codec;
} codec_names[] = {
	{"h264", "h264", PF_CODEC_H264},
	{"h265", "h265", PF_CODEC_HEVC},
	{"av1", "obu", PF_CODEC_AV1},
};

static const char usage[] =
	"usage: spike [--source synthetic|virtual] [--width N] [--height N] [--fps N] [--seconds N]\n"
	"             [--codec h264|h265|av1] [--bitrate MBPS] [--out FILE]\n";

static int parse_number(const char *text, long min, long max, long *out)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < min || n > max)
		return PF_ERR_INVALID;
	*out = n;
	return PF_OK;
}

static int parse_size(const char *text, uint32_t max, uint32_t *out)
{
	long n;
	int err = parse_number(text, 1, max, &n);
	if (err == PF_OK)
		*out = (uint32_t)n;
	return err;
}

static int parse_source(const char *text, const char **backend)
{
	*backend = strcmp(text, "synthetic") == 0 ? "synthetic" : NULL;
	return *backend || strcmp(text, "virtual") == 0 ? PF_OK : PF_ERR_INVALID;
}

static int parse_codec(const char *text, enum pf_codec *out)
{
	for (size_t i = 0; i < sizeof(codec_names) / sizeof(codec_names[0]); i++) {
		if (strcmp(text, codec_names[i].name) == 0) {
			*out = codec_names[i].codec;
			return PF_OK;
		}
	}
	return PF_ERR_INVALID;
}

static int parse_one(struct spike_options *o, int option, const char *text)
{
	switch (option) {
	case 's':
		return parse_source(text, &o->backend);
	case 'w':
		return parse_size(text, PF_MODE_WIDTH_MAX, &o->mode.width_px);
	case 'h':
		return parse_size(text, PF_MODE_HEIGHT_MAX, &o->mode.height_px);
	case 'f':
		return parse_size(text, PF_MODE_HZ_MAX, &o->mode.refresh_hz);
	case 't':
		return parse_number(text, 1, 86400, &o->seconds);
	case 'c':
		return parse_codec(text, &o->codec);
	case 'b':
		return parse_number(text, 1, BITRATE_MAX, &o->bitrate_mbps);
	case 'o':
		o->out = text;
		return PF_OK;
	default:
		return PF_ERR_INVALID;
	}
}

static int parse_options(struct spike_options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{"source", required_argument, NULL, 's'},
		{"width", required_argument, NULL, 'w'},
		{"height", required_argument, NULL, 'h'},
		{"fps", required_argument, NULL, 'f'},
		{"seconds", required_argument, NULL, 't'},
		{"codec", required_argument, NULL, 'c'},
		{"bitrate", required_argument, NULL, 'b'},
		{"out", required_argument, NULL, 'o'},
		{0},
	};
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return PF_ERR_INVALID;
		if (parse_one(o, option, optarg) != PF_OK) {
			fprintf(stderr, "spike: '%s' is not possible there\n", optarg);
			return PF_ERR_INVALID;
		}
	}
	return optind == argc ? PF_OK : PF_ERR_INVALID;
}

static void default_path(char *path, size_t cap, enum pf_codec codec)
{
	const char *dir = getenv("TMPDIR"), *extension = "";
	for (size_t i = 0; i < sizeof(codec_names) / sizeof(codec_names[0]); i++) {
		if (codec_names[i].codec == codec)
			extension = codec_names[i].extension;
	}
	snprintf(path, cap, "%s/punktfunk-spike.%s", dir && *dir ? dir : "/tmp", extension);
}

static int open_source(struct spike *s, const struct spike_options *o, struct pf_reason *reason)
{
	char root[PATH_MAX];
	int err = pf_display_runtime_root(root, sizeof(root));
	if (err != PF_OK)
		return pf_reason(reason, err, "no place for the display's runtime directory");
	const struct pf_display_params params = {
		.mode = o->mode,
		.runtime_root = root,
		.client_label = "spike",
	};
	err = pf_display_create(&s->display, o->backend, &params, reason);
	if (err != PF_OK)
		return err;
	return pf_display_open_capture(s->display, &s->capture, reason);
}

static int open_encoder(struct spike *s, const struct spike_options *o, struct pf_reason *reason)
{
	const struct pf_encoder_params params = {
		.codec = o->codec,
		.mode = o->mode,
		.bitrate_kbps = (uint32_t)o->bitrate_mbps * 1000,
	};
	return pf_encoder_open(&s->encoder, NULL, &params, reason);
}

/* Keeps the newest picture in s->held; whether it is a new one goes to *fresh. */
static int next_picture(struct spike *s, int timeout_ms, bool *fresh, struct pf_reason *reason)
{
	struct pf_frame *frame;
	int err = pf_capture_next(s->capture, timeout_ms, &frame, reason);
	*fresh = err == PF_OK;
	if (err == PF_OK) {
		pf_frame_unref(s->held);
		s->held = frame;
	}
	return err == PF_ERR_TIMEOUT || err == PF_ERR_AGAIN ? PF_OK : err;
}

static int encode_held(struct spike *s, bool fresh, struct pf_reason *reason)
{
	const struct pf_encode_request request = {
		.repeat = !fresh,
		.pts_ns = fresh ? s->held->pts_ns : pf_wall_ns(),
		.frame_index = s->units,
	};
	struct pf_unit *u;
	int err = pf_encoder_encode(s->encoder, s->held, &request, &u);
	if (err == PF_ERR_AGAIN)
		return PF_OK;
	if (err != PF_OK)
		return pf_reason(reason, err, "picture %u cannot be encoded: %s", s->units, pf_strerror(err));
	s->units++;
	s->keys += u->key;
	s->repeats += u->repeat;
	s->bytes += u->len;
	pf_histogram_add(&s->convert, u->stamps.convert_us);
	pf_histogram_add(&s->encode, u->stamps.encode_us);
	bool written = fwrite(u->data, 1, u->len, s->file) == u->len;
	pf_unit_unref(u);
	return written ? PF_OK : pf_reason(reason, PF_ERR_IO, "cannot write the stream: %s", strerror(errno));
}

static int stream(struct spike *s, const struct spike_options *o, struct pf_reason *reason)
{
	int interval_ms = (int)(1000 / o->mode.refresh_hz) + 1;
	int64_t end = pf_now_ns() + FIRST_FRAME_NS;
	bool fresh = false;
	int err = PF_OK;
	while (err == PF_OK && pf_now_ns() < end) {
		err = next_picture(s, interval_ms, &fresh, reason);
		if (err != PF_OK || !s->held)
			continue;
		if (s->units == 0)
			end = pf_now_ns() + o->seconds * SECOND_NS;
		err = encode_held(s, fresh, reason);
	}
	if (err == PF_OK && s->units == 0)
		err = pf_reason(
			reason, PF_ERR_TIMEOUT, s->held ? "the encoder gave nothing" : "no picture came");
	return err;
}

static void report(const struct spike *s, const struct spike_options *o, const char *path)
{
	printf("%ux%u at %u Hz, %s by %s, %ld s: %u units (%u keys, %u repeats), %.2f Mbit/s\n",
		o->mode.width_px, o->mode.height_px, o->mode.refresh_hz, pf_codec_name(o->codec),
		pf_encoder_name(s->encoder), o->seconds, s->units, s->keys, s->repeats,
		(double)s->bytes * 8 / 1e6 / (double)o->seconds);
	printf("convert p50 %u us, p95 %u, p99 %u; encode p50 %u us, p95 %u, p99 %u\n",
		pf_histogram_at(&s->convert, 50), pf_histogram_at(&s->convert, 95),
		pf_histogram_at(&s->convert, 99), pf_histogram_at(&s->encode, 50),
		pf_histogram_at(&s->encode, 95), pf_histogram_at(&s->encode, 99));
	printf("written to %s\n", path);
}

static int run(struct spike *s, const struct spike_options *o, const char *path, struct pf_reason *reason)
{
	s->file = fopen(path, "wbe");
	if (!s->file)
		return pf_reason(reason, PF_ERR_IO, "cannot open %s: %s", path, strerror(errno));
	int err = open_encoder(s, o, reason);
	if (err == PF_OK)
		err = open_source(s, o, reason);
	if (err == PF_OK)
		err = stream(s, o, reason);
	if (err == PF_OK && fflush(s->file) != 0)
		err = pf_reason(reason, PF_ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (err == PF_OK)
		report(s, o, path);
	return err;
}

static void finish(struct spike *s)
{
	pf_frame_unref(s->held);
	pf_encoder_close(s->encoder);
	if (s->capture)
		pf_capture_destroy(s->capture);
	if (s->display)
		pf_display_destroy(s->display);
	if (s->file)
		fclose(s->file);
}

int pf_cli_spike(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	struct spike_options o = {
		.backend = "synthetic",
		.mode = {1920, 1080, 60},
		.seconds = 5,
		.bitrate_mbps = 20,
		.codec = PF_CODEC_HEVC,
	};
	if (parse_options(&o, argc, argv) != PF_OK) {
		fputs(usage, stderr);
		return 2;
	}
	char fallback[PATH_MAX];
	default_path(fallback, sizeof(fallback), o.codec);
	const char *path = o.out ? o.out : fallback;
	struct pf_reason reason = {0};
	struct spike s = {0};
	int err = run(&s, &o, path, &reason);
	finish(&s);
	if (err != PF_OK)
		fprintf(stderr, "spike: %s\n", reason.text[0] ? reason.text : pf_strerror(err));
	return err == PF_OK ? 0 : 1;
}
