#include "os/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "os/clock.h"

static void poll_until(int fd, int64_t deadline_ns)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	for (;;) {
		int64_t left_ns = deadline_ns - pf_now_ns();
		int left_ms = left_ns > 0 ? (int)((left_ns + 999999) / 1000000) : 0;
		if (poll(&p, 1, left_ms) >= 0 || errno != EINTR)
			return;
	}
}

int pf_child_wait(struct pf_child *child, int timeout_ms, int *status)
{
	if (child->pid <= 0)
		return PF_OK;
	/* A pidfd turns "it ended" into something to poll for, without touching the process's SIGCHLD. */
	int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (fd >= 0) {
		poll_until(fd, pf_now_ns() + (int64_t)timeout_ms * 1000000);
		close(fd);
	}
	pid_t got = waitpid(child->pid, status, WNOHANG);
	if (got == 0)
		return PF_ERR_TIMEOUT;
	child->pid = 0;
	return PF_OK;
}

void pf_child_kill(const struct pf_child *child, int signal)
{
	if (child->pid > 0)
		kill(child->pid, signal);
}

static bool is_executable(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int pf_program_find(const char *name, char *out, size_t cap)
{
	if (strchr(name, '/')) {
		if (!is_executable(name))
			return PF_ERR_NOT_FOUND;
		return snprintf(out, cap, "%s", name) < (int)cap ? PF_OK : PF_ERR_LIMIT;
	}
	const char *path = getenv("PATH");
	if (!path || !path[0])
		path = PF_PATH_DEFAULT;
	int rc = PF_ERR_NOT_FOUND;
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, ":");
		int n = snprintf(out, cap, "%.*s/%s", (int)len, p, name);
		if (n < 0 || (size_t)n >= cap)
			rc = PF_ERR_LIMIT;
		else if (len > 0 && is_executable(out))
			return PF_OK;
		p += len;
		if (*p == ':')
			p++;
	}
	return rc;
}

/* Targets are 0..count-1, so a source among them could be overwritten before its turn: move those up. */
static int lift_fds(int *lifted, const struct pf_child_params *p)
{
	for (size_t i = 0; i < p->fd_count; i++) {
		int from = p->fds[i];
		lifted[i] = from < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC)
				     : fcntl(from, F_DUPFD_CLOEXEC, PF_FDS_MAX);
		if (from < 0 && lifted[i] >= 0 && lifted[i] < PF_FDS_MAX) {
			int high = fcntl(lifted[i], F_DUPFD_CLOEXEC, PF_FDS_MAX);
			close(lifted[i]);
			lifted[i] = high;
		}
		if (lifted[i] < 0)
			return PF_ERR_IO;
	}
	return PF_OK;
}

static int set_attributes(posix_spawnattr_t *attr, const struct pf_child_params *p)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (p->own_session)
		flags |= POSIX_SPAWN_SETSID;
	int rc = posix_spawnattr_setflags(attr, flags);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	return rc ? rc : posix_spawnattr_setsigdefault(attr, &all);
}

static int set_actions(
	posix_spawn_file_actions_t *actions, const struct pf_child_params *p, const int *lifted)
{
	int rc = 0;
	for (size_t i = 0; i < p->fd_count && rc == 0; i++)
		rc = posix_spawn_file_actions_adddup2(actions, lifted[i], (int)i);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(actions, (int)p->fd_count);
	if (rc == 0 && p->directory)
		rc = posix_spawn_file_actions_addchdir_np(actions, p->directory);
	return rc;
}

static int spawn(struct pf_child *out, const struct pf_child_params *p, const int *lifted)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	int rc = posix_spawnattr_init(&attr);
	if (rc)
		return rc;
	rc = posix_spawn_file_actions_init(&actions);
	if (rc) {
		posix_spawnattr_destroy(&attr);
		return rc;
	}
	rc = set_attributes(&attr, p);
	if (rc == 0)
		rc = set_actions(&actions, p, lifted);
	if (rc == 0)
		rc = posix_spawn(&out->pid, p->path, &actions, &attr, p->argv, (char **)p->env->entry);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return rc;
}

int pf_child_spawn(struct pf_child *out, const struct pf_child_params *p)
{
	if (p->env->failed)
		return PF_ERR_NOMEM;
	if (p->fd_count < 3 || p->fd_count > PF_FDS_MAX)
		return PF_ERR_INVALID;

	struct pf_child child = {0};
	int lifted[PF_FDS_MAX];
	for (size_t i = 0; i < PF_FDS_MAX; i++)
		lifted[i] = -1;
	int rc = lift_fds(lifted, p);
	int error = rc < 0 ? errno : spawn(&child, p, lifted);
	for (size_t i = 0; i < PF_FDS_MAX; i++)
		if (lifted[i] >= 0)
			close(lifted[i]);
	if (error) {
		errno = error;
		return error == ENOMEM ? PF_ERR_NOMEM : PF_ERR_IO;
	}
	*out = child;
	return PF_OK;
}
