#include "os/driver_node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int explain(const char *path, const char *driver, int error, struct pf_reason *reason)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the kernel driver %s is not loaded: `sudo scripts/setup-input` loads it, now and at "
			"every "
			"start",
			driver);
	case EACCES:
	case EPERM:
		return pf_reason(reason, PF_ERR_AUTH,
			"this user may not open %s: run `sudo scripts/setup-input $USER` and log in again",
			path);
	default:
		return pf_reason(reason, PF_ERR_IO, "cannot open %s: %s", path, strerror(error));
	}
}

int pf_driver_node_open(const char *path, const char *driver, struct pf_reason *reason)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? explain(path, driver, errno, reason) : fd;
}
