#include <assert.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/udp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "base/log.h"
#include "os/egress.h"
#include "os/udp.h"

#define IP_BYTES_MAX     (65535 - 48) /* what fits one super-packet beside the headers */
#define TIMED_BUFFER_KIB 4096         /* some pictures of hundreds of Mbit/s, at nearly twice their size */

/* What a kernel cannot do for one socket it cannot do for the next one. */
static _Atomic bool gso_refused;

static bool refuses_gso(int error)
{
	return error == ENOPROTOOPT || error == EOPNOTSUPP || error == EINVAL || error == EIO ||
	       error == EMSGSIZE;
}

/* Datagrams larger than the MTU: single ones leave in fragments. Says nothing about the ways to other peers. */
static bool is_of_the_way(int error)
{
	return error == EINVAL || error == EMSGSIZE;
}

static void remember_refusal(struct pf_udp_sender *s, int error)
{
	if (is_of_the_way(error)) {
		s->gso = false;
		pf_info("udp", "segmentation offload refused for this peer (%s); sending single datagrams",
			strerror(error));
		return;
	}
	if (!atomic_exchange_explicit(&gso_refused, true, memory_order_relaxed))
		pf_info("udp", "segmentation offload refused (%s); sending single datagrams",
			strerror(error));
}

/* Datagrams per super-packet for this size. */
static unsigned train_length(const struct pf_udp_sender *s, size_t bytes)
{
	if (!s->gso || atomic_load_explicit(&gso_refused, memory_order_relaxed))
		return 1;
	size_t fits = IP_BYTES_MAX / bytes;
	size_t n = s->train < fits ? s->train : fits;
	return n < 2 ? 1 : (unsigned)n;
}

/* Without the kernel's own half (socket(7)). */
static int send_buffer_kib(int fd)
{
	int bytes = 0;
	socklen_t len = sizeof(bytes);
	return getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &len) < 0 ? 0 : bytes / 2048;
}

int pf_udp_ask_times(int fd, struct pf_reason *reason)
{
	const struct sock_txtime how = {.clockid = CLOCK_MONOTONIC}; /* fq knows no other */
	int rc = pf_egress_has_qdisc(fd, "fq"), kib = send_buffer_kib(fd);
	if (rc < 0)
		return pf_reason(
			reason, rc, "cannot find out how the way to the client queues: %s", strerror(errno));
	if (rc == 0)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the device towards the client does not queue with fq; "
			"set it: tc qdisc replace dev DEVICE root fq flow_limit 2000");
	if (kib < TIMED_BUFFER_KIB)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"a send buffer of %d KiB has no room for large pictures; "
			"allow more: sysctl -w net.core.wmem_max=33554432",
			kib);
	if (setsockopt(fd, SOL_SOCKET, SO_TXTIME, &how, sizeof(how)) < 0)
		return pf_reason(reason, PF_ERR_IO, "SO_TXTIME refused: %s", strerror(errno));
	return PF_OK;
}

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(uint64_t))];
};

static void add_control(
	struct msghdr *m, union control *control, int level, int type, const void *value, size_t bytes)
{
	struct cmsghdr *c = (struct cmsghdr *)(control->bytes + m->msg_controllen);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(c), value, bytes);
	m->msg_control = control;
	m->msg_controllen += CMSG_SPACE(bytes);
}

/* Points `part` at `count` datagrams; neighbours in memory share one. How many it took. */
static unsigned gather(struct iovec *part, uint8_t *const *datagram, unsigned count, size_t bytes)
{
	unsigned parts = 0;
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && datagram[i] == datagram[i - 1] + bytes)
			part[parts - 1].iov_len += bytes;
		else
			part[parts++] = (struct iovec){.iov_base = datagram[i], .iov_len = bytes};
	}
	return parts;
}

/* Messages of `train` datagrams each, the last one shorter. Returns 0 or the errno of a call that sent nothing. */
static int send_trains(const struct pf_udp_sender *s, uint8_t *const *datagram, unsigned count, size_t bytes,
	unsigned train, struct pf_udp_sent *sent)
{
	struct mmsghdr message[PF_UDP_SEND_MAX];
	struct iovec part[PF_UDP_SEND_MAX];
	union control control[PF_UDP_SEND_MAX];
	const uint16_t segment = (uint16_t)bytes;
	unsigned messages = 0;
	for (unsigned i = 0; i < count; i += train, messages++) {
		unsigned length = count - i < train ? count - i : train;
		struct msghdr *m = &message[messages].msg_hdr;
		*m = (struct msghdr){.msg_iov = &part[i]};
		m->msg_iovlen = gather(&part[i], &datagram[i], length, bytes);
		if (length > 1)
			add_control(m, &control[messages], SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
		if (s->timed) {
			const int64_t leave_ns = s->leave_ns + i / s->train * s->step_ns;
			add_control(
				m, &control[messages], SOL_SOCKET, SCM_TXTIME, &leave_ns, sizeof(leave_ns));
		}
	}
	sent->calls++;
	int taken = sendmmsg(s->fd, message, messages, MSG_DONTWAIT);
	unsigned accepted = taken > 0 ? (unsigned)taken * train : 0;
	sent->accepted = accepted < count ? accepted : count;
	sent->refused = count - sent->accepted;
	return taken < 0 ? errno : 0;
}

int pf_udp_send_batch(struct pf_udp_sender *s, uint8_t *const *datagram, unsigned count, size_t bytes,
	struct pf_udp_sent *sent)
{
	assert(count <= PF_UDP_SEND_MAX);
	*sent = (struct pf_udp_sent){0};
	if (count == 0)
		return PF_OK;
	unsigned train = train_length(s, bytes);
	int error = send_trains(s, datagram, count, bytes, train, sent);
	if (train > 1 && count > 1 && refuses_gso(error)) {
		remember_refusal(s, error);
		error = send_trains(s, datagram, count, bytes, 1, sent);
	}
	return error == 0 || pf_udp_error_passes(error) ? PF_OK : PF_ERR_IO;
}
