/*
 * Runtime directories of private displays: <root>/display-XXXXXX, 0700, each flock()ed for as long as
 * something lives in it. The lock belongs to the open directory, so handing the descriptor to a child
 * keeps it locked.
 */
#pragma once

#include <limits.h>

#include "base/error.h"

/* A path in the directory must fit a socket address (108 bytes); the longest is "/pipewire-0-manager". */
#define PF_RUNTIME_DIR_PATH_MAX 88

struct pf_runtime_dir {
	char path[PF_RUNTIME_DIR_PATH_MAX];
	int lock_fd; /* -1 when there is none */
};

/* Errors: PF_ERR_IO, PF_ERR_AUTH (the root is another user's), PF_ERR_LIMIT (path too long). */
int pf_runtime_dir_create(struct pf_runtime_dir *d, const char *root, struct pf_reason *reason);
/* Gives up our hold of the lock; the directory stays. */
void pf_runtime_dir_unlock(struct pf_runtime_dir *d);
