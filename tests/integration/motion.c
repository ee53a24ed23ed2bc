#include "motion.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_FD 9

bool motion_keep(void)
{
	if (fcntl(KEPT_FD, F_GETFD) >= 0)
		return true;
	int fd = open(PF_MOTION, O_RDONLY | O_CLOEXEC);
	bool kept = fd >= 0 && dup2(fd, KEPT_FD) == KEPT_FD;
	if (!kept)
		perror(PF_MOTION);
	if (fd >= 0)
		close(fd);
	return kept;
}

bool motion_copy(char *out, size_t cap, const char *directory)
{
	struct stat st;
	off_t from = 0;
	snprintf(out, cap, "%s/.motion", directory);
	int to = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	bool copied = to >= 0 && fstat(KEPT_FD, &st) == 0 &&
		      sendfile(to, KEPT_FD, &from, (size_t)st.st_size) == st.st_size;
	if (to >= 0)
		close(to);
	return copied;
}
