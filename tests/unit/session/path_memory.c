#include "session/path_memory.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_in6 address(unsigned number)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};
	a.sin6_addr.s6_addr[0] = 0xfd;
	a.sin6_addr.s6_addr[14] = (uint8_t)(number >> 8);
	a.sin6_addr.s6_addr[15] = (uint8_t)number;
	return a;
}

static void a_small_path_is_remembered_until_it_proves_full(void **state)
{
	struct pf_path_memory m = {0};
	struct sockaddr_in6 a = address(1), b = address(2);
	pf_path_memory_note(&m, (struct sockaddr *)&a, 1280);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&a), 1280);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&b), 0);
	pf_path_memory_note(&m, (struct sockaddr *)&a, 1400);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&a), 1400);
	pf_path_memory_note(&m, (struct sockaddr *)&a, PF_PATH_FULL_BYTES);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&a), 0);
}

static void mapped_and_plain_ipv4_are_one_peer(void **state)
{
	struct pf_path_memory m = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.0.0.1", &mapped.sin6_addr), 1);
	pf_path_memory_note(&m, (struct sockaddr *)&v4, 1300);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&mapped), 1300);
}

static void the_oldest_makes_room(void **state)
{
	struct pf_path_memory m = {0};
	for (unsigned i = 0; i <= PF_PATHS_REMEMBERED; i++) {
		struct sockaddr_in6 a = address(i);
		pf_path_memory_note(&m, (struct sockaddr *)&a, 1200 + i);
	}
	struct sockaddr_in6 first = address(0), last = address(PF_PATHS_REMEMBERED);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&first), 0);
	assert_int_equal(pf_path_memory_get(&m, (struct sockaddr *)&last), 1200 + PF_PATHS_REMEMBERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_path_is_remembered_until_it_proves_full),
		cmocka_unit_test(mapped_and_plain_ipv4_are_one_peer),
		cmocka_unit_test(the_oldest_makes_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
