#include "os/owner.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int pf_check_owner(const char *path, mode_t forbidden, struct pf_reason *reason)
{
	struct stat st;
	if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			return PF_ERR_NOT_FOUND;
		return pf_reason(reason, PF_ERR_IO, "cannot look at %s: %s", path, strerror(errno));
	}
	if (st.st_uid != geteuid())
		return pf_reason(reason, PF_ERR_AUTH,
			"%s belongs to another user; give it back with: sudo chown %u '%s'", path,
			(unsigned)geteuid(), path);
	if (st.st_mode & forbidden)
		return pf_reason(reason, PF_ERR_AUTH,
			"%s is open to other users; close it with: chmod 600 '%s'", path, path);
	return PF_OK;
}
