#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		int rc = mkdir(path, 0755);
		int failed = errno;
		*slash = '/';
		if (rc < 0 && failed != EEXIST) {
			errno = failed;
			return PF_ERR_IO;
		}
	}
	return PF_OK;
}

int pf_dir_ensure(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy)) {
		errno = ENAMETOOLONG;
		return PF_ERR_IO;
	}
	int rc = make_parents(copy);
	if (rc < 0)
		return rc;
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return PF_ERR_IO;

	struct stat st;
	if (lstat(copy, &st) < 0)
		return PF_ERR_IO;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return PF_ERR_IO;
	}
	if (st.st_uid != geteuid())
		return PF_ERR_AUTH;
	if ((st.st_mode & 0777) != 0700 && chmod(copy, 0700) < 0)
		return PF_ERR_IO;
	return PF_OK;
}

static int read_all(int fd, size_t max, char **out, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return PF_ERR_IO;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return PF_ERR_IO;
	}
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return PF_ERR_LIMIT;

	size_t size = (size_t)st.st_size;
	char *buf = malloc(size + 1);
	if (!buf)
		return PF_ERR_NOMEM;
	size_t got = 0;
	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(buf);
			return PF_ERR_IO;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	buf[got] = 0;
	*out = buf;
	*len = got;
	return PF_OK;
}

int pf_file_read(const char *path, size_t max, char **out, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? PF_ERR_NOT_FOUND : PF_ERR_IO;
	int rc = read_all(fd, max, out, len);
	int saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PF_ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return PF_OK;
}

/* What this fails at costs no more than that a power cut right now brings the old file back. */
static void sync_parent(const char *path)
{
	char dir[PATH_MAX];
	snprintf(dir, sizeof(dir), "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	int fd = open(slash ? (dir[0] ? dir : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int pf_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
{
	char tmp[PATH_MAX];
	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return PF_ERR_IO;
	}
	int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return PF_ERR_IO;

	int rc = write_all(fd, data, len);
	if (rc == PF_OK && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		rc = PF_ERR_IO;
	if (close(fd) < 0 && rc == PF_OK)
		rc = PF_ERR_IO;
	if (rc == PF_OK && rename(tmp, path) < 0)
		rc = PF_ERR_IO;
	if (rc < 0) {
		int saved = errno;
		unlink(tmp);
		errno = saved;
		return rc;
	}
	sync_parent(path);
	return PF_OK;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int pf_dir_remove(const char *path)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return PF_OK;
	return PF_ERR_IO;
}

int pf_config_dir(char *out, size_t cap)
{
	const char *fixed = getenv("PUNKTFUNK_CONFIG_DIR");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n;
	if (fixed && fixed[0]) {
		n = snprintf(out, cap, "%s", fixed);
	} else if (xdg && xdg[0] == '/') {
		n = snprintf(out, cap, "%s/punktfunk", xdg);
	} else {
		const struct passwd *pw = home && home[0] ? NULL : getpwuid(geteuid());
		if (pw)
			home = pw->pw_dir;
		if (!home || !home[0])
			return PF_ERR_NOT_FOUND;
		n = snprintf(out, cap, "%s/.config/punktfunk", home);
	}
	return n > 0 && (size_t)n < cap ? PF_OK : PF_ERR_LIMIT;
}
