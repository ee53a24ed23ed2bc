#include "net/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/udp.h"

#define BACKLOG 64

int pf_listen_tcp(const struct sockaddr *address, const char *what, uint16_t *port, struct pf_reason *reason)
{
	struct sockaddr_storage name = {0};
	socklen_t len = pf_udp_address_bytes(address);
	memcpy(&name, address, len);
	uint16_t *where = name.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)&name)->sin6_port
						     : &((struct sockaddr_in *)&name)->sin_port;
	int one = 1, fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot open a TCP socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, BACKLOG) == 0 &&
		getsockname(fd, (struct sockaddr *)&name, &len) == 0) {
		*port = ntohs(*where);
		return fd;
	}
	int failed = errno;
	close(fd);
	if (failed == EADDRINUSE)
		return pf_reason(reason, PF_ERR_IO,
			"TCP port %u is in use, perhaps by another host; it is for %s", ntohs(*where), what);
	return pf_reason(reason, PF_ERR_IO, "cannot listen on TCP port %u, for %s: %s", ntohs(*where), what,
		strerror(failed));
}
