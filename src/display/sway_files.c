#include "display/sway_files.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display/private_sound.h"
#include "os/file.h"

/* In order of preference; the last speak X11 only and need Xwayland. */
static const char *const terminals[] = {"foot", "alacritty", "kitty", "weston-terminal", "xterm"};

/* The program a simple command starts, "" when only a shell can tell (assignments, quotes, expansions). */
static void first_word(const char *command, char *out, size_t cap)
{
	command += strspn(command, " \t");
	size_t n = strcspn(command, " \t;&|<>()");
	out[0] = 0;
	if (n == 0 || n >= cap || strcspn(command, "=\"'\\$`*?[~#{!") < n)
		return;
	memcpy(out, command, n);
	out[n] = 0;
}

/* Words that the shell itself knows. */
static bool is_shell_word(const char *word)
{
	static const char *const words[] = {"exec", "cd", "export", "unset", "set", "ulimit", "umask", "if",
		"for", "while", "until", "case", "trap", "wait", "eval", "command", "read", ".", ":"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int check_command(const char *command, struct pf_reason *reason)
{
	char word[PATH_MAX], path[PATH_MAX];
	if (strpbrk(command, "\r\n"))
		return pf_reason(reason, PF_ERR_INVALID, "the session command must be one line");
	first_word(command, word, sizeof(word));
	if (!word[0] || is_shell_word(word) || pf_program_find(word, path, sizeof(path)) == PF_OK)
		return PF_OK;
	return pf_reason(reason, PF_ERR_NOT_FOUND,
		"the session program %.80s is not installed: install it or set PUNKTFUNK_PRIVATE_SESSION to "
		"another command",
		word);
}

int pf_sway_session_command(const char **out, const char *given, struct pf_reason *reason)
{
	if (!given || !given[0])
		given = getenv("PUNKTFUNK_PRIVATE_SESSION");
	if (given && given[0]) {
		int rc = check_command(given, reason);
		if (rc == PF_OK)
			*out = given;
		return rc;
	}
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++) {
		if (pf_program_find(terminals[i], path, sizeof(path)) == PF_OK) {
			*out = terminals[i];
			return PF_OK;
		}
	}
	return pf_reason(reason, PF_ERR_NOT_FOUND,
		"no terminal is installed for the private display: apt install foot, or set "
		"PUNKTFUNK_PRIVATE_SESSION to the program it shall show");
}

static int write_file(const char *directory, const char *name, const char *text, struct pf_reason *reason)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	int rc = pf_file_write_atomic(path, text, strlen(text), 0600);
	return rc < 0 ? pf_reason(reason, rc, "cannot write %s: %s", path, strerror(errno)) : rc;
}

/* Programs that find no server at their start stay silent. 2 s are the most that they are held up. */
static const char wait_for_sound[] =
	"i=0\n"
	"while [ $i -lt 40 ] && ! { [ -S \"$XDG_RUNTIME_DIR/pipewire-0\" ] && { ! command -v pipewire-pulse "
	">/dev/null || "
	"[ -S \"$XDG_RUNTIME_DIR/pulse/native\" ]; }; }; do sleep 0.05; i=$((i + 1)); done\n";

int pf_sway_write_files(const char *directory, struct pf_mode mode, const char *session_command, bool ends,
	bool sound, struct pf_reason *reason)
{
	char path[PATH_MAX], *config, *session;
	const char *xwayland =
		pf_program_find("Xwayland", path, sizeof(path)) == PF_OK ? "enable" : "disable";
	/* Without a background program sway paints plain grey. "enable" starts Xwayland when the first X
	 * client comes. The command is in a file of its own, because sway would split it at ; and ,
	 * itself. */
	int n = asprintf(&config,
		"xwayland %s\n"
		"swaybg_command -\n"
		"default_border none\n"
		"default_floating_border none\n"
		"output HEADLESS-1 mode --custom %ux%u@%uHz position 0 0 scale 1\n"
		"%s"
		"exec sh \"$XDG_RUNTIME_DIR/session\"\n",
		xwayland, mode.width_px, mode.height_px, mode.refresh_hz,
		sound ? "exec sh \"$XDG_RUNTIME_DIR/" PF_SOUND_SCRIPT "\"\n" : "");
	if (n < 0)
		return PF_ERR_NOMEM;
	int rc = write_file(directory, "config", config, reason);
	free(config);
	if (rc < 0)
		return rc;

	/* A desktop outlives its program: what the user starts next finds it as it was. So does a program that ends well
	 * at once: it has handed over to another one, as launchers do. */
	n = asprintf(&session,
		"cd\n%sstart=$(date +%%s)\n%s\nstatus=$?\necho \"the session program ended with $status\" "
		">&2\n%s",
		sound ? wait_for_sound : "", session_command,
		ends ? "[ $status -eq 0 ] && [ $(($(date +%s) - start)) -lt 5 ] || swaymsg exit 2>/dev/null\n"
		     : "");
	if (n < 0)
		return PF_ERR_NOMEM;
	rc = write_file(directory, "session", session, reason);
	free(session);
	return rc;
}

int pf_sway_build_environment(struct pf_env *env, const char *directory)
{
	*env = (struct pf_env){0};
	pf_env_add_user(env);
	pf_env_set(env, "XDG_RUNTIME_DIR", "%s", directory);
	pf_env_set(env, "SWAYSOCK", "%s/" PF_SWAY_SOCKET, directory);
	pf_env_set(env, "XDG_SESSION_TYPE", "wayland");
	pf_env_set(env, "XDG_CURRENT_DESKTOP", "sway");
	pf_env_set(env, "WLR_BACKENDS", "headless");
	pf_env_set(env, "WLR_HEADLESS_OUTPUTS", "1");
	pf_env_set(env, "WLR_LIBINPUT_NO_DEVICES", "1");
	if (!pf_env_inherit(env, "WLR_RENDERER"))
		pf_env_set(env, "WLR_RENDERER", "pixman");
	pf_env_inherit(env, "WLR_RENDER_DRM_DEVICE");

	pf_env_inherit(env, "DBUS_SESSION_BUS_ADDRESS");
	/* PipeWire's clients look into XDG_RUNTIME_DIR; those of PulseAudio elsewhere too, or start a server. */
	pf_env_set(env, "PULSE_SERVER", "unix:%s/pulse/native", directory);
	return env->failed ? PF_ERR_NOMEM : PF_OK;
}
