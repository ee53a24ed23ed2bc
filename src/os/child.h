/*
 * Child processes with a built environment. A child inherits the descriptors it is given and no others,
 * default signal handling, and exactly the variables of a pf_env: nothing of ours reaches it unasked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PF_PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"
#define PF_ENV_MAX      48
#define PF_FDS_MAX      8

/* Variables for a child, in memory of its own. Zero-initialised is empty; the error is sticky. */
struct pf_env {
	char *entry[PF_ENV_MAX + 1]; /* "NAME=value", NULL after the last */
	size_t count;
	bool failed; /* out of memory or room */
};

/* Sets or replaces NAME. */
__attribute__((format(printf, 3, 4))) void pf_env_set(
	struct pf_env *env, const char *name, const char *fmt, ...);
/* Copies NAME from our own environment if it is set there and not empty; says whether it was. */
bool pf_env_inherit(struct pf_env *env, const char *name);
/* The value, or NULL. */
const char *pf_env_get(const struct pf_env *env, const char *name);
/* What every program a user starts may know: PATH, HOME, USER, LOGNAME, SHELL, TZ and the locale. A service
 * account's refusing shell (nologin, false) becomes /bin/sh, a missing PATH the system's usual one. */
void pf_env_add_user(struct pf_env *env);
void pf_env_finish(struct pf_env *env);

struct pf_child {
	pid_t pid; /* 0 when there is none */
};

struct pf_child_params {
	const char *path; /* of the program */
	char *const *argv;
	const struct pf_env *env;
	const char *directory; /* to start in; NULL = ours */
	/* fds[i] becomes descriptor i of the child; -1 = /dev/null. 0..2 must be given. */
	const int *fds;
	size_t fd_count;  /* 3..PF_FDS_MAX */
	bool own_session; /* setsid(): the terminal's signals do not reach it */
};

/* Never forks without exec, so it may be called with other threads running.
 * Errors: PF_ERR_IO (errno), PF_ERR_NOMEM. */
int pf_child_spawn(struct pf_child *out, const struct pf_child_params *params);
/* Reaps it within the time: PF_OK (status as of waitpid, may be NULL), PF_ERR_TIMEOUT. */
int pf_child_wait(struct pf_child *child, int timeout_ms, int *status);
/* Signals it; nothing once it was reaped. */
void pf_child_kill(const struct pf_child *child, int signal);

/* Looks for an executable file called name in PATH (a name with '/' is taken as it is).
 * Errors: PF_ERR_NOT_FOUND, PF_ERR_LIMIT (the path does not fit). */
int pf_program_find(const char *name, char *out, size_t cap);
