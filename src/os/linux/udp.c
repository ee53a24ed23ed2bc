#include "os/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define BUFFER_WANTED (32 << 20)
#define BUFFER_ENOUGH (8 << 20)

socklen_t pf_udp_address_bytes(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return 0;
	}
}

/* What the kernel granted, without the half that it keeps for its own bookkeeping (socket(7)). */
static int ask_buffer(int fd, int option)
{
	int wanted = BUFFER_WANTED, granted = 0;
	socklen_t len = sizeof(granted);
	setsockopt(fd, SOL_SOCKET, option, &wanted, sizeof(wanted));
	if (getsockopt(fd, SOL_SOCKET, option, &granted, &len) < 0)
		return 0;
	return granted / 2;
}

static void ask_buffers(int fd)
{
	static atomic_flag warned = ATOMIC_FLAG_INIT;
	int send = ask_buffer(fd, SO_SNDBUF), receive = ask_buffer(fd, SO_RCVBUF);
	if ((send < BUFFER_ENOUGH || receive < BUFFER_ENOUGH) && !atomic_flag_test_and_set(&warned))
		pf_warn("udp",
			"socket buffers of %d KiB (send) and %d KiB (receive) may overflow at high bitrates; "
			"allow 32 MiB: sysctl -w net.core.wmem_max=%d net.core.rmem_max=%d",
			send / 1024, receive / 1024, BUFFER_WANTED, BUFFER_WANTED);
}

static int refuse_bind(int error, const struct sockaddr *local, struct pf_reason *reason)
{
	const struct sockaddr_in *in = (const void *)local;
	const struct sockaddr_in6 *in6 = (const void *)local;
	bool v4 = local->sa_family == AF_INET;
	char text[INET6_ADDRSTRLEN] = "?";
	inet_ntop(local->sa_family, v4 ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr, text,
		sizeof(text));
	unsigned port = ntohs(v4 ? in->sin_port : in6->sin6_port);
	const char *remedy = "";
	if (error == EADDRINUSE)
		remedy = "; choose another port or 0 for any";
	else if (error == EACCES)
		remedy = "; ports below 1024 need privileges, choose a higher one";
	pf_reason(reason, PF_ERR_IO, "cannot bind UDP %s port %u: %s%s", text, port, strerror(error), remedy);
	errno = error;
	return error == EADDRINUSE ? PF_ERR_LIMIT : PF_ERR_IO;
}

static int open_socket(int *fd, const struct sockaddr *local, bool shared, struct pf_reason *reason)
{
	socklen_t len = pf_udp_address_bytes(local);
	if (len == 0)
		return pf_reason(reason, PF_ERR_INVALID, "address family %d is not IP", local->sa_family);
	int s = socket(local->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot make a UDP socket: %s", strerror(errno));
	int one = 1;
	if (shared)
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, local, len) < 0) {
		int error = errno;
		close(s);
		return refuse_bind(error, local, reason);
	}
	ask_buffers(s);
	*fd = s;
	return PF_OK;
}

int pf_udp_open(int *fd, const struct sockaddr *local, struct pf_reason *reason)
{
	return open_socket(fd, local, false, reason);
}

int pf_udp_open_shared(int *fd, const struct sockaddr *local, struct pf_reason *reason)
{
	return open_socket(fd, local, true, reason);
}

int pf_udp_connect(int fd, const struct sockaddr *peer)
{
	return connect(fd, peer, pf_udp_address_bytes(peer)) < 0 ? PF_ERR_IO : PF_OK;
}

static bool private_v4(uint32_t a)
{
	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe || a >> 24 == 127;
}

bool pf_udp_peer_is_private(const struct sockaddr *peer)
{
	if (peer->sa_family == AF_INET)
		return private_v4(ntohl(((const struct sockaddr_in *)(const void *)peer)->sin_addr.s_addr));
	if (peer->sa_family != AF_INET6)
		return false;
	const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		uint32_t v4;
		memcpy(&v4, a->s6_addr + 12, sizeof(v4));
		return private_v4(ntohl(v4));
	}
	return (a->s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_LOOPBACK(a);
}

bool pf_udp_mark(int fd, const struct sockaddr *peer, enum pf_udp_class kind, enum pf_udp_marking marking)
{
	if (marking == PF_UDP_MARK_NEVER || (marking == PF_UDP_MARK_PRIVATE && !pf_udp_peer_is_private(peer)))
		return false;
	int tos = kind == PF_UDP_CLASS_VIDEO ? 0xA0 : 0xC0;
	int priority = kind == PF_UDP_CLASS_VIDEO ? 5 : 6;
	/* In this order: setting the TOS sets the priority anew. */
	bool marked = setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) == 0;
	return setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) == 0 && marked;
}

int pf_udp_stop_receiving(int fd)
{
	struct sock_filter keep_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &keep_nothing};
	int rc = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	return rc < 0 ? PF_ERR_IO : PF_OK;
}

bool pf_udp_error_passes(int error)
{
	switch (error) {
	case EAGAIN:
	case ECONNREFUSED:
	case ECONNRESET:
	case ENOBUFS: /* some Wi-Fi drivers say it instead of EAGAIN */
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EINTR:
		return true;
	default:
		return false;
	}
}
