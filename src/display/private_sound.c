#include "display/private_sound.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display/runtime_dir.h"
#include "os/child.h"
#include "os/file.h"

#define SINK   "punktfunk-speaker"
#define SOURCE "punktfunk-mic"

/* The longest of its sockets: newer PipeWire has a second one beside the first. */
_Static_assert(PF_RUNTIME_DIR_PATH_MAX + sizeof("/pipewire-0-manager") - 1 <=
		       sizeof(((struct pf_audio_place *)0)->remote),
	"the graph's sockets fit an address");

/* Only what makes a graph: no devices, no bus; real-time where the machine allows it. Cycles need not be powers of two: 5 ms
 * are one packet. The driver is for streams that no sink drives. A sink that is never suspended is there at once. */
static const char pipewire_conf[] =
	"context.properties = {\n"
	"	core.daemon = true\n"
	"	core.name = pipewire-0\n"
	"	support.dbus = false\n"
	"	mem.warn-mlock = false\n"
	"	default.clock.rate = %u\n"
	"	default.clock.allowed-rates = [ 44100 48000 88200 96000 176400 ]\n"
	"	default.clock.quantum = 240\n"
	"	default.clock.min-quantum = 64\n"
	"	default.clock.max-quantum = 1024\n"
	"	clock.power-of-two-quantum = false\n"
	"}\n"
	"context.spa-libs = {\n"
	"	audio.convert.* = audioconvert/libspa-audioconvert\n"
	"	support.* = support/libspa-support\n"
	"}\n"
	"context.modules = [\n"
	"	{ name = libpipewire-module-rt args = { nice.level = -11 } flags = [ ifexists "
	"nofail ] }\n"
	"	{ name = libpipewire-module-protocol-native }\n"
	"	{ name = libpipewire-module-metadata }\n"
	"	{ name = libpipewire-module-spa-node-factory }\n"
	"	{ name = libpipewire-module-client-node }\n"
	"	{ name = libpipewire-module-client-device }\n"
	"	{ name = libpipewire-module-access }\n"
	"	{ name = libpipewire-module-adapter }\n"
	"	{ name = libpipewire-module-link-factory }\n"
	"	{ name = libpipewire-module-session-manager }\n"
	"]\n"
	"context.objects = [\n"
	"	{ factory = spa-node-factory\n"
	"		args = {\n"
	"			factory.name = support.node.driver\n"
	"			node.name = Dummy-Driver\n"
	"			node.group = pipewire.dummy\n"
	"			priority.driver = 20000\n"
	"		}\n"
	"	}\n"
	"	{ factory = adapter\n"
	"		args = {\n"
	"			factory.name = support.null-audio-sink\n"
	"			node.name = " SINK "\n"
	"			node.description = \"Punktfunk Stream Speaker\"\n"
	"			media.class = Audio/Sink\n"
	"			audio.position = [ %s ]\n"
	"			monitor.channel-volumes = true\n"
	"			priority.session = 2000\n"
	"			session.suspend-timeout-seconds = 0\n"
	"		}\n"
	"	}\n"
	"]\n";

static const char pulse_conf[] = "context.properties = { support.dbus = false }\n"
				 "context.spa-libs = {\n"
				 "	audio.convert.* = audioconvert/libspa-audioconvert\n"
				 "	support.* = support/libspa-support\n"
				 "}\n"
				 "context.modules = [\n"
				 "	{ name = libpipewire-module-protocol-native }\n"
				 "	{ name = libpipewire-module-client-node }\n"
				 "	{ name = libpipewire-module-adapter }\n"
				 "	{ name = libpipewire-module-metadata }\n"
				 "	{ name = libpipewire-module-protocol-pulse }\n"
				 "]\n"
				 "pulse.properties = {\n"
				 "	server.address = [ \"unix:native\" ]\n"
				 "	server.dbus-name = \"\"\n"
				 "	pulse.min.req = 64/48000\n"
				 "	pulse.min.quantum = 64/48000\n"
				 "}\n";

/* WirePlumber 0.4 reads Lua, 0.5 the other: both without hardware, and without a bus or a seat, which 0.4 will not do
 * without otherwise. */
static const char wireplumber_lua[] = "alsa_monitor.enabled = false\n"
				      "v4l2_monitor.enabled = false\n"
				      "libcamera_monitor.enabled = false\n"
				      "default_access.properties['enable-flatpak-portal'] = false\n";
static const char wireplumber_bluetooth_lua[] =
	"bluez_monitor.enabled = false\n"
	"if bluez_midi_monitor then bluez_midi_monitor.enabled = false end\n";
static const char wireplumber_conf[] = "wireplumber.profiles = {\n"
				       "	main = {\n"
				       "		hardware.audio = disabled\n"
				       "		hardware.bluetooth = disabled\n"
				       "		hardware.video-capture = disabled\n"
				       "		support.dbus = disabled\n"
				       "		support.logind = disabled\n"
				       "		support.reserve-device = disabled\n"
				       "		support.portal-permissionstore = disabled\n"
				       "	}\n"
				       "}\n";
/* What it believes to have been told in an earlier life. */
static const char wireplumber_defaults[] = "[default-nodes]\n"
					   "default.configured.audio.sink=" SINK "\n"
					   "default.configured.audio.source=" SOURCE "\n";

/* Without a bus: one that they would claim names on is the user's; PipeWire itself asks the system's for real time. What they
 * say is in audio/NAME.log. The other two die with PipeWire, and are of no use before it. What ends within 10 s for the
 * tenth time in a row is left alone. All of it goes with the compositor, also when that is killed and nobody is left to
 * clean up. */
static const char sound_script[] =
	"a=$XDG_RUNTIME_DIR/audio\n"
	"export XDG_CONFIG_HOME=$a/config XDG_STATE_HOME=$a/state XDG_CACHE_HOME=$a/cache "
	"XDG_DATA_HOME=$a/data\n"
	"export DBUS_SESSION_BUS_ADDRESS=unix:path=$a/no-bus\n"
	"export PIPEWIRE_DEBUG=1 WIREPLUMBER_DEBUG=1\n"
	"wait_for_pipewire() {\n"
	"	while ! [ -S \"$XDG_RUNTIME_DIR/pipewire-0\" ]; do sleep 0.05; done\n"
	"}\n"
	"keep() {\n"
	"	early=0\n"
	"	while [ $early -lt 10 ]; do\n"
	"		[ \"$1\" = pipewire ] || wait_for_pipewire\n"
	"		start=$(date +%s)\n"
	"		\"$@\" >\"$a/$1.log\" 2>&1\n"
	"		echo \"$1 ended with $?\" >&2\n"
	"		[ \"$1\" != pipewire ] || rm -f \"$XDG_RUNTIME_DIR\"/pipewire-0*\n"
	"		if [ $(($(date +%s) - start)) -lt 10 ]; then early=$((early + 1)); else early=0; fi\n"
	"		sleep 0.25\n"
	"	done\n"
	"}\n"
	"keep pipewire -c \"$a/pipewire.conf\" &\n"
	"export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$a/no-bus\n"
	"keep wireplumber &\n"
	"if command -v pipewire-pulse >/dev/null; then keep pipewire-pulse -c \"$a/pulse.conf\" & fi\n"
	"[ -S \"$SWAYSOCK\" ] || wait\n"
	"swaymsg -t subscribe '[\"shutdown\"]' >/dev/null 2>&1\n"
	"kill 0\n";

bool pf_private_sound_possible(struct pf_reason *reason)
{
	char path[PATH_MAX];
	static const char *const programs[] = {"pipewire", "wireplumber"};
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (pf_program_find(programs[i], path, sizeof(path)) == PF_OK)
			continue;
		pf_reason(reason, PF_ERR_NOT_FOUND,
			"private displays are silent, because %s is not installed: apt install pipewire "
			"wireplumber "
			"pipewire-pulse",
			programs[i]);
		return false;
	}
	if (pf_program_find("pipewire-pulse", path, sizeof(path)) < 0)
		pf_reason(reason, PF_ERR_NOT_FOUND,
			"programs that speak PulseAudio are silent on private displays, because "
			"pipewire-pulse is not "
			"installed: apt install pipewire-pulse");
	return true;
}

static const char *positions(unsigned channels)
{
	switch (channels) {
	case 2:
		return "FL FR";
	case 6:
		return "FL FR FC LFE RL RR";
	case 8:
		return "FL FR FC LFE RL RR SL SR";
	default:
		return NULL;
	}
}

/* name may have folders in it. */
static int write_file(const char *directory, const char *name, const char *text, struct pf_reason *reason)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	char *slash = strrchr(path, '/');
	*slash = 0;
	int rc = pf_dir_ensure(path);
	*slash = '/';
	if (rc == PF_OK)
		rc = pf_file_write_atomic(path, text, strlen(text), 0600);
	return rc < 0 ? pf_reason(reason, rc, "cannot write %s: %s", path, strerror(errno)) : rc;
}

static int write_pipewire_conf(
	const char *directory, const char *position, unsigned rate_hz, struct pf_reason *reason)
{
	char *text;
	if (asprintf(&text, pipewire_conf, rate_hz, position) < 0)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the display's sound");
	int rc = write_file(directory, "audio/pipewire.conf", text, reason);
	free(text);
	return rc;
}

int pf_private_sound_write_files(
	const char *directory, const struct pf_audio_shape *shape, struct pf_reason *reason)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"audio/pulse.conf", pulse_conf},
		{"audio/config/wireplumber/main.lua.d/51-private.lua", wireplumber_lua},
		{"audio/config/wireplumber/bluetooth.lua.d/51-private.lua", wireplumber_bluetooth_lua},
		{"audio/config/wireplumber/wireplumber.conf.d/50-private.conf", wireplumber_conf},
		{"audio/state/wireplumber/default-nodes", wireplumber_defaults},
		{PF_SOUND_SCRIPT, sound_script},
	};
	const char *position = positions(shape->channels ? shape->channels : 2);
	if (!position)
		return pf_reason(
			reason, PF_ERR_INVALID, "sound has 2, 6 or 8 channels, not %u", shape->channels);
	int rc = write_pipewire_conf(directory, position, shape->rate_hz ? shape->rate_hz : 48000, reason);
	for (size_t i = 0; rc == PF_OK && i < sizeof(files) / sizeof(files[0]); i++)
		rc = write_file(directory, files[i].name, files[i].text, reason);
	return rc;
}

void pf_private_sound_place(const char *directory, struct pf_audio_place *out)
{
	*out = (struct pf_audio_place){.own = true, .sink = SINK, .source = SOURCE};
	snprintf(out->remote, sizeof(out->remote), "%s/pipewire-0", directory);
}
