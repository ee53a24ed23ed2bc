/* In a network namespace of its own, with a cable and a queueing discipline that every kernel has. */
#include "os/egress.h"

#include <arpa/inet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/udp.h"

#define QUEUE "tbf rate 100mbit burst 100k latency 50ms"

static bool cable; /* it could be made: as root, with iproute2 */

static int make_cable(void **state)
{
	cable = unshare(CLONE_NEWNET) == 0 &&
		system("ip link set lo up && "
		       "ip link add cable numtxqueues 2 type veth peer name far && "
		       "ip addr add 10.9.0.1/24 dev cable && "
		       "ip addr add fd00:9::1/64 dev cable nodad && "
		       "ip link set far up && ip link set cable up && "
		       "tc qdisc replace dev cable root " QUEUE) == 0;
	return 0;
}

static int connected(const char *ip)
{
	struct sockaddr_storage to = {0};
	struct sockaddr_in *in = (void *)&to;
	struct sockaddr_in6 *in6 = (void *)&to;
	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(9);
		assert_int_equal(inet_pton(AF_INET6, ip, &in6->sin6_addr), 1);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(9);
		assert_int_equal(inet_pton(AF_INET, ip, &in->sin_addr), 1);
	}
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(pf_udp_connect(fd, (void *)&to), PF_OK);
	return fd;
}

static int has(const char *ip, const char *kind)
{
	int fd = connected(ip), rc = pf_egress_has_qdisc(fd, kind);
	close(fd);
	return rc;
}

static void the_device_of_the_route_is_asked(void **state)
{
	if (!cable)
		skip();
	static const char *const far[] = {"10.9.0.2", "fd00:9::2", "::ffff:10.9.0.2"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(has(far[i], "tbf"), 1);
		assert_int_equal(has(far[i], "fq"), 0);
	}
	assert_int_equal(has("127.0.0.1", "tbf"), 0);
	assert_int_equal(has("::1", "tbf"), 0);
}

static void queues_below_the_root_count(void **state)
{
	if (!cable)
		skip();
	if (system("tc qdisc replace dev cable root handle 1: mq 2>/dev/null") != 0)
		skip(); /* a kernel without it */
	assert_int_equal(has("10.9.0.2", "tbf"), 0);
	assert_int_equal(system("tc qdisc replace dev cable parent 1:2 " QUEUE), 0);
	assert_int_equal(has("10.9.0.2", "tbf"), 1);
	assert_int_equal(has("10.9.0.2", "mq"), 1);
}

static void a_socket_without_a_peer_has_no_way_out(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(pf_egress_has_qdisc(fd, "fq"), PF_ERR_IO);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_of_the_route_is_asked),
		cmocka_unit_test(queues_below_the_root_count),
		cmocka_unit_test(a_socket_without_a_peer_has_no_way_out),
	};
	return cmocka_run_group_tests(tests, make_cable, NULL);
}
