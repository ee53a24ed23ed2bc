#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/level.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/run_host.h"
#include "discovery/record.h"
#include "gamestream/gamestream.h"
#include "pad/kind.h"
#include "pad/pool.h"
#include "proto/native/caps.h"
#include "proto/native/name.h"
#include "session/display_pool.h"
#include "session/fec_law.h"

static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const audio_sources[] = {PF_SOUND_PIPEWIRE, "silence", "tone", NULL};
static const char *const audio_routings[] = {
	[PF_AUDIO_CLIENT_ONLY] = "client_only",
	[PF_AUDIO_HOST_AND_CLIENT] = "host_and_client",
	[PF_AUDIO_FOLLOW_DEFAULT] = "follow_default",
	NULL,
};
static const char *const audio_qualities[] = {
	[PF_AUDIO_LOW] = "low", [PF_AUDIO_MEDIUM] = "standard", [PF_AUDIO_HIGH] = "high", NULL};
static const char *const encryptions[] = {"supported", "video", "off", "required", NULL};
static const char *const tri_state[] = {"auto", "on", "off", NULL};

static bool host_name_fits(const char *name)
{
	return name[0] && strlen(name) <= PF_SERVICE_NAME_MAX && pf_utf8_valid(name, strlen(name));
}

/* ENet knows IPv4 only, and so does everything beside it. */
static bool fill_gamestream(struct pf_host_services *services, const char *ip, long port)
{
	struct sockaddr_storage address;
	if (!pf_parse_bind(ip, port, &address))
		return false;
	if (address.ss_family == AF_INET) {
		services->gamestream_bind = ((const struct sockaddr_in *)&address)->sin_addr;
	} else if (!IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&address)->sin6_addr)) {
		fprintf(stderr,
			"punktfunk-host: GameStream is served over IPv4 only: --gamestream-bind IP, not %s\n",
			ip);
		return false;
	}
	services->gamestream_port = (uint16_t)port;
	return true;
}

static bool read_gain(const char *text, float *out)
{
	char *end;
	*out = strtof(text, &end);
	return end != text && *end == '\0' && *out >= 0.1f && *out <= PF_GAIN_MAX;
}

int pf_cli_serve(int argc, char **argv)
{
	struct pf_host_params params = {.gso = true, .sound.hires = true};
	const char *bind_ip = "0.0.0.0", *mgmt_bind = "0.0.0.0:47990";
	long port = PF_NATIVE_PORT, sessions = PF_HOST_SESSIONS_DEFAULT, idle_ms = 8000,
	     fec = PF_FEC_ADAPTIVE, drop = 0, mtu = 0, keep = PF_DISPLAY_KEEP_MS_DEFAULT / 1000;
	long rumble_idle_ms = PF_PAD_RUMBLE_IDLE_MS_DEFAULT;
	int gamepad = 0, level = PF_LOG_INFO, dscp = PF_CHOICE_AUTO;
	int source = 0, routing = PF_AUDIO_CLIENT_ONLY, quality = PF_AUDIO_HIGH, redundancy = PF_CHOICE_AUTO;
	const char *gain = "1";
	bool no_mdns = false;
	const char *gamestream_bind = NULL;
	long gamestream_port = PF_GS_PORT, gamestream_keep = PF_GS_KEEP_S_DEFAULT;
	struct pf_host_services services = {.mdns = true};
	const struct pf_option options[] = {
		{"open", NULL, PF_OPTION_SWITCH, &params.open,
			.help = "let every client in, paired or not, with full access"},
		{"native-port", "PUNKTFUNK_NATIVE_PORT", PF_OPTION_NUMBER, &port, 0, 65535,
			.argument = "PORT",
			.help = "UDP port of the native protocol (9777; 0 = any free one)"},
		{"native-bind", "PUNKTFUNK_NATIVE_BIND", PF_OPTION_TEXT, &bind_ip, .argument = "IP",
			.help = "address to listen on (0.0.0.0: every IPv4 address)"},
		{"mgmt-bind", "PUNKTFUNK_MGMT_BIND", PF_OPTION_TEXT, &mgmt_bind, .argument = "IP:PORT",
			.help = "where the management API listens (0.0.0.0:47990; port 0 = any free one)"},
		{"max-sessions", "PUNKTFUNK_MAX_SESSIONS", PF_OPTION_NUMBER, &sessions, 0, 64,
			.argument = "N",
			.help = "streams at a time, further clients wait (4; 0 = unlimited)"},
		{"keep-display", "PUNKTFUNK_KEEP_DISPLAY", PF_OPTION_NUMBER, &keep, 0, 86400,
			.argument = "SECONDS", .help = "how long the display of a lost client is kept (10)"},
		{"gamestream", "PUNKTFUNK_GAMESTREAM", PF_OPTION_SWITCH, &services.gamestream,
			.help = "serve Moonlight clients too (off)"},
		{"moonlight", NULL, PF_OPTION_SWITCH, &services.gamestream, .help = "the same"},
		{"gamestream-port", "PUNKTFUNK_GAMESTREAM_PORT", PF_OPTION_NUMBER, &gamestream_port, 0, 65000,
			.argument = "PORT",
			.help = "TCP port of GameStream's HTTP, the others are beside it (47989; 0 = any "
				"free ones)"},
		{"gamestream-bind", "PUNKTFUNK_GAMESTREAM_BIND", PF_OPTION_TEXT, &gamestream_bind,
			.argument = "IP", .help = "IPv4 address to serve it on (as --native-bind)"},
		{"gamestream-keep", "PUNKTFUNK_GAMESTREAM_KEEP", PF_OPTION_NUMBER, &gamestream_keep, 0,
			604800, .argument = "SECONDS",
			.help = "how long an app goes on after its Moonlight client left (3600)"},
		{NULL, "PUNKTFUNK_GAMESTREAM_ENCRYPT", PF_OPTION_CHOICE, &services.gamestream_encrypt,
			.words = encryptions,
			.help = "encryption towards Moonlight: supported (if the client wants it), video "
				"(asked "
				"for), off (control only), required"},
		{NULL, "PUNKTFUNK_GAMESTREAM_SLOW_CODECS", PF_OPTION_SWITCH, &services.gamestream_slow_codecs,
			.help = "offer Moonlight also HEVC and AV1 made in software, which it would prefer "
				"(off)"},
		{NULL, "PUNKTFUNK_AUDIO_SOURCE", PF_OPTION_CHOICE, &source, .words = audio_sources,
			.help = "what clients hear: pipewire, silence, or a test tone (pipewire)"},
		{NULL, "PUNKTFUNK_AUDIO_OUTPUT_MODE", PF_OPTION_CHOICE, &routing, .words = audio_routings,
			.help = "who hears this machine while it streams: client_only, host_and_client, or "
				"follow_default (no device is touched); private displays have their own "
				"sound (client_only)"},
		{NULL, "PUNKTFUNK_AUDIO_QUALITY", PF_OPTION_CHOICE, &quality, .words = audio_qualities,
			.help = "the best bit rate of sound: low, standard, high (high)"},
		{NULL, "PUNKTFUNK_AUDIO_HIRES", PF_OPTION_SWITCH, &params.sound.hires,
			.help = "lossless sound for clients that ask, where it fits a quarter of the bit "
				"rate (on)"},
		{NULL, "PUNKTFUNK_AUDIO_REDUNDANCY", PF_OPTION_CHOICE, &redundancy, .words = tri_state,
			.help = "each packet of sound twice: auto (while the link loses packets), on, off"},
		{NULL, "PUNKTFUNK_AUDIO_GAIN", PF_OPTION_TEXT, &gain,
			.help = "times the loudness for clients, 0.1 to 8.0 (1.0)"},
		{"no-mdns", NULL, PF_OPTION_SWITCH, &no_mdns,
			.help = "do not announce the host on the network"},
		{NULL, "PUNKTFUNK_MDNS", PF_OPTION_SWITCH, &services.mdns,
			.help = "announce the host on the network (on)"},
		{NULL, "PUNKTFUNK_HOST_NAME", PF_OPTION_TEXT, &services.name,
			.help = "what clients call this host (the machine's name)"},
		{"native", NULL, PF_OPTION_IGNORED, NULL},
		{"data-port", NULL, PF_OPTION_IGNORED, NULL, .argument = "PORT"},
		{"perf", "PUNKTFUNK_PERF", PF_OPTION_SWITCH, &params.perf,
			.help = "log p50/p95/p99 of every stage each second"},
		{"log", "PUNKTFUNK_LOG", PF_OPTION_CHOICE, &level, .words = levels, .argument = "LEVEL",
			.help = "error, warn, info or debug (info)"},
		{NULL, "PUNKTFUNK_PRIVATE_SESSION", PF_OPTION_TEXT, &params.session_command,
			.help = "what runs on a private display (a terminal)"},
		{"gamepad", "PUNKTFUNK_GAMEPAD", PF_OPTION_CHOICE, &gamepad, .words = pf_pad_kind_words,
			.argument = "KIND",
			.help = "what every controller becomes: xbox360, xboxone, xboxelite, dualsense, "
				"dualsenseedge, dualshock4, switchpro (auto: what the client says)"},
		{NULL, "PUNKTFUNK_RUMBLE_IDLE_MS", PF_OPTION_NUMBER, &rumble_idle_ms, 0, 60000,
			.help = "a motor that no game drives for so long is stopped (2500; 0 = never, else "
				"at least 2100)"},
		{NULL, "PUNKTFUNK_ENCODER", PF_OPTION_TEXT, &params.encoder,
			.help = "encoder by name (the best that works)"},
		{NULL, "PUNKTFUNK_FEC_PCT", PF_OPTION_NUMBER, &fec, 0, PF_FEC_PIN_MAX,
			.help = "pin the parity percentage (adaptive, 5 to 50)"},
		{NULL, "PUNKTFUNK_GSO", PF_OPTION_SWITCH, &params.gso,
			.help = "hand video packets to the kernel in trains (on)"},
		{NULL, "PUNKTFUNK_TXTIME", PF_OPTION_SWITCH, &params.txtime,
			.help = "let the kernel pace them, where the device queues with fq (off)"},
		{NULL, "PUNKTFUNK_DSCP", PF_OPTION_CHOICE, &dscp, .words = tri_state,
			.help = "mark video packets CS5: auto (towards private addresses), on, off"},
		{NULL, "PUNKTFUNK_WIRE_MTU", PF_OPTION_NUMBER, &mtu, 576, 65535,
			.help = "MTU of the link when it is known to be small"},
		{NULL, "PUNKTFUNK_IDLE_TIMEOUT_MS", PF_OPTION_NUMBER, &idle_ms, 1000, 3600000,
			.help = "a client that is silent for so long is lost (8000)"},
		{NULL, "PUNKTFUNK_VIDEO_DROP", PF_OPTION_NUMBER, &drop, 0, 90,
			.help = "test loss: percentage of video packets not sent"},
	};
	int rc = pf_options_help_wanted(argc, argv) ? 0 : pf_prepare_host(&params);
	if (rc != 0)
		return rc;
	enum pf_options_verdict verdict = pf_options_parse(options, sizeof(options) / sizeof(options[0]),
		argc, argv,
		"Serves native clients, and Moonlight with --gamestream. Every client gets a private display "
		"at its own mode.\n"
		"Flags win over PUNKTFUNK_ variables, those over host.env in the configuration directory.");
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	pf_log_set_level((enum pf_log_level)level);
	params.max_sessions = (unsigned)sessions;
	params.gamepad = pf_pad_kind_of_word((unsigned)gamepad);
	params.rumble_idle_ms = rumble_idle_ms > 0 && rumble_idle_ms < PF_PAD_RUMBLE_IDLE_MS_MIN
					? PF_PAD_RUMBLE_IDLE_MS_MIN
					: (unsigned)rumble_idle_ms;
	params.keep_display_ms = (unsigned)keep * 1000;
	params.idle_timeout_ms = (unsigned)idle_ms;
	params.fec_percent = (int)fec;
	params.drop_percent = (unsigned)drop;
	params.wire_mtu = (uint32_t)mtu;
	params.dscp = (enum pf_choice)dscp;
	params.sound.source = audio_sources[source];
	params.sound.routing = (enum pf_audio_routing)routing;
	params.sound.quality = (enum pf_audio_tier)quality;
	params.sound.redundancy = (enum pf_choice)redundancy;
	if (!read_gain(gain, &params.sound.gain)) {
		fprintf(stderr, "punktfunk-host: PUNKTFUNK_AUDIO_GAIN: a number from 0.1 to 8.0\n");
		return 2;
	}
	if (services.name && !host_name_fits(services.name)) {
		fprintf(stderr, "punktfunk-host: PUNKTFUNK_HOST_NAME: a name has 1 to 63 bytes of text\n");
		return 2;
	}
	if (!pf_parse_bind(bind_ip, port, &params.bind) || !pf_parse_mgmt_bind(mgmt_bind, &services.mgmt))
		return 2;
	if (services.gamestream &&
		!fill_gamestream(&services, gamestream_bind ? gamestream_bind : bind_ip, gamestream_port))
		return 2;
	services.gamestream_keep_s = (unsigned)gamestream_keep;
	services.mdns = services.mdns && !no_mdns;
	return pf_run_host(&params, &services);
}
