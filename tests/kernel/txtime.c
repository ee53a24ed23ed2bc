/* The fq queueing discipline keeps our packets until the times that we give them. Runs as root in scripts/kernel-vm. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/udp.h"

#define BYTES   1472
#define TRAIN   16
#define WAIT_MS 20000
#define MS      INT64_C(1000000)

static int receiver = -1; /* at the other end of the cable, in a network of its own */
static int home = -1;
static struct sockaddr_in peer = {.sin_family = AF_INET};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int lay_cable(void **state)
{
	char command[160];
	socklen_t len = sizeof(peer);
	run("sysctl -qw net.core.wmem_max=33554432 net.core.rmem_max=33554432");
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(home >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	snprintf(command, sizeof(command), "ip link add far type veth peer name cable netns %d",
		(int)getppid());
	run(command);
	run("ip addr add 10.9.0.2/24 dev far && ip link set far up");
	assert_int_equal(inet_pton(AF_INET, "10.9.0.2", &peer.sin_addr), 1);
	assert_int_equal(pf_udp_open(&receiver, (void *)&peer, NULL), PF_OK);
	assert_int_equal(getsockname(receiver, (void *)&peer, &len), 0);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	run("ip addr add 10.9.0.1/24 dev cable && ip link set cable up");
	return 0;
}

/* The far network ends with its last socket, and the cable with it. */
static int take_cable_up(void **state)
{
	close(receiver);
	close(home);
	return 0;
}

static int connected(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = -1;
	assert_int_equal(pf_udp_open(&fd, (void *)&any, NULL), PF_OK);
	assert_int_equal(pf_udp_connect(fd, (void *)&peer), PF_OK);
	return fd;
}

/* The next datagram's number, in its first byte. */
static unsigned receive(void)
{
	uint8_t bytes[BYTES + 1];
	struct pollfd p = {.fd = receiver, .events = POLLIN};
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	assert_int_equal(recv(receiver, bytes, sizeof(bytes), 0), BYTES);
	return bytes[0];
}

static void send_batch(struct pf_udp_sender *s, unsigned count)
{
	static uint8_t memory[PF_UDP_SEND_MAX][BYTES];
	uint8_t *datagram[PF_UDP_SEND_MAX];
	struct pf_udp_sent sent;
	for (unsigned i = 0; i < count; i++) {
		memory[i][0] = (uint8_t)i;
		datagram[i] = memory[i];
	}
	assert_int_equal(pf_udp_send_batch(s, datagram, count, BYTES, &sent), PF_OK);
	assert_int_equal(sent.accepted, count);
}

static void nothing_leaves_before_its_time(void **state)
{
	run("tc qdisc replace dev cable root fq flow_limit 2000");
	for (int gso = 0; gso < 2; gso++) {
		struct pf_udp_sender s = {.fd = connected(), .gso = gso, .train = TRAIN, .timed = true};
		struct pf_reason reason = {0};
		if (pf_udp_ask_times(s.fd, &reason) < 0)
			fail_msg("%s", reason.text);
		s.leave_ns = pf_now_ns() + 300 * MS;
		s.step_ns = 200 * MS;
		send_batch(&s, 3 * TRAIN);
		for (unsigned i = 0; i < 3 * TRAIN; i++) {
			assert_int_equal(receive(), i);
			assert_true(pf_now_ns() >= s.leave_ns + i / TRAIN * s.step_ns);
		}
		close(s.fd);
	}
}

/* As single packets, with the limit that our documentation tells to set. */
static void a_large_picture_finds_room(void **state)
{
	run("tc qdisc replace dev cable root fq flow_limit 2000");
	struct pf_udp_sender s = {.fd = connected(), .train = TRAIN, .timed = true};
	assert_int_equal(pf_udp_ask_times(s.fd, NULL), PF_OK);
	int64_t start = pf_now_ns() + 300 * MS;
	for (unsigned b = 0; b < 5; b++) {
		s.leave_ns = start + b * 100 * MS;
		send_batch(&s, PF_UDP_SEND_MAX);
	}
	for (unsigned i = 0; i < 5 * PF_UDP_SEND_MAX; i++) {
		assert_int_equal(receive(), i % PF_UDP_SEND_MAX);
		assert_true(pf_now_ns() >= start + i / PF_UDP_SEND_MAX * 100 * MS);
	}
	close(s.fd);
}

static void another_discipline_is_refused(void **state)
{
	struct pf_reason reason = {0};
	run("tc qdisc replace dev cable root pfifo");
	int fd = connected();
	assert_int_equal(pf_udp_ask_times(fd, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "root fq"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_before_its_time),
		cmocka_unit_test(a_large_picture_finds_room),
		cmocka_unit_test(another_discipline_is_refused),
	};
	return cmocka_run_group_tests(tests, lay_cable, take_cable_up);
}
