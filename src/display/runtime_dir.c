#include "display/runtime_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "display/display.h"
#include "os/file.h"

#define PREFIX "display-"

static int open_locked(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (flock(fd, how) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Between a directory's making and its locking, the lock of the root keeps a clean-up from seeing it as
 * dead. */
static int make_locked(struct pf_runtime_dir *d, const char *root)
{
	int root_fd = open_locked(root, LOCK_EX);
	if (root_fd < 0)
		return PF_ERR_IO;
	if (mkdtemp(d->path))
		d->lock_fd = open_locked(d->path, LOCK_EX | LOCK_NB);
	int saved = errno;
	close(root_fd);
	errno = saved;
	return d->lock_fd < 0 ? PF_ERR_IO : PF_OK;
}

int pf_runtime_dir_create(struct pf_runtime_dir *d, const char *root, struct pf_reason *reason)
{
	*d = (struct pf_runtime_dir){.lock_fd = -1};
	int n = snprintf(d->path, sizeof(d->path), "%s/" PREFIX "XXXXXX", root);
	if (n < 0 || (size_t)n >= sizeof(d->path))
		return pf_reason(reason, PF_ERR_LIMIT,
			"the runtime directory %s is too long a path for a socket: choose one below %d bytes",
			root, PF_RUNTIME_DIR_PATH_MAX - 16);
	int rc = pf_dir_ensure(root);
	if (rc == PF_ERR_AUTH)
		return pf_reason(
			reason, rc, "%s belongs to another user: remove it or set XDG_RUNTIME_DIR", root);
	if (rc == PF_OK)
		rc = make_locked(d, root);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot make a directory in %s: %s", root, strerror(errno));
	return PF_OK;
}

void pf_runtime_dir_unlock(struct pf_runtime_dir *d)
{
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	d->lock_fd = -1;
}

/* True when it was dead and is gone. */
static bool remove_if_dead(const char *root, const char *name)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/%s", root, name) >= (int)sizeof(path))
		return false;
	int fd = open_locked(path, LOCK_EX | LOCK_NB);
	if (fd < 0)
		return false;
	bool removed = pf_dir_remove(path) == PF_OK;
	if (removed)
		pf_info("display", "removed %s, left by a host that was killed", path);
	else
		pf_warn("display", "cannot remove %s, left by a host that was killed: %s", path,
			strerror(errno));
	close(fd);
	return removed;
}

int pf_display_restore_leftovers(const char *root)
{
	int root_fd = open_locked(root, LOCK_EX);
	if (root_fd < 0)
		return errno == ENOENT ? 0 : PF_ERR_IO;
	DIR *dir = fdopendir(root_fd);
	if (!dir) {
		close(root_fd);
		return PF_ERR_IO;
	}
	int removed = 0;
	for (struct dirent *e; (e = readdir(dir));)
		if (!strncmp(e->d_name, PREFIX, strlen(PREFIX)))
			removed += remove_if_dead(root, e->d_name);
	closedir(dir);
	return removed;
}

int pf_display_prepare_root(const char *root, struct pf_reason *reason)
{
	int rc = pf_dir_ensure(root);
	if (rc < 0)
		return pf_reason(
			reason, rc, "cannot make %s, where private displays live: %s", root, pf_strerror(rc));
	int removed = pf_display_restore_leftovers(root);
	if (removed > 0)
		pf_info("display", "removed %d leftover display(s) of a host that was killed", removed);
	return PF_OK;
}
