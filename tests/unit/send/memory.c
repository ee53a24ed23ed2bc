/* Units of sizes that were there before cost no memory: neither the formats, parity and seals nor the send calls ask
 * for any. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "packet/header.h"
#include "send/transmit.h"

#define LARGE_BYTES 700000
#define UNITS       40

static unsigned allocations;

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
	allocations++;
	return __real_malloc(bytes);
}

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes)
{
	allocations++;
	return __real_calloc(count, bytes);
}

void *__real_realloc(void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes)
{
	allocations++;
	return __real_realloc(old, bytes);
}

void *__real_aligned_alloc(size_t align, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes)
{
	allocations++;
	return __real_aligned_alloc(align, bytes);
}

static const uint8_t key[16] = {1, 2, 3};
static const _Atomic bool stop;

/* Over a socket whose peer's buffer overflows: what does not fit is lost, as on any way. */
static int open_pair(int *peer)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, host = a;
	socklen_t len = sizeof(a);
	int fd = -1;
	assert_int_equal(pf_udp_open(peer, (void *)&a, NULL), PF_OK);
	assert_int_equal(getsockname(*peer, (void *)&a, &len), 0);
	assert_int_equal(pf_udp_open(&fd, (void *)&host, NULL), PF_OK);
	assert_int_equal(pf_udp_connect(fd, (void *)&a), PF_OK);
	return fd;
}

static void send_units(struct pf_transmit *t, uint8_t *data)
{
	struct pf_transmit_times times = {0};
	for (unsigned i = 0; i < UNITS; i++) {
		struct pf_unit unit = {.data = data, .len = LARGE_BYTES - i * LARGE_BYTES / UNITS};
		assert_int_equal(t->wire->impl->begin(t->wire, &unit), PF_OK);
		assert_int_equal(pf_transmit_burst(t, SIZE_MAX, &times), PF_OK);
	}
}

static unsigned allocations_when_warm(struct pf_wire *wire)
{
	int peer = -1;
	uint8_t *data = calloc(1, LARGE_BYTES + PF_UNIT_PADDING);
	struct pf_transmit t = {.wire = wire, .stop = &stop, .socket = {.gso = true, .train = 16}};
	assert_non_null(data);
	t.socket.fd = open_pair(&peer);
	send_units(&t, data);
	allocations = 0;
	send_units(&t, data);
	unsigned later = allocations;
	free(data);
	close(t.socket.fd);
	close(peer);
	pf_wire_destroy(wire);
	return later;
}

static void native_units_cost_no_memory(void **state)
{
	const struct pf_wire_native_params params = {.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.fec_percent = 20};
	struct pf_wire *wire;
	allocations = 0;
	assert_int_equal(pf_wire_native_create(&wire, &params), PF_OK);
	assert_true(allocations > 0); /* they are counted */
	assert_int_equal(allocations_when_warm(wire), 0);
}

static void gamestream_units_cost_no_memory(void **state)
{
	const struct pf_wire_gamestream_params params = {.packet_size = 1024, .fec_percent = 20, .key = key};
	struct pf_wire *wire;
	assert_int_equal(pf_wire_gamestream_create(&wire, &params), PF_OK);
	assert_int_equal(allocations_when_warm(wire), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_units_cost_no_memory),
		cmocka_unit_test(gamestream_units_cost_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
