#include "display/private_sound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/file.h"

static char directory[] = "/tmp/pf-test-sound-XXXXXX";

static void assert_in_file(const char *name, const char *text)
{
	char path[128], *content;
	size_t len;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(pf_file_read(path, 65536, &content, &len), PF_OK);
	if (!strstr(content, text))
		fail_msg("%s lacks \"%s\":\n%s", name, text, content);
	free(content);
}

static void the_graph_has_the_shape(void **state)
{
	static const struct {
		struct pf_audio_shape shape;
		const char *position, *rate;
	} cases[] = {
		{{0, 0}, "audio.position = [ FL FR ]", "default.clock.rate = 48000\n"},
		{{2, 44100}, "audio.position = [ FL FR ]", "default.clock.rate = 44100\n"},
		{{6, 96000}, "audio.position = [ FL FR FC LFE RL RR ]", "default.clock.rate = 96000\n"},
		{{8, 176400}, "audio.position = [ FL FR FC LFE RL RR SL SR ]",
			"default.clock.rate = 176400\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pf_private_sound_write_files(directory, &cases[i].shape, NULL), PF_OK);
		assert_in_file("audio/pipewire.conf", cases[i].position);
		assert_in_file("audio/pipewire.conf", cases[i].rate);
	}
	struct pf_reason reason = {0};
	assert_int_equal(
		pf_private_sound_write_files(directory, &(struct pf_audio_shape){.channels = 4}, &reason),
		PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "not 4"));
	assert_int_equal(
		pf_private_sound_write_files("/dev/null/x", &(struct pf_audio_shape){0}, &reason), PF_ERR_IO);
}

static void the_place_names_what_the_files_make(void **state)
{
	struct pf_audio_place place;
	pf_private_sound_place(directory, &place);
	assert_int_equal(pf_private_sound_write_files(directory, &(struct pf_audio_shape){0}, NULL), PF_OK);
	assert_true(place.own);
	char line[128];
	snprintf(line, sizeof(line), "node.name = %s\n", place.sink);
	assert_in_file("audio/pipewire.conf", line);
	snprintf(line, sizeof(line), "audio.source=%s\n", place.source);
	assert_in_file("audio/state/wireplumber/default-nodes", line);
	snprintf(line, sizeof(line), "%s/pipewire-0", directory);
	assert_string_equal(place.remote, line);
}

static void what_is_missing_is_named(void **state)
{
	const char *usual = getenv("PATH");
	assert_non_null(usual);
	char *path = strdup(usual), bin[128], program[192];
	struct pf_reason reason = {0};
	snprintf(bin, sizeof(bin), "%s/bin", directory);
	setenv("PATH", bin, 1);
	assert_int_equal(pf_dir_ensure(bin), PF_OK);
	static const struct {
		const char *name, *said;
		bool possible;
	} steps[] = {{NULL, "pipewire is not", false}, {"pipewire", "wireplumber is not", false},
		{"wireplumber", "pipewire-pulse is not", true}, {"pipewire-pulse", "", true}};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].name) {
			snprintf(program, sizeof(program), "%s/%s", bin, steps[i].name);
			assert_int_equal(pf_file_write_atomic(program, "", 0, 0700), PF_OK);
		}
		reason.text[0] = 0;
		assert_int_equal(pf_private_sound_possible(&reason), steps[i].possible);
		assert_non_null(strstr(reason.text, steps[i].said));
		assert_int_equal(!reason.text[0], !steps[i].said[0]);
	}
	setenv("PATH", path, 1);
	free(path);
}

static int make_directory(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	return pf_dir_remove(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_graph_has_the_shape),
		cmocka_unit_test(the_place_names_what_the_files_make),
		cmocka_unit_test(what_is_missing_is_named),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
