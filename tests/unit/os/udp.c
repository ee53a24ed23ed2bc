#include "os/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_storage address(const char *text, uint16_t port)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in *in = (void *)&out;
	struct sockaddr_in6 *in6 = (void *)&out;
	if (strchr(text, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	}
	return out;
}

static int open_loopback(void)
{
	struct sockaddr_storage a = address("127.0.0.1", 0);
	int fd = -1;
	assert_int_equal(pf_udp_open(&fd, (void *)&a, NULL), PF_OK);
	return fd;
}

static struct sockaddr_storage name_of(int fd)
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof(a);
	assert_int_equal(getsockname(fd, (void *)&a, &len), 0);
	return a;
}

static void make_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		pair[i] = open_loopback();
	for (int i = 0; i < 2; i++) {
		struct sockaddr_storage a = name_of(pair[!i]);
		assert_int_equal(pf_udp_connect(pair[i], (void *)&a), PF_OK);
	}
}

static void private_peers_are_known(void **state)
{
	static const char *const home[] = {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.3.4",
		"169.254.7.7", "127.0.0.1", "::1", "fc00::1", "fdff::1", "fe80::1", "febf::1",
		"::ffff:10.0.0.1", "::ffff:192.168.0.1"};
	static const char *const away[] = {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1",
		"169.253.0.1", "11.0.0.1", "2001:db8::1", "fec0::1", "fb00::1", "::ffff:8.8.8.8", "::2"};
	for (size_t i = 0; i < sizeof(home) / sizeof(home[0]); i++) {
		struct sockaddr_storage a = address(home[i], 1);
		assert_true(pf_udp_peer_is_private((void *)&a));
	}
	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
		struct sockaddr_storage a = address(away[i], 1);
		assert_false(pf_udp_peer_is_private((void *)&a));
	}
}

static void marks(int fd, int tos, int priority)
{
	int got_tos = -1, got_priority = -1;
	socklen_t len = sizeof(int);
	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_TOS, &got_tos, &len), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &got_priority, &len), 0);
	assert_int_equal(got_tos, tos);
	assert_int_equal(got_priority, priority);
}

static void marking_follows_the_peer_or_the_operator(void **state)
{
	struct sockaddr_storage home = address("192.168.1.5", 9), away = address("8.8.8.8", 9);
	int fd = open_loopback();
	assert_false(pf_udp_mark(fd, (void *)&away, PF_UDP_CLASS_VIDEO, PF_UDP_MARK_PRIVATE));
	assert_false(pf_udp_mark(fd, (void *)&home, PF_UDP_CLASS_VIDEO, PF_UDP_MARK_NEVER));
	marks(fd, 0, 0);
	assert_true(pf_udp_mark(fd, (void *)&home, PF_UDP_CLASS_VIDEO, PF_UDP_MARK_PRIVATE));
	marks(fd, 0xA0, 5);
	assert_true(pf_udp_mark(fd, (void *)&away, PF_UDP_CLASS_AUDIO, PF_UDP_MARK_ALWAYS));
	marks(fd, 0xC0, 6);
	close(fd);
}

static void a_taken_port_is_told_with_a_remedy(void **state)
{
	struct pf_reason reason = {0};
	int first = open_loopback(), second = -1;
	struct sockaddr_storage a = name_of(first);
	assert_int_equal(pf_udp_open(&second, (void *)&a, &reason), PF_ERR_LIMIT);
	assert_int_equal(second, -1);
	assert_non_null(strstr(reason.text, "another port"));
	struct sockaddr_storage none = {.ss_family = AF_UNIX};
	assert_int_equal(pf_udp_open(&second, (void *)&none, &reason), PF_ERR_INVALID);
	struct sockaddr_storage foreign = address("192.0.2.77", 0);
	assert_int_equal(pf_udp_open(&second, (void *)&foreign, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "192.0.2.77"));
	close(first);
}

/* Sends `count` datagrams of `bytes` with their number in front, and looks at what comes out. */
static struct pf_udp_sent exchange(struct pf_udp_sender *s, int to, unsigned count, size_t bytes)
{
	uint8_t *memory = malloc(count * bytes), *datagram[PF_UDP_SEND_MAX] = {0};
	for (unsigned i = 0; i < count; i++) {
		datagram[i] = memory + i * bytes;
		memset(datagram[i], (int)i + 1, bytes);
	}
	struct pf_udp_sent sent;
	assert_int_equal(pf_udp_send_batch(s, datagram, count, bytes, &sent), PF_OK);

	struct pf_udp_receiver *r;
	assert_int_equal(pf_udp_receiver_create(&r, 9216), PF_OK);
	unsigned got = 0;
	struct pollfd p = {.fd = to, .events = POLLIN};
	while (got < count && poll(&p, 1, 2000) == 1) {
		int n = pf_udp_receive_batch(r, to);
		struct pf_udp_datagram d;
		for (; pf_udp_next(r, &d); n--, got++) {
			struct sockaddr_storage from = name_of(s->fd);
			assert_int_equal(d.len, bytes);
			assert_memory_equal(d.data, datagram[got], bytes);
			assert_memory_equal(d.from, &from, pf_udp_address_bytes((void *)&from));
		}
		assert_int_equal(n, 0);
	}
	assert_int_equal(got, count);
	assert_int_equal(pf_udp_receive_batch(r, to), 0);
	pf_udp_receiver_destroy(r);
	free(memory);
	return sent;
}

static void batches_arrive_as_they_were_sent(void **state)
{
	int pair[2];
	make_pair(pair);
	struct pf_udp_sender s = {.fd = pair[0]};
	static const unsigned counts[] = {1, 2, 63, 64};
	for (size_t i = 0; i < 4; i++) {
		struct pf_udp_sent sent = exchange(&s, pair[1], counts[i], 1472);
		assert_int_equal(sent.accepted, counts[i]);
		assert_int_equal(sent.refused, 0);
		assert_int_equal(sent.calls, 1);
	}
	close(pair[0]);
	close(pair[1]);
}

static void addresses_of_both_families_carry(void **state)
{
	struct sockaddr_storage a = address("::1", 0);
	int pair[2] = {-1, -1};
	for (int i = 0; i < 2; i++) {
		if (pf_udp_open(&pair[i], (void *)&a, NULL) < 0)
			skip(); /* a machine without IPv6 */
	}
	pf_udp_receive_trains(pair[1]);
	struct sockaddr_storage to = name_of(pair[1]);
	assert_int_equal(pf_udp_address_bytes((void *)&to), sizeof(struct sockaddr_in6));
	assert_int_equal(pf_udp_connect(pair[0], (void *)&to), PF_OK);
	struct pf_udp_sender s = {.fd = pair[0], .gso = true, .train = 16};
	struct pf_udp_sent sent = exchange(&s, pair[1], 40, 1452);
	assert_int_equal(sent.accepted, 40);
	close(pair[0]);
	close(pair[1]);
}

/* Whether or not this kernel segments, and whether or not the receiver takes trains, every datagram arrives once;
 * trains of 16, and a tail. */
static void trains_arrive_as_single_datagrams(void **state)
{
	int pair[2];
	make_pair(pair);
	struct pf_udp_sender s = {.fd = pair[0], .gso = true, .train = 16};
	static const unsigned counts[] = {1, 2, 16, 17, 33, 64};
	for (size_t i = 0; i < 12; i++) {
		if (i == 6)
			pf_udp_receive_trains(pair[1]);
		struct pf_udp_sent sent = exchange(&s, pair[1], counts[i % 6], 1472);
		assert_int_equal(sent.accepted, counts[i % 6]);
		assert_int_equal(sent.refused, 0);
	}
	struct pf_udp_sent sent = exchange(&s, pair[1], 20, 9216);
	assert_int_equal(sent.accepted, 20);
	close(pair[0]);
	close(pair[1]);
}

/* A call takes 32 messages: one that is full may have left something. */
static void an_emptied_socket_is_known(void **state)
{
	int pair[2];
	make_pair(pair);
	struct pf_udp_receiver *r;
	assert_int_equal(pf_udp_receiver_create(&r, 100), PF_OK);
	unsigned sent = 0, got = 0;
	for (; sent < 100; sent++)
		assert_int_equal(send(pair[0], &sent, sizeof(sent), 0), sizeof(sent));
	while (got < sent) {
		struct pollfd p = {.fd = pair[1], .events = POLLIN};
		assert_int_equal(poll(&p, 1, 2000), 1);
		int n = pf_udp_receive_batch(r, pair[1]);
		assert_in_range(n, 1, 32);
		assert_int_equal(pf_udp_emptied(r), n < 32);
		got += (unsigned)n;
	}
	assert_int_equal(pf_udp_receive_batch(r, pair[1]), 0);
	assert_true(pf_udp_emptied(r));
	pf_udp_receiver_destroy(r);
	close(pair[0]);
	close(pair[1]);
}

/* `len` bytes that count up from `first`, as one train of `segment` bytes each, or as a single datagram (0). */
static void send_train(
	int fd, const struct sockaddr_storage *to, unsigned first, size_t len, uint16_t segment)
{
	uint8_t bytes[4096];
	assert_true(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(first + i);
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
	} control = {0};
	struct iovec part = {.iov_base = bytes, .iov_len = len};
	struct msghdr m = {.msg_name = (void *)to,
		.msg_namelen = pf_udp_address_bytes((const void *)to),
		.msg_iov = &part,
		.msg_iovlen = 1};
	if (segment > 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_UDP;
		c->cmsg_type = UDP_SEGMENT;
		c->cmsg_len = CMSG_LEN(sizeof(segment));
		memcpy(CMSG_DATA(c), &segment, sizeof(segment));
	}
	if (sendmsg(fd, &m, 0) < 0 && segment > 0)
		skip(); /* a kernel without segmentation */
}

/* Trains of several sizes with short tails, single and empty datagrams, from two senders in turn, some longer than
 * the receiver wants them. */
static void mixed_trains_come_apart_in_order(void **state)
{
	static const struct {
		unsigned sender;
		size_t len;
		uint16_t segment;
	} train[] = {{0, 1000, 100}, {1, 1050, 100}, {0, 0, 0}, {0, 7, 0}, {1, 3999, 1333}, {0, 64, 1},
		{1, 0, 0}, {1, 4000, 700}, {0, 900, 900}};
	enum { TRAINS = sizeof(train) / sizeof(train[0]), MAX = 600 };
	int sender[] = {open_loopback(), open_loopback()}, fd = open_loopback();
	struct sockaddr_storage to = name_of(fd);
	pf_udp_receive_trains(fd);
	for (unsigned i = 0; i < TRAINS; i++)
		send_train(sender[train[i].sender], &to, i, train[i].len, train[i].segment);
	struct pf_udp_receiver *r;
	struct pf_udp_datagram d;
	assert_int_equal(pf_udp_receiver_create(&r, MAX), PF_OK);
	assert_false(pf_udp_next(r, &d));
	for (unsigned i = 0; i < TRAINS; i++) {
		struct sockaddr_storage from = name_of(sender[train[i].sender]);
		size_t at = 0;
		do {
			struct pollfd p = {.fd = fd, .events = POLLIN};
			while (!pf_udp_next(r, &d)) {
				assert_int_equal(poll(&p, 1, 2000), 1);
				assert_true(pf_udp_receive_batch(r, fd) > 0);
			}
			size_t left = train[i].len - at;
			size_t len = train[i].segment && train[i].segment < left ? train[i].segment : left;
			assert_int_equal(d.len, len < MAX ? len : MAX);
			for (size_t k = 0; k < d.len; k++)
				assert_int_equal(d.data[k], (uint8_t)(i + at + k));
			assert_memory_equal(d.from, &from, pf_udp_address_bytes((void *)&from));
			at += len;
		} while (at < train[i].len);
	}
	assert_false(pf_udp_next(r, &d));
	assert_int_equal(pf_udp_receive_batch(r, fd), 0);
	pf_udp_receiver_destroy(r);
	close(sender[0]);
	close(sender[1]);
	close(fd);
}

static void a_train_comes_in_one_message(void **state)
{
	int pair[2], on = 0;
	make_pair(pair);
	socklen_t len = sizeof(on);
	pf_udp_receive_trains(pair[1]);
	if (getsockopt(pair[1], SOL_UDP, UDP_GRO, &on, &len) < 0 || !on)
		skip(); /* a kernel without it */
	uint8_t bytes[1000] = {0}, *datagram[PF_UDP_SEND_MAX];
	for (unsigned i = 0; i < PF_UDP_SEND_MAX; i++)
		datagram[i] = bytes;
	struct pf_udp_sender s = {.fd = pair[0], .gso = true, .train = 64};
	struct pf_udp_sent sent;
	assert_int_equal(pf_udp_send_batch(&s, datagram, PF_UDP_SEND_MAX, sizeof(bytes), &sent), PF_OK);
	struct pf_udp_receiver *r;
	assert_int_equal(pf_udp_receiver_create(&r, sizeof(bytes)), PF_OK);
	struct pollfd p = {.fd = pair[1], .events = POLLIN};
	assert_int_equal(poll(&p, 1, 2000), 1);
	if (s.gso) /* more than a call takes of single ones */
		assert_int_equal(pf_udp_receive_batch(r, pair[1]), PF_UDP_SEND_MAX);
	pf_udp_receiver_destroy(r);
	close(pair[0]);
	close(pair[1]);
}

static void a_deaf_socket_still_sends(void **state)
{
	int pair[2];
	make_pair(pair);
	assert_int_equal(pf_udp_stop_receiving(pair[0]), PF_OK);
	assert_int_equal(send(pair[1], "PFpunch1", 8, 0), 8);
	struct pf_udp_sender s = {.fd = pair[0]};
	exchange(&s, pair[1], 3, 100);
	char byte;
	assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(pair[0]);
	close(pair[1]);
}

static void a_peer_that_is_gone_costs_datagrams_not_the_socket(void **state)
{
	int pair[2];
	make_pair(pair);
	close(pair[1]);
	uint8_t bytes[8] = {0}, *datagram[] = {bytes, bytes, bytes};
	struct pf_udp_sender s = {.fd = pair[0]};
	unsigned refused = 0;
	for (int i = 0; i < 10; i++) {
		struct pf_udp_sent sent;
		assert_int_equal(pf_udp_send_batch(&s, datagram, 3, sizeof(bytes), &sent), PF_OK);
		assert_int_equal(sent.accepted + sent.refused, 3);
		refused += sent.refused;
	}
	assert_true(refused > 0);
	close(pair[0]);

	struct pf_udp_sent sent;
	s.fd = pair[0]; /* closed: EBADF is not a passing trouble */
	assert_int_equal(pf_udp_send_batch(&s, datagram, 3, sizeof(bytes), &sent), PF_ERR_IO);
	assert_int_equal(sent.refused, 3);
}

static void errors_are_told_apart(void **state)
{
	static const int passing[] = {
		EAGAIN, ECONNREFUSED, ECONNRESET, ENOBUFS, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN};
	static const int final[] = {EBADF, ENOTSOCK, EINVAL, EACCES, EPERM, EMSGSIZE, ENODEV};
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		assert_true(pf_udp_error_passes(passing[i]));
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		assert_false(pf_udp_error_passes(final[i]));
}

/* The last one: from here on this process sends no train. */
static void refused_trains_are_sent_again_one_by_one(void **state)
{
	int pair[2], one = 1;
	make_pair(pair);
	/* Without checksums the kernel does not segment (EIO). */
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)), 0);
	struct pf_udp_sender s = {.fd = pair[0], .gso = true, .train = 64};
	static const unsigned calls[] = {2, 1};
	for (size_t i = 0; i < 2; i++) {
		struct pf_udp_sent sent = exchange(&s, pair[1], 40, 1472);
		assert_int_equal(sent.accepted, 40);
		assert_int_equal(sent.calls, calls[i]);
	}
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_peers_are_known),
		cmocka_unit_test(marking_follows_the_peer_or_the_operator),
		cmocka_unit_test(a_taken_port_is_told_with_a_remedy),
		cmocka_unit_test(batches_arrive_as_they_were_sent),
		cmocka_unit_test(trains_arrive_as_single_datagrams),
		cmocka_unit_test(an_emptied_socket_is_known),
		cmocka_unit_test(mixed_trains_come_apart_in_order),
		cmocka_unit_test(a_train_comes_in_one_message),
		cmocka_unit_test(addresses_of_both_families_carry),
		cmocka_unit_test(a_deaf_socket_still_sends),
		cmocka_unit_test(a_peer_that_is_gone_costs_datagrams_not_the_socket),
		cmocka_unit_test(errors_are_told_apart),
		cmocka_unit_test(refused_trains_are_sent_again_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
