/*
 * The keeper process (display/keeper.h). Single-threaded. It signals direct children only: nobody but
 * their parent can free their numbers, so no signal ever meets a stranger. What hangs below them becomes a
 * direct child as its parents die, because the keeper is the subreaper of all.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "display/keeper.h"
#include "os/clock.h"
#include "os/file.h"

struct keeper {
	pid_t program; /* 0 once it was reaped */
	int signal_fd;
	int output_fd; /* the program's stdout and stderr; -1 after its end */
	char tail[PF_KEEPER_TAIL_BYTES];
	size_t tail_len; /* < sizeof(tail) */
};

static void report(struct keeper *k, enum pf_keeper_event event, int value)
{
	struct pf_keeper_report r = {.event = event, .value = value};
	memcpy(r.tail, k->tail, k->tail_len);
	/* The host asks for what it reads; if it reads nothing, nothing is lost by dropping this. */
	send(PF_KEEPER_CONTROL_FD, &r, sizeof(r), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void append_tail(struct keeper *k, const char *data, size_t n)
{
	size_t cap = sizeof(k->tail) - 1;
	if (n > cap) {
		data += n - cap;
		n = cap;
	}
	size_t keep = k->tail_len < cap - n ? k->tail_len : cap - n;
	memmove(k->tail, k->tail + k->tail_len - keep, keep);
	memcpy(k->tail + keep, data, n);
	k->tail_len = keep + n;
}

static void read_output(struct keeper *k)
{
	char buf[4096];
	for (int i = 0; i < 16; i++) {
		ssize_t n = read(k->output_fd, buf, sizeof(buf));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close(k->output_fd);
			k->output_fd = -1;
			return;
		}
		append_tail(k, buf, (size_t)n);
	}
}

__attribute__((noreturn)) static void become_program(char **argv, int output, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool ready = null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
		     prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
	if (ready)
		execv(argv[0], argv);
	_exit(127);
}

static int start_program(struct keeper *k, char **argv)
{
	int output[2];
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* Programs expect to write to their stderr without EAGAIN. */
	fcntl(output[1], F_SETFL, 0);
	pid_t self = getpid();
	k->program = fork();
	if (k->program == 0)
		become_program(argv, output[1], self);
	int error = errno;
	close(output[1]);
	k->output_fd = output[0];
	return k->program < 0 ? -error : 0;
}

/* Reaps what has ended; true once no child is left. */
static bool reap(struct keeper *k)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid <= 0)
			return pid < 0 && errno == ECHILD;
		if (pid != k->program)
			continue;
		k->program = 0;
		if (k->output_fd >= 0)
			read_output(k);
		report(k, PF_KEEPER_ENDED, status);
	}
}

static bool is_child(const char *pid, pid_t self)
{
	char path[64], line[512];
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = 0;
	/* "pid (name) state ppid": the name may hold anything, so count from its last parenthesis. */
	const char *after = strrchr(line, ')');
	return after && strlen(after) > 4 && strtol(after + 4, NULL, 10) == self;
}

static void signal_children(int sig)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return;
	pid_t self = getpid();
	for (struct dirent *e; (e = readdir(proc));)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_child(e->d_name, self))
			kill((pid_t)strtol(e->d_name, NULL, 10), sig);
	closedir(proc);
}

/* Signals, then reaps until none is left (true) or the time is up. Orphans that arrive get the signal too. */
static bool end_children(struct keeper *k, int sig, int within_ms)
{
	int64_t deadline = pf_now_ns() + (int64_t)within_ms * 1000000;
	bool orphans = true;
	for (;;) {
		if (reap(k))
			return true;
		if (orphans)
			signal_children(sig);
		int64_t left_ns = deadline - pf_now_ns();
		if (left_ns <= 0)
			return false;
		/* A death wakes us and may have left orphans; SIGCHLDs merge, so killing looks always. */
		struct pollfd p = {.fd = k->signal_fd, .events = POLLIN};
		int wait_ms = left_ns > 50000000 ? 50 : (int)(left_ns / 1000000) + 1;
		struct signalfd_siginfo info;
		orphans = poll(&p, 1, wait_ms) > 0 && read(k->signal_fd, &info, sizeof(info)) > 0;
		orphans = orphans || sig == SIGKILL;
	}
}

/* Serves until the display is to end: the host is gone or wants it, a signal, or the program exited. */
static void serve(struct keeper *k)
{
	while (k->program) {
		struct pollfd p[] = {
			{.fd = PF_KEEPER_CONTROL_FD, .events = POLLIN},
			{.fd = k->signal_fd, .events = POLLIN},
			{.fd = k->output_fd, .events = POLLIN},
		};
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return;
		if (p[2].revents && k->output_fd >= 0)
			read_output(k);
		struct signalfd_siginfo info;
		if (p[1].revents && read(k->signal_fd, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGCHLD)
				return;
			reap(k);
		}
		char ask;
		if (p[0].revents) {
			if (recv(PF_KEEPER_CONTROL_FD, &ask, 1, 0) != 1)
				return;
			if (ask == PF_KEEPER_ASK_TAIL)
				report(k, PF_KEEPER_TAIL, 0);
		}
	}
}

static bool prepare(struct keeper *k)
{
	prctl(PR_SET_NAME, "display-keeper");
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return false;
	if (fcntl(PF_KEEPER_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 ||
		fcntl(PF_KEEPER_LOCK_FD, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	k->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return k->signal_fd >= 0;
}

int pf_cli_display_keeper(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "display-keeper: started by the host itself, not by hand\n");
		return 2;
	}
	unsetenv(PF_KEEPER_MARK);
	struct keeper k = {.signal_fd = -1, .output_fd = -1};
	if (!prepare(&k)) {
		report(&k, PF_KEEPER_REFUSED, errno);
		return 1;
	}
	int rc = start_program(&k, argv + 2);
	if (rc < 0) {
		report(&k, PF_KEEPER_REFUSED, -rc);
	} else {
		report(&k, PF_KEEPER_STARTED, k.program);
		serve(&k);
		if (!end_children(&k, SIGTERM, PF_KEEPER_GRACE_MS) &&
			!end_children(&k, SIGKILL, PF_KEEPER_KILL_MS))
			pf_warn("display", "something in %s cannot be killed; it is left behind", argv[1]);
	}
	if (pf_dir_remove(argv[1]) < 0)
		pf_warn("display", "cannot remove %s: %s", argv[1], strerror(errno));
	return 0;
}
