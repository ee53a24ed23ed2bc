#include "os/egress.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define ANSWER_BYTES 32768 /* what the kernel fills at most with one turn of a list */
#define WAIT_S       1

struct search {
	int device;
	const char *kind;
	bool found;
};

typedef void take_fn(const struct nlmsghdr *h, struct search *s);

/* Hands what came to `take`. Returns 1 when more is to come, 0 at the end, PF_ERR_IO. */
static int take_answers(const void *bytes, size_t len, take_fn *take, struct search *s)
{
	unsigned left = (unsigned)len;
	for (const struct nlmsghdr *h = bytes; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return PF_ERR_IO;
		}
		take(h, s);
		if (!(h->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

static int ask(const struct nlmsghdr *request, take_fn *take, struct search *s)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
	const struct timeval wait = {.tv_sec = WAIT_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return PF_ERR_IO;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	int rc = send(fd, request, request->nlmsg_len, 0) < 0 ? PF_ERR_IO : 1;
	while (rc == 1) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);
		rc = n < 0 ? PF_ERR_IO : take_answers(answer, (size_t)n, take, s);
	}
	close(fd);
	return rc;
}

/* The value of an attribute in `len` bytes of them; NULL when it is not there. */
static const void *attribute(const struct rtattr *a, unsigned len, unsigned short type)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == type)
			return RTA_DATA(a);
	}
	return NULL;
}

static void take_route(const struct nlmsghdr *h, struct search *s)
{
	const struct rtmsg *route = NLMSG_DATA(h);
	const void *device = attribute(RTM_RTA(route), RTM_PAYLOAD(h), RTA_OIF);
	if (h->nlmsg_type == RTM_NEWROUTE && device)
		memcpy(&s->device, device, sizeof(s->device));
}

static void take_qdisc(const struct nlmsghdr *h, struct search *s)
{
	const struct tcmsg *queue = NLMSG_DATA(h);
	const char *kind = attribute(TCA_RTA(queue), TCA_PAYLOAD(h), TCA_KIND);
	if (h->nlmsg_type == RTM_NEWQDISC && queue->tcm_ifindex == s->device && kind &&
		strcmp(kind, s->kind) == 0)
		s->found = true;
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Where the address is that routes are made for, of four bytes or sixteen; 0 for other families. */
static unsigned route_address(const union address *peer, const uint8_t **out)
{
	const uint8_t *v6 = peer->in6.sin6_addr.s6_addr;
	if (peer->any.sa_family == AF_INET) {
		*out = (const uint8_t *)&peer->in.sin_addr;
		return sizeof(struct in_addr);
	}
	if (peer->any.sa_family != AF_INET6)
		return 0;
	bool mapped = IN6_IS_ADDR_V4MAPPED(&peer->in6.sin6_addr);
	*out = mapped ? v6 + sizeof(struct in6_addr) - sizeof(struct in_addr) : v6;
	return mapped ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* The device that the route to `peer` leaves by. */
static int find_device(const union address *peer, struct search *s)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg route;
		struct rtattr head;
		uint8_t address[sizeof(struct in6_addr)];
	} request = {.h = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST}};
	const uint8_t *address = NULL;
	unsigned bytes = route_address(peer, &address);
	if (bytes == 0) {
		errno = EAFNOSUPPORT;
		return PF_ERR_IO;
	}
	if (bytes == sizeof(struct in6_addr) && peer->in6.sin6_scope_id != 0) {
		s->device = (int)peer->in6.sin6_scope_id;
		return PF_OK;
	}
	request.h.nlmsg_len = (unsigned)(NLMSG_LENGTH(sizeof(request.route)) + RTA_LENGTH(bytes));
	request.route.rtm_family = bytes == sizeof(struct in_addr) ? AF_INET : AF_INET6;
	request.route.rtm_dst_len = (uint8_t)(bytes * 8);
	request.head = (struct rtattr){.rta_type = RTA_DST, .rta_len = (uint16_t)RTA_LENGTH(bytes)};
	memcpy(request.address, address, bytes);
	return ask(&request.h, take_route, s);
}

int pf_egress_has_qdisc(int fd, const char *kind)
{
	union address peer = {0};
	socklen_t len = sizeof(peer);
	struct search s = {.kind = kind};
	if (getpeername(fd, &peer.any, &len) < 0)
		return PF_ERR_IO;
	int rc = find_device(&peer, &s);
	if (rc < 0)
		return rc;
	struct {
		struct nlmsghdr h;
		struct tcmsg queue;
	} request = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.queue)),
			     .nlmsg_type = RTM_GETQDISC,
			     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	request.queue.tcm_ifindex = s.device;
	rc = ask(&request.h, take_qdisc, &s);
	return rc < 0 ? rc : s.found;
}
