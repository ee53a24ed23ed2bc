#include "probe/options.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "proto/native/pcm.h"

#define SIDE_MAX    65535
#define HZ_MAX      1000
#define SECONDS_MAX 86400

/* Decimal digits up to `end`, in range; *text moves behind them. */
static bool take_number(const char **text, uint32_t min, uint32_t max, uint32_t *out)
{
	if (!isdigit((unsigned char)**text))
		return false;
	char *end;
	unsigned long long v = strtoull(*text, &end, 10);
	if (v < min || v > max)
		return false;
	*out = (uint32_t)v;
	*text = end;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool number_only(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	return take_number(&text, min, max, out) && *text == '\0';
}

static bool take_mode(const char **text, struct pf_mode *out)
{
	return take_number(text, 1, SIDE_MAX, &out->width_px) && take_char(text, 'x') &&
	       take_number(text, 1, SIDE_MAX, &out->height_px) && take_char(text, 'x') &&
	       take_number(text, 1, HZ_MAX, &out->refresh_hz);
}

/* HOST, HOST:PORT, [V6] or [V6]:PORT. */
static bool set_connect(struct pf_probe_options *o, const char *text)
{
	const char *host = text, *end = strchr(text, ':'), *port = NULL;
	if (*text == '[') {
		host = text + 1;
		end = strchr(host, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return false;
		port = end[1] ? end + 2 : NULL;
	} else if (end) {
		port = end + 1;
	}
	size_t len = end ? (size_t)(end - host) : strlen(host);
	uint32_t number = PF_NATIVE_PORT;
	if (len == 0 || len >= sizeof(o->host) || (port && !number_only(port, 1, 65535, &number)))
		return false;
	memcpy(o->host, host, len);
	o->host[len] = '\0';
	o->port = (uint16_t)number;
	return true;
}

static bool set_mode(struct pf_probe_options *o, const char *text)
{
	return take_mode(&text, &o->mode) && *text == '\0';
}

static bool set_out(struct pf_probe_options *o, const char *text)
{
	o->out = text;
	return *text != '\0';
}

static bool set_bitrate(struct pf_probe_options *o, const char *text)
{
	return number_only(text, 0, UINT32_MAX, &o->bitrate_kbps);
}

static bool set_codec(struct pf_probe_options *o, const char *text)
{
	static const enum pf_codec codecs[] = {PF_CODEC_H264, PF_CODEC_HEVC, PF_CODEC_AV1, PF_CODEC_PYROWAVE};
	o->codec = PF_CODEC_NONE;
	if (strcmp(text, "auto") == 0)
		return true;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		if (strcmp(text, pf_codec_name(codecs[i])) == 0)
			o->codec = codecs[i];
	}
	return o->codec != PF_CODEC_NONE;
}

static bool set_seconds(struct pf_probe_options *o, const char *text)
{
	uint32_t v;
	if (!number_only(text, 1, SECONDS_MAX, &v))
		return false;
	o->seconds = v;
	return true;
}

static bool set_pin(struct pf_probe_options *o, const char *text)
{
	o->pinned = pf_hex_decode(o->pin.bytes, sizeof(o->pin.bytes), text);
	return o->pinned;
}

/* Never from argv: every user of the machine can read it there. */
static bool set_pair(struct pf_probe_options *o, const char *text)
{
	o->pair = strcmp(text, "-") == 0;
	return o->pair;
}

#define DISCOVER_S     4
#define DISCOVER_MAX_S 60

static bool set_discover(struct pf_probe_options *o, const char *text)
{
	uint32_t v;
	if (!number_only(text, 1, DISCOVER_MAX_S, &v))
		return false;
	o->discover_s = v;
	return true;
}

static bool set_name(struct pf_probe_options *o, const char *text)
{
	size_t len = strlen(text);
	if (len == 0 || len > PF_PROBE_NAME_MAX)
		return false;
	memcpy(o->name, text, len + 1);
	return true;
}

static bool set_remode(struct pf_probe_options *o, const char *text)
{
	if (o->remodes == PF_PROBE_STEPS_MAX)
		return false;
	struct pf_probe_remode *step = &o->remode[o->remodes];
	uint32_t at_s;
	if (!take_mode(&text, &step->mode) || !take_char(&text, ':') ||
		!number_only(text, 0, SECONDS_MAX, &at_s))
		return false;
	step->at_s = at_s;
	o->remodes++;
	return true;
}

static bool set_rebitrate(struct pf_probe_options *o, const char *text)
{
	if (o->rebitrates == PF_PROBE_STEPS_MAX)
		return false;
	struct pf_probe_rebitrate *step = &o->rebitrate[o->rebitrates];
	uint32_t at_s;
	if (!take_number(&text, 0, UINT32_MAX, &step->kbps) || !take_char(&text, ':') ||
		!number_only(text, 0, SECONDS_MAX, &at_s))
		return false;
	step->at_s = at_s;
	o->rebitrates++;
	return true;
}

static bool set_speed_test(struct pf_probe_options *o, const char *text)
{
	return take_number(&text, 1, PF_PROBE_MAX_KBPS, &o->speed_kbps) && take_char(&text, ':') &&
	       number_only(text, 1, PF_PROBE_MAX_MS, &o->speed_ms);
}

static bool set_snapshot(struct pf_probe_options *o, const char *text)
{
	o->snapshot = text;
	return *text != '\0';
}

static bool set_input_script(struct pf_probe_options *o, const char *text)
{
	o->input_script = text;
	return *text != '\0';
}

static bool set_mic_drop(struct pf_probe_options *o, const char *text)
{
	return number_only(text, 1, 100, &o->mic_drop_percent);
}

static bool set_feedback(struct pf_probe_options *o, const char *text)
{
	o->feedback = text;
	return *text != '\0';
}

static bool set_audio_channels(struct pf_probe_options *o, const char *text)
{
	uint32_t v;
	if (!number_only(text, 2, 8, &v) || (v != 2 && v != 6 && v != 8))
		return false;
	o->audio_channels = v;
	return true;
}

static bool set_audio_layout(struct pf_probe_options *o, const char *text)
{
	static const char *const layouts[] = {[PF_AUDIO_LEGACY] = "legacy",
		[PF_AUDIO_STANDARD] = "standard",
		[PF_AUDIO_UNCOUPLED] = "uncoupled"};
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		if (strcmp(text, layouts[i]) == 0) {
			o->audio_layout = (enum pf_audio_layout)i;
			return true;
		}
	}
	return false;
}

static bool set_audio_format(struct pf_probe_options *o, const char *text)
{
	static const struct {
		const char *name, *is;
	} names[] = {{"lossless48", "48000/16"}, {"lossless96", "96000/24"}};
	uint32_t rate_hz, bits;
	if (strcmp(text, "opus") == 0) {
		o->audio_rate_hz = o->audio_bits = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		text = strcmp(text, names[i].name) == 0 ? names[i].is : text;
	if (!take_number(&text, 1, UINT32_MAX, &rate_hz) || !take_char(&text, '/') ||
		!number_only(text, 16, 24, &bits) || !pf_pcm_rate_known(rate_hz) || bits % 8 != 0)
		return false;
	o->audio_rate_hz = rate_hz;
	o->audio_bits = bits;
	return true;
}

static bool set_audio_out(struct pf_probe_options *o, const char *text)
{
	o->audio_out = text;
	return *text != '\0';
}

/* Exactly one of `set` and `flag` stands in a row. */
struct option {
	const char *name;
	bool (*set)(struct pf_probe_options *o, const char *value);
	size_t flag; /* offset of the bool that a valueless option sets */
	const char *takes;
	bool may_lack; /* its value, which only --discover may */
};

#define FLAG(member) .flag = offsetof(struct pf_probe_options, member)

static const struct option OPTIONS[] = {
	{"--connect", set_connect, .takes = "HOST:PORT, for example 192.168.1.20:9777"},
	{"--mode", set_mode, .takes = "WIDTHxHEIGHTxHZ, for example 1920x1080x60"},
	{"--out", set_out, .takes = "a file to write the access units to"},
	{"--bitrate", set_bitrate, .takes = "kbit/s, 0 for the host's default"},
	{"--codec", set_codec, .takes = "auto, h264, hevc, av1 or pyrowave"},
	{"--seconds", set_seconds, .takes = "a number of seconds from 1 to 86400"},
	{"--quit", FLAG(quit)},
	{"--pin", set_pin, .takes = "the host's fingerprint, 64 hexadecimal digits"},
	{"--forget", FLAG(forget)},
	{"--discover", set_discover, .takes = "a number of seconds from 1 to 60", .may_lack = true},
	{"--pair", set_pair, .takes = "- and the PIN on standard input"},
	{"--name", set_name, .takes = "a label of 1 to 64 bytes"},
	{"--remode", set_remode, .takes = "WIDTHxHEIGHTxHZ:SECOND, at most 16 times"},
	{"--rebitrate", set_rebitrate, .takes = "KBPS:SECOND, at most 16 times"},
	{"--speed-test", set_speed_test, .takes = "KBPS:MS, at most 10000000 kbit/s and 5000 ms"},
	{"--clock-resync", FLAG(clock_resync)},
	{"--snapshot", set_snapshot, .takes = "a PNG file to write the last picture to"},
	{"--decode", FLAG(decode)},
	{"--input-test", FLAG(input_test)},
	{"--touch-test", FLAG(touch_test)},
	{"--rich-input-test", FLAG(rich_input_test)},
	{"--av-sync", FLAG(av_sync)},
	{"--mic-test", FLAG(mic_test)},
	{"--mic-burst", FLAG(mic_burst)},
	{"--mic-stereo", FLAG(mic_stereo)},
	{"--mic-drop", set_mic_drop, .takes = "percent of the packets, from 1 to 100"},
	{"--input-script", set_input_script,
		.takes = "a file with one event a line, or - for standard input"},
	{"--feedback", set_feedback, .takes = "a file to write rumble and HID output to"},
	{"--audio-channels", set_audio_channels, .takes = "2, 6 or 8"},
	{"--audio-layout", set_audio_layout, .takes = "legacy, standard or uncoupled"},
	{"--audio-format", set_audio_format,
		.takes = "opus, lossless48, lossless96 or RATE/BITS, for example 44100/16"},
	{"--audio-out", set_audio_out, .takes = "a file to write the decoded sound to"},
	{"--no-audio-red", FLAG(no_audio_red)},
	{"--keep-host-audio", FLAG(keep_host_audio)},
	{"--json", FLAG(json)},
	{"--verify", FLAG(verify)},
	{"--anonymous", FLAG(anonymous)},
	{"--version", FLAG(version)},
	{"--help", FLAG(help)},
};

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(*OPTIONS); i++) {
		if (strcmp(OPTIONS[i].name, name) == 0)
			return &OPTIONS[i];
	}
	return NULL;
}

static void set_defaults(struct pf_probe_options *o)
{
	*o = (struct pf_probe_options){
		.host = "127.0.0.1",
		.port = PF_NATIVE_PORT,
		.mode = {1280, 720, 60},
		.seconds = 120,
		.audio_channels = 2,
	};
	if (gethostname(o->name, sizeof(o->name)) || o->name[0] == '\0')
		strcpy(o->name, "punktfunk-probe");
	o->name[PF_PROBE_NAME_MAX] = '\0';
}

int pf_probe_options_parse(struct pf_probe_options *o, int argc, char **argv, struct pf_reason *reason)
{
	set_defaults(o);
	for (int i = 1; i < argc; i++) {
		const struct option *option = find_option(argv[i]);
		if (!option)
			return pf_reason(reason, PF_ERR_INVALID, "unknown option %s (see --help)", argv[i]);
		if (!option->set) {
			*(bool *)((char *)o + option->flag) = true;
			continue;
		}
		if (option->may_lack && (i + 1 == argc || argv[i + 1][0] == '-')) {
			o->discover_s = DISCOVER_S;
			continue;
		}
		if (i + 1 == argc)
			return pf_reason(reason, PF_ERR_INVALID, "%s takes %s", option->name, option->takes);
		if (!option->set(o, argv[++i]))
			return pf_reason(reason, PF_ERR_INVALID, "%s takes %s, not \"%.60s\"", option->name,
				option->takes, argv[i]);
	}
	return PF_OK;
}

bool pf_probe_has_microphone(const struct pf_probe_options *o)
{
	return o->mic_test || o->mic_burst || o->mic_stereo || o->mic_drop_percent;
}

bool pf_probe_script_is_live(const struct pf_probe_options *o)
{
	return o->input_script && strcmp(o->input_script, "-") == 0;
}

const char *pf_probe_usage(void)
{
	return "usage: punktfunk-probe [options]\n"
	       "Connects to a punktfunk host like a client, receives, measures and reports.\n"
	       "\n"
	       "  --connect HOST:PORT     the host (127.0.0.1:9777)\n"
	       "  --mode WxHxHZ           display to ask for (1280x720x60)\n"
	       "  --codec NAME            auto, h264, hevc, av1 or pyrowave (auto)\n"
	       "  --bitrate KBPS          0 = the host's default (0)\n"
	       "  --seconds N             end after N seconds (120)\n"
	       "  --quit                  end as a user who quits: the host drops the display at once\n"
	       "  --pin HEX64             fingerprint that the host must have\n"
	       "  --pair -                pair with the host: its PIN on standard input\n"
	       "  --discover [SEC]        list the hosts of the local network (4 seconds)\n"
	       "  --forget                take the host's identity as new, whatever it was before\n"
	       "  --name LABEL            what the host shows for this device (the host name)\n"
	       "  --anonymous             present no client certificate\n"
	       "  --remode WxHxHZ:SEC     change the mode SEC seconds after the first frame; repeatable\n"
	       "  --rebitrate KBPS:SEC    change the bitrate; repeatable\n"
	       "  --speed-test KBPS:MS    measure the path with a burst of filler\n"
	       "  --clock-resync          synchronise the clocks twice and compare\n"
	       "  --verify                check the bytes of the host's synthetic source\n"
	       "  --out FILE              write the access units as received\n"
	       "  --decode                decode, and count what the decoder complains about\n"
	       "  --snapshot FILE.png     decode, and write the last whole picture\n"
	       "  --input-test            move the pointer in circles, both ways, and press keys\n"
	       "  --touch-test            move two fingers in a circle\n"
	       "  --rich-input-test       a DualSense comes: stick, touch pad, motion; and goes\n"
	       "  --av-sync               decode, and measure how far sound is behind a picture that "
	       "flashes\n"
	       "  --mic-test              a microphone: a tone of 440 Hz\n"
	       "  --mic-burst             the same, two packets of 20 ms every 40 ms\n"
	       "  --mic-stereo            the same, coded in stereo\n"
	       "  --mic-drop PERCENT      the same, but so many packets are not sent\n"
	       "  --input-script FILE     send the events of a file, or of standard input (-), one a line\n"
	       "  --feedback FILE         write rumble and HID output that come back, one JSON object a "
	       "line\n"
	       "  --audio-channels N      2, 6 or 8 (2)\n"
	       "  --audio-layout NAME     legacy, standard or uncoupled: how Opus couples channels (legacy)\n"
	       "  --audio-format F        opus, lossless48, lossless96 or RATE/BITS (opus)\n"
	       "  --audio-out FILE        decode the sound, and write it as 32-bit floats\n"
	       "  --no-audio-red          do not ask for each packet twice when packets are lost\n"
	       "  --keep-host-audio       leave the host's own speakers on\n"
	       "  --json                  print the summary as one JSON object\n"
	       "  --version, --help\n"
	       "\n"
	       "Exit status: 0 when frames came and all were well; 1 on a corrupt frame, fewer frames than\n"
	       "announced, or none; 2 on a wrong command line.\n";
}
