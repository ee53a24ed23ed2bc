#include "probe/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct pf_probe_options options;
static struct pf_reason reason;

static int parse(const char *const *args, int count)
{
	const char *argv[48] = {"punktfunk-probe"};
	for (int i = 0; i < count; i++)
		argv[i + 1] = args[i];
	reason.text[0] = '\0';
	return pf_probe_options_parse(&options, count + 1, (char **)argv, &reason);
}

#define PARSE(...) \
	parse((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void defaults_are_those_of_the_specification(void **state)
{
	assert_int_equal(parse(NULL, 0), PF_OK);
	assert_string_equal(options.host, "127.0.0.1");
	assert_int_equal(options.port, 9777);
	assert_int_equal(options.mode.width_px, 1280);
	assert_int_equal(options.mode.height_px, 720);
	assert_int_equal(options.mode.refresh_hz, 60);
	assert_int_equal(options.seconds, 120);
	assert_int_equal(options.bitrate_kbps, 0);
	assert_int_equal(options.codec, PF_CODEC_NONE);
	assert_false(options.quit || options.json || options.verify || options.anonymous || options.pinned);
	assert_true(options.name[0] != '\0');
}

static void everything_can_be_given(void **state)
{
	assert_int_equal(
		PARSE("--connect", "[fe80::1]:1234", "--mode", "1920x1080x144", "--out", "a.h264",
			"--bitrate", "50000", "--codec", "av1", "--seconds", "7", "--quit", "--name", "desk",
			"--json", "--verify", "--anonymous", "--snapshot", "a.png", "--decode",
			"--clock-resync", "--speed-test", "100000:250", "--remode", "640x480x30:2",
			"--remode", "800x600x60:4", "--rebitrate", "0:3", "--input-test", "--touch-test",
			"--rich-input-test", "--input-script", "-", "--feedback", "f", "--av-sync",
			"--mic-burst", "--mic-stereo", "--mic-drop", "5"),
		PF_OK);
	assert_string_equal(options.host, "fe80::1");
	assert_int_equal(options.port, 1234);
	assert_int_equal(options.mode.refresh_hz, 144);
	assert_string_equal(options.out, "a.h264");
	assert_int_equal(options.bitrate_kbps, 50000);
	assert_int_equal(options.codec, PF_CODEC_AV1);
	assert_int_equal(options.seconds, 7);
	assert_string_equal(options.name, "desk");
	assert_true(options.quit && options.json && options.verify && options.anonymous && options.decode &&
		    options.clock_resync);
	assert_true(options.input_test && options.touch_test && options.rich_input_test);
	assert_true(options.av_sync && options.mic_burst && options.mic_stereo && !options.mic_test);
	assert_int_equal(options.mic_drop_percent, 5);
	assert_true(pf_probe_script_is_live(&options));
	assert_string_equal(options.feedback, "f");
	assert_string_equal(options.snapshot, "a.png");
	assert_int_equal(options.speed_kbps, 100000);
	assert_int_equal(options.speed_ms, 250);
	assert_int_equal(options.remodes, 2);
	assert_int_equal(options.remode[1].mode.width_px, 800);
	assert_int_equal(options.remode[1].at_s, 4);
	assert_int_equal(options.rebitrates, 1);
	assert_int_equal(options.rebitrate[0].at_s, 3);
}

static void hosts_come_in_four_forms(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} good[] = {{"box", "box", 9777}, {"10.0.0.1:1", "10.0.0.1", 1}, {"[::1]", "::1", 9777},
		{"[::1]:65535", "::1", 65535}};
	static const char *const bad[] = {
		"", ":1", "box:", "box:0", "box:65536", "box:1x", "[::1", "[::1]x", "[]:1", "[::1]:"};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(PARSE("--connect", good[i].text), PF_OK);
		assert_string_equal(options.host, good[i].host);
		assert_int_equal(options.port, good[i].port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(PARSE("--connect", bad[i]), PF_ERR_INVALID);
}

static void what_is_malformed_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"--mode", "1280x720"},
		{"--mode", "1280x720x60x"},
		{"--mode", "0x720x60"},
		{"--mode", " 1x1x1"},
		{"--mode", "-1x720x60"},
		{"--mode", "99999999999x720x60"},
		{"--bitrate", "fast"},
		{"--bitrate", "4294967296"},
		{"--codec", "vp9"},
		{"--codec", "none"},
		{"--seconds", "0"},
		{"--seconds", "1.5"},
		{"--name", ""},
		{"--remode", "640x480x30"},
		{"--remode", "640x480x30:"},
		{"--rebitrate", "5000"},
		{"--speed-test", "1000:0"},
		{"--speed-test", "1000:5001"},
		{"--speed-test", "10000001:10"},
		{"--out", ""},
		{"--snapshot", ""},
		{"--input-script", ""},
		{"--feedback", ""},
		{"--mic-drop", "0"},
		{"--mic-drop", "101"},
		{"--audio-channels", "4"},
		{"--audio-channels", "10"},
		{"--audio-layout", "coupled"},
		{"--audio-format", "flac"},
		{"--audio-format", "48000"},
		{"--audio-format", "48000/20"},
		{"--audio-format", "192000/24"},
		{"--audio-format", "48000/16x"},
		{"--audio-out", ""},
		{"--pair", "1234"},
		{"--pair", ""},
		{"--pin", "00"},
		{"--pin", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg"},
		{"--pin", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(PARSE(bad[i][0], bad[i][1]), PF_ERR_INVALID);
		assert_non_null(strstr(reason.text, bad[i][0]));
		assert_int_equal(PARSE(bad[i][0]), PF_ERR_INVALID); /* and nothing at all */
		assert_non_null(strstr(reason.text, bad[i][0]));
	}
	assert_int_equal(PARSE("--frobnicate"), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "--frobnicate"));
	assert_int_equal(PARSE("verify"), PF_ERR_INVALID);
}

static void a_pin_is_taken_in_either_case(void **state)
{
	assert_int_equal(
		PARSE("--pin", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"), PF_OK);
	assert_true(options.pinned);
	assert_int_equal(options.pin.bytes[31], 0xff);
	assert_int_equal(options.pin.bytes[1], 0x11);
}

static void sound_can_be_asked_for(void **state)
{
	static const struct {
		const char *format;
		unsigned rate_hz, bits;
	} formats[] = {{"opus", 0, 0}, {"lossless48", 48000, 16}, {"lossless96", 96000, 24},
		{"44100/16", 44100, 16}, {"176400/24", 176400, 24}};
	assert_int_equal(parse(NULL, 0), PF_OK);
	assert_int_equal(options.audio_channels, 2);
	assert_int_equal(options.audio_rate_hz, 0);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		assert_int_equal(PARSE("--audio-format", formats[i].format), PF_OK);
		assert_int_equal(options.audio_rate_hz, formats[i].rate_hz);
		assert_int_equal(options.audio_bits, formats[i].bits);
	}
	assert_int_equal(PARSE("--audio-channels", "8", "--audio-layout", "uncoupled", "--audio-out", "a.f32",
				 "--no-audio-red", "--keep-host-audio"),
		PF_OK);
	assert_int_equal(options.audio_channels, 8);
	assert_int_equal(options.audio_layout, PF_AUDIO_UNCOUPLED);
	assert_string_equal(options.audio_out, "a.f32");
	assert_true(options.no_audio_red && options.keep_host_audio);
	assert_int_equal(PARSE("--audio-layout", "standard"), PF_OK);
	assert_int_equal(options.audio_layout, PF_AUDIO_STANDARD);
}

static void steps_are_bounded(void **state)
{
	const char *args[2 * (PF_PROBE_STEPS_MAX + 1)];
	for (int i = 0; i <= PF_PROBE_STEPS_MAX; i++) {
		args[2 * i] = "--rebitrate";
		args[2 * i + 1] = "5000:1";
	}
	assert_int_equal(parse(args, 2 * PF_PROBE_STEPS_MAX), PF_OK);
	assert_int_equal(options.rebitrates, PF_PROBE_STEPS_MAX);
	assert_int_equal(parse(args, 2 * (PF_PROBE_STEPS_MAX + 1)), PF_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_specification),
		cmocka_unit_test(everything_can_be_given),
		cmocka_unit_test(hosts_come_in_four_forms),
		cmocka_unit_test(what_is_malformed_is_named),
		cmocka_unit_test(a_pin_is_taken_in_either_case),
		cmocka_unit_test(sound_can_be_asked_for),
		cmocka_unit_test(steps_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
