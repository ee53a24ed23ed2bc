/* What the send call hands to the kernel, and what it makes of the answers. The kernel is a stand-in. */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/udp.h"

#define BYTES     1472
#define CALLS_MAX 4

/* One message: a train. */
struct train {
	unsigned parts;      /* pieces of memory */
	size_t bytes;        /* in all */
	unsigned segment;    /* datagram bytes; 0 = the kernel cuts nothing */
	int64_t leave_ns;    /* 0 = has no time */
	const uint8_t *data; /* where the first piece lies */
};

static struct {
	unsigned calls;
	int refusal;    /* errno for calls that want segmentation */
	unsigned taken; /* messages per call; 0 = all */
	unsigned trains[CALLS_MAX];
	struct train train[CALLS_MAX][PF_UDP_SEND_MAX];
} kernel;

static struct train read_train(struct msghdr *m)
{
	struct train t = {.parts = (unsigned)m->msg_iovlen, .data = m->msg_iov[0].iov_base};
	for (size_t i = 0; i < m->msg_iovlen; i++)
		t.bytes += m->msg_iov[i].iov_len;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT) {
			uint16_t segment;
			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			t.segment = segment;
		}
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TXTIME)
			memcpy(&t.leave_ns, CMSG_DATA(c), sizeof(t.leave_ns));
	}
	return t;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags)
{
	assert_int_equal(flags, MSG_DONTWAIT);
	assert_in_range(kernel.calls, 0, CALLS_MAX - 1);
	bool segments = false;
	for (unsigned i = 0; i < count; i++) {
		struct train *t = &kernel.train[kernel.calls][i];
		*t = read_train(&message[i].msg_hdr);
		segments |= t->segment > 0;
	}
	kernel.trains[kernel.calls++] = count;
	if (segments && kernel.refusal != 0) {
		errno = kernel.refusal;
		return -1;
	}
	return (int)(kernel.taken > 0 && kernel.taken < count ? kernel.taken : count);
}

static uint8_t memory[PF_UDP_SEND_MAX][BYTES];

static unsigned all(uint8_t *datagram[PF_UDP_SEND_MAX])
{
	for (unsigned i = 0; i < PF_UDP_SEND_MAX; i++)
		datagram[i] = memory[i];
	return PF_UDP_SEND_MAX;
}

static struct pf_udp_sent send_now(struct pf_udp_sender *s, uint8_t *const *datagram, unsigned count)
{
	struct pf_udp_sent sent;
	kernel.calls = 0;
	assert_int_equal(pf_udp_send_batch(s, datagram, count, BYTES, &sent), PF_OK);
	assert_int_equal(sent.calls, kernel.calls);
	assert_int_equal(sent.accepted + sent.refused, count);
	return sent;
}

static void neighbours_leave_as_one_piece(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {.gso = true, .train = 16};
	unsigned count = all(datagram) - 5;
	assert_int_equal(send_now(&s, datagram, count).accepted, count);
	assert_int_equal(kernel.calls, 1);
	assert_int_equal(kernel.trains[0], 4);
	for (unsigned i = 0; i < 4; i++) {
		const struct train *t = &kernel.train[0][i];
		assert_int_equal(t->parts, 1);
		assert_ptr_equal(t->data, memory[i * 16]);
		assert_int_equal(t->bytes, (i < 3 ? 16 : 11) * BYTES);
		assert_int_equal(t->segment, BYTES);
	}
}

static void a_gap_begins_a_new_piece(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {.gso = true, .train = 16};
	unsigned count = 0;
	for (unsigned i = 0; i < PF_UDP_SEND_MAX; i++) {
		if (i != 3 && i != 4 && i != 20)
			datagram[count++] = memory[i];
	}
	send_now(&s, datagram, count);
	/* 0..2 and 5..17; 18, 19 and 21..34; the rest has no gap. */
	static const unsigned parts[] = {2, 2, 1, 1};
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(kernel.train[0][i].parts, parts[i]);
	assert_ptr_equal(kernel.train[0][1].data, memory[18]);
	assert_int_equal(kernel.train[0][1].bytes, 16 * BYTES);

	/* In another order than in memory nothing is joined. */
	for (unsigned i = 0; i < 16; i++)
		datagram[i] = memory[15 - i];
	send_now(&s, datagram, 16);
	assert_int_equal(kernel.train[0][0].parts, 16);
}

static void a_single_datagram_needs_no_segmentation(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {.gso = true, .train = 16};
	all(datagram);
	send_now(&s, datagram, 17);
	assert_int_equal(kernel.trains[0], 2);
	assert_int_equal(kernel.train[0][1].segment, 0);
	s.gso = false;
	send_now(&s, datagram, 17);
	assert_int_equal(kernel.trains[0], 17);
	for (unsigned i = 0; i < 17; i++) {
		assert_int_equal(kernel.train[0][i].bytes, BYTES);
		assert_int_equal(kernel.train[0][i].segment, 0);
	}
}

static void a_super_packet_fits_the_length_field(void **state)
{
	static uint8_t large[9216];
	uint8_t *datagram[20];
	struct pf_udp_sender s = {.gso = true, .train = 16};
	struct pf_udp_sent sent;
	for (unsigned i = 0; i < 20; i++)
		datagram[i] = large;
	kernel.calls = 0;
	assert_int_equal(pf_udp_send_batch(&s, datagram, 20, sizeof(large), &sent), PF_OK);
	assert_int_equal(kernel.trains[0], 3);
	assert_int_equal(kernel.train[0][0].bytes, 7 * sizeof(large));
}

static void what_the_kernel_leaves_is_lost(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {.gso = true, .train = 16};
	unsigned count = all(datagram);
	kernel.taken = 2;
	assert_int_equal(send_now(&s, datagram, count).refused, count - 32);
	assert_int_equal(kernel.calls, 1);
	kernel.taken = 0;
	/* A full buffer is no refusal of trains. */
	kernel.refusal = EAGAIN;
	assert_int_equal(send_now(&s, datagram, count).refused, count);
	assert_int_equal(kernel.calls, 1);
	kernel.refusal = 0;
	assert_int_equal(send_now(&s, datagram, count).accepted, count);
	assert_int_equal(kernel.trains[0], 4);
}

static void trains_leave_step_by_step(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {
		.gso = true, .train = 16, .timed = true, .leave_ns = 5000000000, .step_ns = 700};
	all(datagram);
	send_now(&s, datagram, 33);
	assert_int_equal(kernel.trains[0], 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(kernel.train[0][i].segment, i < 2 ? BYTES : 0);
		assert_true(kernel.train[0][i].leave_ns == INT64_C(5000000000) + i * 700);
	}
	/* Single datagrams keep the times of the trains that they would make. */
	s.gso = false;
	send_now(&s, datagram, 33);
	assert_int_equal(kernel.trains[0], 33);
	for (unsigned i = 0; i < 33; i++)
		assert_true(kernel.train[0][i].leave_ns == INT64_C(5000000000) + i / 16 * 700);
	s.timed = false;
	send_now(&s, datagram, 2);
	assert_true(kernel.train[0][0].leave_ns == 0);
}

static int way_out;

int __wrap_pf_egress_has_qdisc(int fd, const char *kind);
int __wrap_pf_egress_has_qdisc(int fd, const char *kind)
{
	assert_string_equal(kind, "fq");
	errno = ENODEV;
	return way_out;
}

static int open_with_buffer(int bytes)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = -1;
	assert_int_equal(pf_udp_open(&fd, (void *)&any, NULL), PF_OK);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
	return fd;
}

static void times_are_had_with_fq_only(void **state)
{
	struct pf_reason reason = {0};
	int fd = open_with_buffer(1 << 20);
	way_out = 0;
	assert_int_equal(pf_udp_ask_times(fd, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "tc qdisc replace"));
	way_out = PF_ERR_IO;
	assert_int_equal(pf_udp_ask_times(fd, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, strerror(ENODEV)));
	/* What waits lies in the send buffer. */
	way_out = 1;
	assert_int_equal(pf_udp_ask_times(fd, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "net.core.wmem_max"));
	close(fd);
}

static void times_are_on_the_clock_of_the_plan(void **state)
{
	struct pf_reason reason = {0};
	struct sock_txtime how = {.clockid = -1};
	socklen_t len = sizeof(how);
	int fd = open_with_buffer(32 << 20);
	way_out = 1;
	if (pf_udp_ask_times(fd, &reason) == PF_ERR_UNSUPPORTED && strstr(reason.text, "net.core.wmem_max")) {
		close(fd);
		skip(); /* a machine with small buffers */
	}
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TXTIME, &how, &len), 0);
	assert_int_equal(how.clockid, CLOCK_MONOTONIC);
	assert_int_equal(how.flags, 0);
	close(fd);
}

/* As of a client behind a tunnel, while others have the usual MTU. */
static void a_small_mtu_is_of_one_peer(void **state)
{
	static const int refusals[] = {EINVAL, EMSGSIZE};
	uint8_t *datagram[PF_UDP_SEND_MAX];
	unsigned count = all(datagram);
	for (size_t i = 0; i < 2; i++) {
		struct pf_udp_sender s = {.gso = true, .train = 16}, other = s;
		kernel.refusal = refusals[i];
		assert_int_equal(send_now(&s, datagram, count).accepted, count);
		assert_int_equal(kernel.calls, 2);
		assert_int_equal(kernel.trains[1], count);
		kernel.refusal = 0;
		send_now(&s, datagram, count);
		assert_int_equal(kernel.trains[0], count);
		send_now(&other, datagram, count);
		assert_int_equal(kernel.trains[0], 4);
	}
}

/* The last one: from here on this process sends no train. */
static void a_refusal_is_made_good_and_remembered(void **state)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sender s = {.gso = true, .train = 16}, other = s;
	unsigned count = all(datagram);
	kernel.refusal = EIO;
	assert_int_equal(send_now(&s, datagram, count).accepted, count);
	assert_int_equal(kernel.calls, 2);
	assert_int_equal(kernel.trains[1], count);
	assert_int_equal(send_now(&s, datagram, count).accepted, count);
	assert_int_equal(kernel.calls, 1);
	kernel.refusal = 0;
	assert_int_equal(send_now(&other, datagram, count).accepted, count);
	assert_int_equal(kernel.calls, 1);
	assert_int_equal(kernel.trains[0], count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_leave_as_one_piece),
		cmocka_unit_test(a_gap_begins_a_new_piece),
		cmocka_unit_test(a_single_datagram_needs_no_segmentation),
		cmocka_unit_test(a_super_packet_fits_the_length_field),
		cmocka_unit_test(what_the_kernel_leaves_is_lost),
		cmocka_unit_test(trains_leave_step_by_step),
		cmocka_unit_test(times_are_had_with_fq_only),
		cmocka_unit_test(times_are_on_the_clock_of_the_plan),
		cmocka_unit_test(a_small_mtu_is_of_one_peer),
		cmocka_unit_test(a_refusal_is_made_good_and_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
