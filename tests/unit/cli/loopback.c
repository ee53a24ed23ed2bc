#include "cli/loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet/packetiser.h"

#define BYTES_MAX (3u << 20) /* with the smallest shards more than one block */

static uint8_t *data;

static struct pf_unit make_unit(uint32_t index, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 + index);
	memset(data + len, 0, PF_UNIT_PADDING);
	return (struct pf_unit){.data = data,
		.len = len,
		.frame_index = index,
		.pts_ns = 1000 + index,
		.key = index == 0,
		.repeat = index == 3,
		.recovery_anchor = index == 5};
}

static void units_come_out_as_they_went_in(void **state)
{
	static const size_t sizes[] = {1, 512, 513, 1024, 100000, BYTES_MAX, 7, BYTES_MAX};
	struct pf_reason reason = {0};
	struct pf_loopback *l;
	assert_int_equal(pf_loopback_create(&l, PF_SHARD_MIN, &reason), PF_OK);
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < 8; i++) {
		struct pf_unit u = make_unit(i, sizes[i]);
		assert_int_equal(pf_loopback_pass(l, &u, &reason), PF_OK);
		bytes += sizes[i];
	}
	struct pf_loopback_counts c = pf_loopback_count(l);
	assert_int_equal(c.units, 8);
	assert_int_equal(c.lost, 4);
	assert_int_equal(c.repaired, 4);
	uint64_t shards = 0;
	for (size_t i = 0; i < 8; i++)
		shards += (sizes[i] + PF_SHARD_MIN - 1) / PF_SHARD_MIN;
	assert_int_equal(c.datagrams - c.parity, shards);
	assert_true(c.parity >= shards / 10);
	assert_true(c.bytes > bytes + bytes / 10);
	pf_loopback_destroy(l);
}

static void a_unit_that_does_not_come_out_is_told(void **state)
{
	struct pf_reason reason = {0};
	struct pf_loopback *l;
	assert_int_equal(pf_loopback_create(&l, PF_SHARD_DEFAULT_IPV4, &reason), PF_OK);
	struct pf_unit u = make_unit(4, 5000);
	assert_int_equal(pf_loopback_pass(l, &u, &reason), PF_OK);
	/* The client has had number 4. */
	assert_int_equal(pf_loopback_pass(l, &u, &reason), PF_ERR_NOT_FOUND);
	assert_string_equal(reason.text, "unit 4 of 5000 bytes came out of the protocol core 0 times");
	u.len = PF_UNIT_BYTES_MAX + 1;
	assert_int_equal(pf_loopback_pass(l, &u, &reason), PF_ERR_LIMIT);
	assert_int_equal(pf_loopback_count(l).units, 1);
	pf_loopback_destroy(l);
}

static void impossible_shards_are_refused(void **state)
{
	static const unsigned bad[] = {0, PF_SHARD_MIN - 2, PF_SHARD_MIN + 1, PF_SHARD_MAX + 2};
	for (size_t i = 0; i < 4; i++) {
		struct pf_reason reason = {0};
		struct pf_loopback *l = NULL;
		assert_int_equal(pf_loopback_create(&l, bad[i], &reason), PF_ERR_INVALID);
		assert_null(l);
		assert_non_null(strstr(reason.text, "512 to 9152"));
	}
}

static int make_data(void **state)
{
	data = malloc(BYTES_MAX + PF_UNIT_PADDING);
	return data ? 0 : -1;
}

static int free_data(void **state)
{
	free(data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_come_out_as_they_went_in),
		cmocka_unit_test(a_unit_that_does_not_come_out_is_told),
		cmocka_unit_test(impossible_shards_are_refused),
	};
	return cmocka_run_group_tests(tests, make_data, free_data);
}
