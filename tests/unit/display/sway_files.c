#include "display/sway_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/file.h"

static void the_environment_is_built_not_inherited(void **state)
{
	setenv("PUNKTFUNK_UI_PASSWORD", "hunter2", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "hunter3", 1);
	setenv("LD_PRELOAD", "", 1);
	setenv("WAYLAND_DISPLAY", "wayland-of-the-user", 1);
	setenv("DISPLAY", ":7", 1);
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("SHELL", "/usr/sbin/nologin", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/7/bus", 1);
	setenv("PULSE_SERVER", "unix:/run/user/7/pulse/native", 1);
	setenv("PIPEWIRE_RUNTIME_DIR", "/run/user/7", 1);
	unsetenv("WLR_RENDERER");
	struct pf_env env;
	assert_int_equal(pf_sway_build_environment(&env, "/run/user/7/punktfunk/display-1"), PF_OK);
	for (size_t i = 0; i < env.count; i++)
		assert_null(strstr(env.entry[i], "hunter"));
	assert_null(pf_env_get(&env, "WAYLAND_DISPLAY"));
	assert_null(pf_env_get(&env, "DISPLAY"));
	assert_null(pf_env_get(&env, "LD_PRELOAD"));
	assert_string_equal(pf_env_get(&env, "LANG"), "de_DE.UTF-8");
	assert_non_null(pf_env_get(&env, "PATH"));
	assert_non_null(pf_env_get(&env, "HOME"));
	assert_null(strstr(pf_env_get(&env, "SHELL"), "nologin"));
	assert_string_equal(pf_env_get(&env, "XDG_RUNTIME_DIR"), "/run/user/7/punktfunk/display-1");
	assert_string_equal(pf_env_get(&env, "WLR_BACKENDS"), "headless");
	assert_string_equal(pf_env_get(&env, "WLR_RENDERER"), "pixman");
	assert_null(pf_env_get(&env, "PIPEWIRE_RUNTIME_DIR"));
	assert_string_equal(
		pf_env_get(&env, "PULSE_SERVER"), "unix:/run/user/7/punktfunk/display-1/pulse/native");
	assert_string_equal(pf_env_get(&env, "DBUS_SESSION_BUS_ADDRESS"), "unix:path=/run/user/7/bus");
	pf_env_finish(&env);
	assert_int_equal(env.count, 0);
}

static void session_commands_are_checked(void **state)
{
	static const char *const fine[] = {"sh -c 'true'", "exec sh", "FOO=1 no-such-program", "  sh",
		"sh;true", "/bin/sh -c true", "\"/opt/my game/run\"", "cd / && sh", "$HOME/game", ":"};
	const char *command;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct pf_reason reason = {0};
		if (pf_sway_session_command(&command, fine[i], &reason) != PF_OK)
			fail_msg("%s: %s", fine[i], reason.text);
		assert_ptr_equal(command, fine[i]);
	}
	struct pf_reason reason = {0};
	assert_int_equal(pf_sway_session_command(&command, "no-such-program -x", &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "no-such-program"));
	assert_non_null(strstr(reason.text, "PUNKTFUNK_PRIVATE_SESSION"));
	assert_int_equal(pf_sway_session_command(&command, "/no/such", &reason), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_sway_session_command(&command, "sh\nreboot", &reason), PF_ERR_INVALID);

	setenv("PUNKTFUNK_PRIVATE_SESSION", "sh -l", 1);
	assert_int_equal(pf_sway_session_command(&command, NULL, &reason), PF_OK);
	assert_string_equal(command, "sh -l");
	unsetenv("PUNKTFUNK_PRIVATE_SESSION");
	char *path = strdup(getenv("PATH"));
	setenv("PATH", "/nonexistent:", 1);
	assert_int_equal(pf_sway_session_command(&command, NULL, &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "apt install foot"));
	setenv("PATH", path, 1);
	free(path);
}

static void files_hold_the_mode_and_the_command_as_it_is(void **state)
{
	char directory[] = "/tmp/pf-test-sway-XXXXXX", path[64], *text;
	size_t len;
	assert_non_null(mkdtemp(directory));
	const char *command = "game --name='a; b, c' \"$HOME\" | tee log";
	assert_int_equal(
		pf_sway_write_files(directory, (struct pf_mode){1366, 768, 75}, command, false, false, NULL),
		PF_OK);
	snprintf(path, sizeof(path), "%s/config", directory);
	assert_int_equal(pf_file_read(path, 4096, &text, &len), PF_OK);
	assert_non_null(strstr(text, "mode --custom 1366x768@75Hz"));
	assert_null(strstr(text, "game"));
	free(text);
	snprintf(path, sizeof(path), "%s/session", directory);
	assert_int_equal(pf_file_read(path, 4096, &text, &len), PF_OK);
	assert_non_null(strstr(text, command));
	free(text);
	assert_int_equal(pf_dir_remove(directory), PF_OK);
	assert_int_equal(
		pf_sway_write_files(directory, (struct pf_mode){1366, 768, 75}, command, false, false, NULL),
		PF_ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_is_built_not_inherited),
		cmocka_unit_test(session_commands_are_checked),
		cmocka_unit_test(files_hold_the_mode_and_the_command_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
