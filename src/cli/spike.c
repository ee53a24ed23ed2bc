/*
 * Capture and encode without a network (product 1.4): shows that a machine can do it, and how fast, and that
 * the stream survives the protocol core. What the transport adds is measured by punktfunk-probe.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/histogram.h"
#include "cli/cli.h"
#include "cli/loopback.h"
#include "cli/options.h"
#include "display/display.h"
#include "encode/encoder.h"
#include "os/clock.h"
#include "packet/header.h"

#define FIRST_FRAME_NS 10000000000LL
#define SECOND_NS      1000000000LL
#define SECONDS_MAX    86400
#define BITRATE_MAX    2000 /* Mbit/s */

struct spike_options {
	int source; /* index into sources */
	int codec;  /* index into codec_names */
	struct pf_mode mode;
	long seconds, bitrate_mbps, chunk_bytes;
	bool no_loopback;
	const char *out; /* NULL = in the temporary directory */
};

struct spike {
	struct pf_display *display;
	struct pf_capture *capture;
	struct pf_encoder *encoder;
	struct pf_loopback *loopback; /* NULL = off */
	struct pf_frame *held;        /* the last picture, encoded again while nothing changes */
	FILE *file;
	uint32_t units, keys, repeats;
	uint64_t bytes;
	struct pf_histogram convert, encode;
};

static const char *const sources[] = {"synthetic", "virtual", "synthetic-nv12", "portal", NULL};
static const char *const source_refusals[] = {NULL, NULL,
	"the synthetic source makes RGB pictures only; use synthetic",
	"this host does not capture through the desktop portal; use virtual"};
static const char *const source_backends[] = {"synthetic", NULL /* the best real one */};

static const char *const codec_names[] = {"h264", "h265", "av1", "pyrowave", NULL};
static const char *const codec_refusals[] = {
	NULL, NULL, NULL, "this host has no PyroWave encoder; use h264, h265 or av1"};
static const char *const codec_extensions[] = {"h264", "h265", "obu"};
static const enum pf_codec codecs[] = {PF_CODEC_H264, PF_CODEC_HEVC, PF_CODEC_AV1};

static const char *const hdr_refusals[] = {"this host has no 10-bit path from capture to encoder"};

static enum pf_options_verdict parse_options(struct spike_options *o, int argc, char **argv)
{
	bool hdr = false;
	long width_px = 1920, height_px = 1080, refresh_hz = 60;
	const struct pf_option options[] = {
		{"source", NULL, PF_OPTION_CHOICE, &o->source, .words = sources, .refusals = source_refusals,
			.argument = "SOURCE", .help = "synthetic: a moving pattern; virtual: a real display"},
		{"width", NULL, PF_OPTION_NUMBER, &width_px, PF_MODE_WIDTH_MIN, PF_MODE_WIDTH_MAX,
			.argument = "PX", .help = "even number of pixels (1920)"},
		{"height", NULL, PF_OPTION_NUMBER, &height_px, PF_MODE_HEIGHT_MIN, PF_MODE_HEIGHT_MAX,
			.argument = "PX", .help = "even number of pixels (1080)"},
		{"fps", NULL, PF_OPTION_NUMBER, &refresh_hz, PF_MODE_HZ_MIN, PF_MODE_HZ_MAX, .argument = "N",
			.help = "pictures per second (60)"},
		{"seconds", NULL, PF_OPTION_NUMBER, &o->seconds, 1, SECONDS_MAX, .argument = "N",
			.help = "length, from the first picture on (5)"},
		{"codec", NULL, PF_OPTION_CHOICE, &o->codec, .words = codec_names, .refusals = codec_refusals,
			.argument = "CODEC", .help = "h264, h265 or av1 (h265)"},
		{"hdr", NULL, PF_OPTION_SWITCH, &hdr, .refusals = hdr_refusals},
		{"bitrate", NULL, PF_OPTION_NUMBER, &o->bitrate_mbps, 1, BITRATE_MAX, .argument = "MBPS",
			.help = "Mbit/s of the encoder (20)"},
		{"out", NULL, PF_OPTION_TEXT, &o->out, .argument = "FILE",
			.help = "where the stream goes (punktfunk-spike.* in the temporary directory)"},
		{"no-loopback", NULL, PF_OPTION_SWITCH, &o->no_loopback,
			.help = "do not also pass the stream through the protocol core"},
		{"wire-chunk", NULL, PF_OPTION_NUMBER, &o->chunk_bytes, PF_SHARD_MIN, PF_SHARD_MAX,
			.argument = "BYTES", .help = "shard payload of a datagram there, even (1408)"},
	};
	enum pf_options_verdict verdict = pf_options_parse(options, sizeof(options) / sizeof(options[0]),
		argc, argv, "Captures and encodes into a file, to show that a machine can and how fast.");
	o->mode = (struct pf_mode){(uint32_t)width_px, (uint32_t)height_px, (uint32_t)refresh_hz};
	return verdict;
}

static void default_path(char *path, size_t cap, const char *extension)
{
	const char *dir = getenv("TMPDIR");
	snprintf(path, cap, "%s/punktfunk-spike.%s", dir && *dir ? dir : "/tmp", extension);
}

static int open_source(struct spike *s, const struct spike_options *o, struct pf_reason *reason)
{
	char root[PATH_MAX];
	int err = pf_display_runtime_root(root, sizeof(root));
	if (err != PF_OK)
		return pf_reason(reason, err, "XDG_RUNTIME_DIR is too long");
	const char *backend = source_backends[o->source];
	if (!backend)
		err = pf_display_prepare_root(root, reason);
	if (err != PF_OK)
		return err;
	const struct pf_display_params params = {
		.mode = o->mode,
		.runtime_root = root,
		.client_label = "spike",
	};
	err = pf_display_create(&s->display, backend, &params, reason);
	if (err != PF_OK)
		return err;
	return pf_display_open_capture(s->display, &s->capture, reason);
}

static int open_encoder(struct spike *s, const struct spike_options *o, struct pf_reason *reason)
{
	const struct pf_encoder_params params = {
		.codec = codecs[o->codec],
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

static int take_unit(struct spike *s, const struct pf_unit *u, struct pf_reason *reason)
{
	s->units++;
	s->keys += u->key;
	s->repeats += u->repeat;
	s->bytes += u->len;
	pf_histogram_add(&s->convert, u->stamps.convert_us);
	pf_histogram_add(&s->encode, u->stamps.encode_us);
	if (fwrite(u->data, 1, u->len, s->file) != u->len)
		return pf_reason(reason, PF_ERR_IO, "cannot write the stream: %s", strerror(errno));
	return s->loopback ? pf_loopback_pass(s->loopback, u, reason) : PF_OK;
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
	err = take_unit(s, u, reason);
	pf_unit_unref(u);
	return err;
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

static void report_loopback(const struct pf_loopback *l)
{
	struct pf_loopback_counts c = pf_loopback_count(l);
	printf("protocol core: %llu units came out byte for byte; %llu datagrams (%llu parity), %llu bytes; "
	       "%llu held back, %llu units repaired\n",
		(unsigned long long)c.units, (unsigned long long)c.datagrams, (unsigned long long)c.parity,
		(unsigned long long)c.bytes, (unsigned long long)c.lost, (unsigned long long)c.repaired);
}

static void report(const struct spike *s, const struct spike_options *o, const char *path)
{
	printf("%ux%u at %u Hz, %s by %s, %ld s: %u units (%u keys, %u repeats), %.2f Mbit/s\n",
		o->mode.width_px, o->mode.height_px, o->mode.refresh_hz, codec_names[o->codec],
		pf_encoder_name(s->encoder), o->seconds, s->units, s->keys, s->repeats,
		(double)s->bytes * 8 / 1e6 / (double)o->seconds);
	printf("convert p50 %u us, p95 %u, p99 %u; encode p50 %u us, p95 %u, p99 %u\n",
		pf_histogram_at(&s->convert, 50), pf_histogram_at(&s->convert, 95),
		pf_histogram_at(&s->convert, 99), pf_histogram_at(&s->encode, 50),
		pf_histogram_at(&s->encode, 95), pf_histogram_at(&s->encode, 99));
	if (s->loopback)
		report_loopback(s->loopback);
	printf("written to %s\n", path);
}

static int run(struct spike *s, const struct spike_options *o, const char *path, struct pf_reason *reason)
{
	int err = o->no_loopback ? PF_OK : pf_loopback_create(&s->loopback, (unsigned)o->chunk_bytes, reason);
	if (err == PF_OK)
		err = open_encoder(s, o, reason);
	if (err == PF_OK)
		err = open_source(s, o, reason);
	if (err != PF_OK)
		return err;
	s->file = fopen(path, "wbe");
	if (!s->file)
		return pf_reason(reason, PF_ERR_IO, "cannot open %s: %s", path, strerror(errno));
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
	pf_loopback_destroy(s->loopback);
	if (s->capture)
		pf_capture_destroy(s->capture);
	if (s->display)
		pf_display_destroy(s->display);
	if (s->file)
		fclose(s->file);
}

int pf_cli_spike(int argc, char **argv)
{
	struct spike_options o = {
		.codec = 1, /* h265 */
		.seconds = 5,
		.bitrate_mbps = 20,
		.chunk_bytes = PF_SHARD_DEFAULT_IPV4,
	};
	enum pf_options_verdict verdict = parse_options(&o, argc, argv);
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	char fallback[PATH_MAX];
	default_path(fallback, sizeof(fallback), codec_extensions[o.codec]);
	const char *path = o.out ? o.out : fallback;
	struct pf_reason reason = {0};
	struct spike s = {0};
	int err = run(&s, &o, path, &reason);
	finish(&s);
	if (err != PF_OK)
		fprintf(stderr, "spike: %s\n", reason.text[0] ? reason.text : pf_strerror(err));
	return err == PF_OK ? 0 : 1;
}
