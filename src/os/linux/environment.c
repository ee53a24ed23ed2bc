#include "os/child.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **find(struct pf_env *env, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < env->count; i++)
		if (!strncmp(env->entry[i], name, len) && env->entry[i][len] == '=')
			return &env->entry[i];
	return NULL;
}

static void set(struct pf_env *env, const char *name, const char *value)
{
	char **slot = find(env, name);
	if (!slot && env->count == PF_ENV_MAX) {
		env->failed = true;
		return;
	}
	char *entry;
	if (asprintf(&entry, "%s=%s", name, value) < 0) {
		env->failed = true;
		return;
	}
	if (slot) {
		free(*slot);
		*slot = entry;
	} else {
		env->entry[env->count++] = entry;
		env->entry[env->count] = NULL;
	}
}

void pf_env_set(struct pf_env *env, const char *name, const char *fmt, ...)
{
	char *value;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0) {
		env->failed = true;
		return;
	}
	set(env, name, value);
	free(value);
}

bool pf_env_inherit(struct pf_env *env, const char *name)
{
	const char *value = getenv(name);
	if (!value || !value[0])
		return false;
	set(env, name, value);
	return true;
}

const char *pf_env_get(const struct pf_env *env, const char *name)
{
	char **slot = find((struct pf_env *)env, name);
	return slot ? *slot + strlen(name) + 1 : NULL;
}

static bool refuses_login(const char *shell)
{
	const char *base = strrchr(shell, '/');
	base = base ? base + 1 : shell;
	return !shell[0] || !strcmp(base, "nologin") || !strcmp(base, "false");
}

void pf_env_add_user(struct pf_env *env)
{
	static const char *const copied[] = {
		"TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_MESSAGES"};
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		pf_env_inherit(env, copied[i]);
	if (!pf_env_inherit(env, "PATH"))
		set(env, "PATH", PF_PATH_DEFAULT);

	struct passwd entry, *pw = NULL;
	char buf[4096];
	getpwuid_r(geteuid(), &entry, buf, sizeof(buf), &pw);
	if (!pf_env_inherit(env, "HOME"))
		set(env, "HOME", pw ? pw->pw_dir : "/");
	/* The account is what the process runs as, whatever a wrapper such as sudo left in USER. */
	if (pw) {
		set(env, "USER", pw->pw_name);
		set(env, "LOGNAME", pw->pw_name);
	}
	const char *shell = getenv("SHELL");
	if (!shell || refuses_login(shell))
		shell = pw && !refuses_login(pw->pw_shell) ? pw->pw_shell : "/bin/sh";
	set(env, "SHELL", shell);
}

void pf_env_finish(struct pf_env *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->entry[i]);
	*env = (struct pf_env){0};
}
