#include "net/quic_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH              16
#define DATAGRAM_MAX       2048 /* longer ones are none of ours: we announce at most 1472 */
#define SOCKET_BUFFER      (1024 * 1024)
#define IPV6_NETWORK_BYTES 8

struct control_area {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct pf_quic_receive_area {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	union pf_quic_address from[BATCH];
	struct control_area control[BATCH];
	uint8_t data[BATCH][DATAGRAM_MAX];
};

socklen_t pf_quic_address_len(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

bool pf_quic_address_same_owner(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr, IPV6_NETWORK_BYTES) == 0;
}

static void unmap(union pf_quic_address *a)
{
	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = a->in6.sin6_port};
	memcpy(&v4.sin_addr, &a->in6.sin6_addr.s6_addr[12], sizeof(v4.sin_addr));
	memset(a, 0, sizeof(*a));
	a->in = v4;
}

static struct in6_addr mapped(struct in_addr v4)
{
	struct in6_addr v6 = IN6ADDR_ANY_INIT;
	v6.s6_addr[10] = v6.s6_addr[11] = 0xff;
	memcpy(&v6.s6_addr[12], &v4, sizeof(v4));
	return v6;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* PROBE sets Don't Fragment and leaves finding the path MTU to QUIC. */
static int set_options(int fd, int family)
{
	set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
	set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
	if (family == AF_INET) {
		if (set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) < 0)
			return -1;
		return set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	}
	if (set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0)
		return -1;
	if (set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) < 0)
		return -1;
	set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	return set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

static struct pf_quic_receive_area *new_area(void)
{
	struct pf_quic_receive_area *area = calloc(1, sizeof(*area));
	for (unsigned i = 0; area && i < BATCH; i++) {
		area->iov[i] = (struct iovec){area->data[i], DATAGRAM_MAX};
		area->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &area->from[i],
			.msg_iov = &area->iov[i],
			.msg_iovlen = 1,
			.msg_control = &area->control[i],
		};
	}
	return area;
}

static int open_socket(struct pf_quic_socket *s, int family, struct pf_reason *reason)
{
	*s = (struct pf_quic_socket){.fd = -1, .family = family};
	if (family != AF_INET && family != AF_INET6)
		return pf_reason(reason, PF_ERR_INVALID, "only IPv4 and IPv6 addresses can be used");
	s->area = new_area();
	if (!s->area)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	s->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || set_options(s->fd, family) < 0)
		return pf_reason(reason, PF_ERR_IO, "cannot open an %s UDP socket: %s",
			family == AF_INET ? "IPv4" : "IPv6", strerror(errno));
	return PF_OK;
}

static int learn_local(struct pf_quic_socket *s)
{
	socklen_t len = sizeof(s->local);
	if (getsockname(s->fd, &s->local.sa, &len) < 0)
		return PF_ERR_IO;
	unmap(&s->local);
	return PF_OK;
}

static uint16_t port_of(const struct sockaddr *a)
{
	return ntohs(a->sa_family == AF_INET ? ((const struct sockaddr_in *)a)->sin_port
					     : ((const struct sockaddr_in6 *)a)->sin6_port);
}

static int refuse_bind(const struct sockaddr *addr, struct pf_reason *reason)
{
	unsigned port = port_of(addr);
	switch (errno) {
	case EADDRINUSE:
		return pf_reason(reason, PF_ERR_IO,
			"UDP port %u is in use by another program; end that program, or choose another port "
			"with "
			"--native-port or PUNKTFUNK_NATIVE_PORT",
			port);
	case EACCES:
		return pf_reason(reason, PF_ERR_IO,
			"UDP port %u is reserved for the system; choose one above 1023 with --native-port or "
			"PUNKTFUNK_NATIVE_PORT",
			port);
	case EADDRNOTAVAIL:
		return pf_reason(reason, PF_ERR_IO,
			"cannot listen on UDP port %u: this machine does not have the configured address",
			port);
	default:
		return pf_reason(
			reason, PF_ERR_IO, "cannot listen on UDP port %u: %s", port, strerror(errno));
	}
}

int pf_quic_socket_bind(struct pf_quic_socket *s, const struct sockaddr *addr, struct pf_reason *reason)
{
	int rc = open_socket(s, addr->sa_family, reason);
	if (rc == PF_OK && (bind(s->fd, addr, pf_quic_address_len(addr)) < 0 || learn_local(s) < 0))
		rc = refuse_bind(addr, reason);
	if (rc < 0)
		pf_quic_socket_finish(s);
	return rc;
}

int pf_quic_socket_connect(struct pf_quic_socket *s, const struct sockaddr *addr, struct pf_reason *reason)
{
	int rc = open_socket(s, addr->sa_family, reason);
	if (rc == PF_OK && (connect(s->fd, addr, pf_quic_address_len(addr)) < 0 || learn_local(s) < 0))
		rc = pf_reason(reason, PF_ERR_IO, "cannot reach that address: %s", strerror(errno));
	if (rc < 0)
		pf_quic_socket_finish(s);
	s->connected = rc == PF_OK;
	return rc;
}

void pf_quic_socket_finish(struct pf_quic_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->area);
	s->fd = -1;
	s->area = NULL;
}

/* The address the datagram was sent to, with our port. */
static void read_local(const struct pf_quic_socket *s, struct msghdr *msg, union pf_quic_address *local)
{
	*local = s->local;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->in.sin_addr = info.ipi_spec_dst;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->in6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->in6.sin6_scope_id = info.ipi6_ifindex;
			unmap(local);
		}
	}
}

bool pf_quic_socket_receive(struct pf_quic_socket *s, pf_quic_on_packet on_packet, void *user)
{
	struct pf_quic_receive_area *area = s->area;
	for (unsigned i = 0; i < BATCH; i++) {
		area->msg[i].msg_hdr.msg_namelen = sizeof(area->from[i]);
		area->msg[i].msg_hdr.msg_controllen = sizeof(area->control[i]);
	}
	int n = recvmmsg(s->fd, area->msg, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct msghdr *msg = &area->msg[i].msg_hdr;
		if ((msg->msg_flags & MSG_TRUNC) || area->msg[i].msg_len == 0)
			continue;
		struct pf_quic_packet packet = {.data = area->data[i], .len = area->msg[i].msg_len};
		packet.remote = area->from[i];
		unmap(&packet.remote);
		read_local(s, msg, &packet.local);
		on_packet(user, &packet);
	}
	return n == BATCH;
}

/* The control message that makes a reply leave from the address the peer talks to. */
static void put_source(
	struct msghdr *msg, struct control_area *control, int family, const struct sockaddr *local)
{
	msg->msg_control = control;
	if (family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = ((const struct sockaddr_in *)local)->sin_addr};
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
		struct cmsghdr *c = CMSG_FIRSTHDR(msg);
		*c = (struct cmsghdr){.cmsg_level = IPPROTO_IP,
			.cmsg_type = IP_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(info))};
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		return;
	}
	struct in6_pktinfo info = {0};
	if (local->sa_family == AF_INET) {
		info.ipi6_addr = mapped(((const struct sockaddr_in *)local)->sin_addr);
	} else {
		info.ipi6_addr = ((const struct sockaddr_in6 *)local)->sin6_addr;
		info.ipi6_ifindex = ((const struct sockaddr_in6 *)local)->sin6_scope_id;
	}
	msg->msg_controllen = CMSG_SPACE(sizeof(info));
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	*c = (struct cmsghdr){
		.cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(info))};
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static union pf_quic_address as_family(const struct sockaddr *a, int family)
{
	union pf_quic_address out = {0};
	if (family == AF_INET6 && a->sa_family == AF_INET) {
		out.in6.sin6_family = AF_INET6;
		out.in6.sin6_port = ((const struct sockaddr_in *)a)->sin_port;
		out.in6.sin6_addr = mapped(((const struct sockaddr_in *)a)->sin_addr);
	} else {
		memcpy(&out, a, pf_quic_address_len(a));
	}
	return out;
}

void pf_quic_socket_send(struct pf_quic_socket *s, const struct sockaddr *local,
	const struct sockaddr *remote, const uint8_t *data, size_t len)
{
	struct iovec iov = {(void *)data, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union pf_quic_address to;
	struct control_area control = {0};
	if (!s->connected) {
		to = as_family(remote, s->family);
		msg.msg_name = &to;
		msg.msg_namelen = pf_quic_address_len(&to.sa);
		put_source(&msg, &control, s->family, local);
	}
	ssize_t sent;
	do
		sent = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
}
