#include "display/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"

void pf_keeper_describe_status(int status, char *out, size_t cap)
{
	if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		snprintf(out, cap, "was killed by SIG%s", name ? name : "?");
	} else {
		snprintf(out, cap, "exited with %d", WEXITSTATUS(status));
	}
}

void pf_keeper_last_lines(const char *tail, char *out, size_t cap)
{
	size_t end = strlen(tail), start;
	while (end > 0 && tail[end - 1] == '\n')
		end--;
	/* Whole lines from the end as long as they fit; of one that is too long, its end. */
	start = end < cap ? 0 : end - (cap - 1);
	if (start > 0 && tail[start - 1] != '\n') {
		const char *next = memchr(tail + start, '\n', end - start);
		if (next)
			start = (size_t)(next + 1 - tail);
	}
	for (size_t i = start; i < end; i++)
		out[i - start] = tail[i] == '\n' ? ' ' : tail[i];
	out[end - start] = 0;
}

static int spawn(struct pf_keeper *k, const struct pf_keeper_params *p, int control)
{
	char *argv[PF_KEEPER_ARGS_MAX + 4] = {
		(char *)"punktfunk-host", (char *)"display-keeper", (char *)p->directory};
	for (size_t i = 0; i < PF_KEEPER_ARGS_MAX && p->argv[i]; i++)
		argv[3 + i] = p->argv[i];
	const int fds[] = {-1, STDERR_FILENO, STDERR_FILENO, control, p->lock_fd};
	return pf_child_spawn(&k->process,
		&(struct pf_child_params){
			.path = "/proc/self/exe", /* this very program, even when its file was replaced */
			.argv = argv,
			.env = p->env,
			.directory = "/",
			.fds = fds,
			.fd_count = sizeof(fds) / sizeof(fds[0]),
			.own_session = true,
		});
}

int pf_keeper_start(struct pf_keeper *k, const struct pf_keeper_params *params, struct pf_reason *reason)
{
	*k = (struct pf_keeper){.control_fd = -1};
	if (getenv(PF_KEEPER_MARK))
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"this program does not offer the subcommand display-keeper, which private displays "
			"need");
	pf_env_set(params->env, PF_KEEPER_MARK, "1");
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot make a socket pair: %s", strerror(errno));
	int rc = spawn(k, params, pair[1]);
	int error = errno;
	close(pair[1]);
	if (rc < 0) {
		close(pair[0]);
		return pf_reason(reason, rc, "cannot start the display keeper: %s",
			rc == PF_ERR_IO ? strerror(error) : pf_strerror(rc));
	}
	k->control_fd = pair[0];
	pthread_mutex_init(&k->lock, NULL);
	return PF_OK;
}

/* A program that someone killed did not say why. */
static bool explains_itself(const struct pf_keeper_report *r)
{
	return r->event == PF_KEEPER_ENDED &&
	       !(WIFSIGNALED(r->value) && (WTERMSIG(r->value) == SIGKILL || WTERMSIG(r->value) == SIGTERM));
}

static void note_end(struct pf_keeper *k, const struct pf_keeper_report *r)
{
	char how[64], said[160] = "";
	if (explains_itself(r))
		pf_keeper_last_lines(r->tail, said, sizeof(said));
	if (r->event == PF_KEEPER_REFUSED)
		snprintf(how, sizeof(how), "could not be started: %s", strerror(r->value));
	else
		pf_keeper_describe_status(r->value, how, sizeof(how));
	k->ended = true;
	k->program_pid = 0;
	pf_reason(&k->ending, 0, "the private compositor %s%s%s", how, said[0] ? ": " : "", said);
}

/* Takes what is there without waiting; true while there may be more. */
static bool take_report(struct pf_keeper *k, struct pf_keeper_report *r)
{
	ssize_t n = recv(k->control_fd, r, sizeof(*r), MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR;
	if (n != sizeof(*r)) {
		if (!k->ended)
			pf_reason(&k->ending, 0, "the display keeper is gone");
		k->ended = true;
		return false;
	}
	r->tail[sizeof(r->tail) - 1] = 0;
	if (r->event == PF_KEEPER_STARTED)
		k->program_pid = r->value;
	else if (r->event != PF_KEEPER_TAIL)
		note_end(k, r);
	return true;
}

int pf_keeper_check(struct pf_keeper *k, int timeout_ms, struct pf_reason *reason)
{
	if (timeout_ms > 0) {
		struct pollfd p = {.fd = k->control_fd, .events = POLLIN};
		poll(&p, 1, timeout_ms);
	}
	struct pf_keeper_report r;
	pthread_mutex_lock(&k->lock);
	while (!k->ended && take_report(k, &r))
		continue;
	bool ended = k->ended;
	if (ended && reason)
		*reason = k->ending;
	pthread_mutex_unlock(&k->lock);
	return ended ? PF_ERR_CLOSED : PF_OK;
}

void pf_keeper_tail(struct pf_keeper *k, char out[PF_KEEPER_TAIL_BYTES])
{
	out[0] = 0;
	const char ask = PF_KEEPER_ASK_TAIL;
	struct pollfd p = {.fd = k->control_fd, .events = POLLIN};
	struct pf_keeper_report r = {.event = PF_KEEPER_STARTED};
	if (send(k->control_fd, &ask, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return;
	pthread_mutex_lock(&k->lock);
	for (int64_t deadline = pf_now_ns() + 200000000; r.event != PF_KEEPER_TAIL && !k->ended;) {
		if (pf_now_ns() > deadline || poll(&p, 1, 200) <= 0 || !take_report(k, &r))
			break;
	}
	if (r.event == PF_KEEPER_TAIL || r.event == PF_KEEPER_ENDED)
		memcpy(out, r.tail, sizeof(r.tail));
	pthread_mutex_unlock(&k->lock);
}

bool pf_keeper_stop(struct pf_keeper *k)
{
	if (k->process.pid <= 0)
		return true;
	close(k->control_fd);
	bool clean = pf_child_wait(&k->process, PF_KEEPER_STOP_MS, NULL) == PF_OK;
	if (!clean) {
		pf_child_kill(&k->process, SIGKILL);
		pf_child_wait(&k->process, 100, NULL);
	}
	pthread_mutex_destroy(&k->lock);
	*k = (struct pf_keeper){.control_fd = -1};
	return clean;
}
