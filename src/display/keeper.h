/*
 * The keeper is a small process between the host and a compositor that the host starts. It is the parent
 * (and child subreaper) of everything that runs in the display, so that nothing outlives the host: when
 * the control socket ends, by whatever death the host dies, or when the compositor exits, it ends all
 * descendants, removes the display's directory and exits. It holds the lock of that directory for as long
 * as it lives.
 *
 * It is the host's own program under the hidden subcommand
 *     display-keeper DIRECTORY PROGRAM [ARGUMENT...]
 * with PF_KEEPER_CONTROL_FD and PF_KEEPER_LOCK_FD open, and the environment that PROGRAM gets.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "os/child.h"

#define PF_KEEPER_CONTROL_FD 3 /* SOCK_SEQPACKET */
#define PF_KEEPER_LOCK_FD    4 /* the directory, flock()ed by the host; the lock is the open file's */
/* Set in a keeper's environment. A program without the subcommand would run as itself instead and start
 * keepers without end: pf_keeper_start refuses where it finds the mark. */
#define PF_KEEPER_MARK       "PUNKTFUNK_DISPLAY_KEEPER"
#define PF_KEEPER_TAIL_BYTES 1024
#define PF_KEEPER_GRACE_MS   400  /* between SIGTERM and SIGKILL */
#define PF_KEEPER_KILL_MS    1000 /* of killing before it gives up on what cannot die */
#define PF_KEEPER_STOP_MS    2000 /* bound of pf_keeper_stop */

/* What the keeper sends, one packet each. The host sends single bytes: PF_KEEPER_ASK_TAIL. */
enum pf_keeper_event {
	PF_KEEPER_STARTED, /* value = the program's pid */
	PF_KEEPER_REFUSED, /* value = errno: the program could not be started */
	PF_KEEPER_ENDED,   /* value = wait status; the tail is what it wrote last */
	PF_KEEPER_TAIL,    /* answer to PF_KEEPER_ASK_TAIL */
};
#define PF_KEEPER_ASK_TAIL 'T'

struct pf_keeper_report {
	int32_t event;
	int32_t value;
	char tail[PF_KEEPER_TAIL_BYTES]; /* terminated; whole lines but for the first */
};

/* The host's side. One thread starts and stops; pf_keeper_check may come from any thread between. */
struct pf_keeper {
	struct pf_child process;
	pthread_mutex_t lock; /* of what follows */
	int control_fd;
	pid_t program_pid; /* 0 until it runs and after it ended */
	bool ended;
	struct pf_reason ending;
};

struct pf_keeper_params {
	const char *directory; /* absolute */
	int lock_fd;           /* stays the caller's */
	char *const *argv;     /* of the program; argv[0] is its path; at most PF_KEEPER_ARGS_MAX */
	struct pf_env *env;    /* PF_KEEPER_MARK is added; the keeper takes it out for the program */
};
#define PF_KEEPER_ARGS_MAX 8

/* Errors: PF_ERR_IO, PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (PF_KEEPER_MARK). Does not wait for the program. */
int pf_keeper_start(struct pf_keeper *k, const struct pf_keeper_params *params, struct pf_reason *reason);
/* Waits up to timeout_ms for news. PF_OK: nothing ended so far; PF_ERR_CLOSED and how it ended.
 * Thread-safety: safe. */
int pf_keeper_check(struct pf_keeper *k, int timeout_ms, struct pf_reason *reason);
/* What the program wrote last, empty when no answer comes within 200 ms. Only while it starts up. */
void pf_keeper_tail(struct pf_keeper *k, char out[PF_KEEPER_TAIL_BYTES]);
/* Ends everything in the display within PF_KEEPER_STOP_MS. Zeroed memory is fine. False when the keeper
 * had to be killed: the directory is still there then. */
bool pf_keeper_stop(struct pf_keeper *k);

/* "was killed by SIGKILL", "exited with 1": for reasons and logs. */
void pf_keeper_describe_status(int status, char *out, size_t cap);
/* What a program said last, as one line for reasons: as many whole lines as fit into cap - 1 bytes. */
void pf_keeper_last_lines(const char *tail, char *out, size_t cap);
