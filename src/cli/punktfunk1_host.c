#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/run_host.h"
#include "pad/pool.h"
#include "pairing/ceremony.h"
#include "proto/native/caps.h"
#include "session/fec_law.h"

static const char *const sources[] = {"synthetic", "virtual", NULL};
static const char *const audio_sources[] = {"silence", "tone", PF_SOUND_PIPEWIRE, NULL};

static bool is_pin(const char *text)
{
	return strlen(text) == PF_PIN_DIGITS && strspn(text, "0123456789") == PF_PIN_DIGITS;
}

/* The test host of product 1.2: byte-verifiable frames or a real display, for a bounded time. */
int pf_cli_punktfunk1_host(int argc, char **argv)
{
	struct pf_host_params params = {.fec_percent = PF_FEC_ADAPTIVE,
		.gso = true,
		.rumble_idle_ms = PF_PAD_RUMBLE_IDLE_MS_DEFAULT,
		.sound = {.quality = PF_AUDIO_HIGH, .hires = true}};
	const char *bind_ip = "0.0.0.0";
	int source = 0, audio_source = 0;
	long port = PF_NATIVE_PORT, seconds = 30, frames = 300, concurrent = 4, total = 0, idle_ms = 8000,
	     drop = 0;
	const struct pf_option options[] = {
		{"port", NULL, PF_OPTION_NUMBER, &port, 0, 65535, .argument = "PORT",
			.help = "UDP port (9777; 0 = any free one)"},
		{"bind", NULL, PF_OPTION_TEXT, &bind_ip, .argument = "IP",
			.help = "address to listen on (0.0.0.0)"},
		{"source", NULL, PF_OPTION_CHOICE, &source, .words = sources, .argument = "SOURCE",
			.help = "synthetic: deterministic bytes; virtual: a real display"},
		{"seconds", NULL, PF_OPTION_NUMBER, &seconds, 0, 86400, .argument = "N",
			.help = "length of a virtual session (30; 0 = unbounded)"},
		{"frames", NULL, PF_OPTION_NUMBER, &frames, 0, 1000000000, .argument = "N",
			.help = "length of a synthetic session (300; 0 = unbounded)"},
		{"max-concurrent", NULL, PF_OPTION_NUMBER, &concurrent, 0, 64, .argument = "N",
			.help = "sessions at a time (4; 0 = unlimited)"},
		{"max-sessions", NULL, PF_OPTION_NUMBER, &total, 0, 1000000000, .argument = "N",
			.help = "end after so many sessions (0 = never)"},
		{"allow-tofu", NULL, PF_OPTION_SWITCH, &params.open, .help = "accept unpaired clients"},
		{"pairing-pin", NULL, PF_OPTION_TEXT, &params.pairing_pin, .argument = "PIN",
			.help = "four digits that pair, as often as they are used"},
		{"idle-timeout-ms", NULL, PF_OPTION_NUMBER, &idle_ms, 1, 3600000, .argument = "MS",
			.help = "a client that is silent for so long is lost (8000)"},
		{"no-mdns", NULL, PF_OPTION_IGNORED, NULL},
		{"perf", "PUNKTFUNK_PERF", PF_OPTION_SWITCH, &params.perf,
			.help = "log p50/p95/p99 of every stage each second"},
		{NULL, "PUNKTFUNK_AUDIO_SOURCE", PF_OPTION_CHOICE, &audio_source, .words = audio_sources,
			.help = "what clients hear: silence, a test tone, or pipewire (silence)"},
		{NULL, "PUNKTFUNK_VIDEO_DROP", PF_OPTION_NUMBER, &drop, 0, 90,
			.help = "test loss: percentage of video packets not sent"},
	};
	int rc = pf_options_help_wanted(argc, argv) ? 0 : pf_prepare_host(&params);
	if (rc != 0)
		return rc;
	enum pf_options_verdict verdict = pf_options_parse(options, sizeof(options) / sizeof(options[0]),
		argc, argv, "Native test host: no console, no other protocol.");
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	if (params.pairing_pin && !is_pin(params.pairing_pin)) {
		fprintf(stderr, "punktfunk-host: --pairing-pin: '%s' is not four digits\n",
			params.pairing_pin);
		return 2;
	}
	bool synthetic = strcmp(sources[source], "synthetic") == 0;
	params.display = synthetic ? "synthetic" : NULL;
	params.encoder = synthetic ? "dummy" : NULL;
	params.sound.source = audio_sources[audio_source];
	params.max_frames = synthetic ? (uint32_t)frames : 0;
	params.max_seconds = synthetic ? 0 : (unsigned)seconds;
	params.max_sessions = (unsigned)concurrent;
	params.total_sessions = (unsigned)total;
	params.idle_timeout_ms = (unsigned)idle_ms;
	params.drop_percent = (unsigned)drop;
	if (!pf_parse_bind(bind_ip, port, &params.bind))
		return 2;
	return pf_run_host(&params, NULL);
}
