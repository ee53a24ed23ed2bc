#include "packet/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "seal/seal.h"
#include "support/vectors.h"

static const struct pf_packet_header sample = {
	.pts_ns = 0x0102030405060708,
	.frame_index = 0x11121314,
	.stream_seq = 0x21222324,
	.frame_bytes = 0x31323334,
	.user_flags = 0x41424344,
	.block_index = 0x5152,
	.block_count = 0x6162,
	.data_shards = 0x7172,
	.recovery_shards = 0x8182,
	.shard_index = 0x9192,
	.shard_bytes = 0xa1a2,
	.fec_scheme = 1,
	.flags = 7,
};

static void fields_stand_where_the_wire_wants_them(void **state)
{
	size_t len;
	uint8_t *wanted = hex_bytes("0807060504030201 14131211 24232221 34333231 44434241"
				    "5251 6261 7271 8281 9291 a2a1 c9 01 01 07",
		&len);
	uint8_t got[PF_PACKET_HEADER_BYTES];
	assert_int_equal(len, PF_PACKET_HEADER_BYTES);
	pf_packet_header_write(got, &sample);
	assert_memory_equal(got, wanted, len);
	free(wanted);
}

static void reading_gives_what_was_written(void **state)
{
	uint8_t bytes[PF_PACKET_HEADER_BYTES + 1] = {0}, again[PF_PACKET_HEADER_BYTES];
	struct pf_packet_header h;
	pf_packet_header_write(bytes, &sample);
	assert_int_equal(pf_packet_header_read(&h, bytes, sizeof(bytes)), PF_OK);
	pf_packet_header_write(again, &h);
	assert_memory_equal(bytes, again, sizeof(again));
	bytes[37] = 2; /* the version is no receiver's business */
	assert_int_equal(pf_packet_header_read(&h, bytes, PF_PACKET_HEADER_BYTES), PF_OK);
}

static void every_cut_and_a_wrong_magic_are_refused(void **state)
{
	uint8_t bytes[PF_PACKET_HEADER_BYTES];
	struct pf_packet_header h = {.pts_ns = 77};
	pf_packet_header_write(bytes, &sample);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_int_equal(pf_packet_header_read(&h, bytes, n), PF_ERR_TRUNCATED);
	bytes[36] = 0xC8;
	assert_int_equal(pf_packet_header_read(&h, bytes, sizeof(bytes)), PF_ERR_INVALID);
	assert_true(h.pts_ns == 77);
}

static void default_shards_fill_the_path(void **state)
{
	assert_int_equal(PF_SHARD_DEFAULT_IPV4 + PF_PACKET_HEADER_BYTES + PF_SEAL_OVERHEAD, 1472);
	assert_int_equal(PF_SHARD_DEFAULT_IPV6 + PF_PACKET_HEADER_BYTES + PF_SEAL_OVERHEAD, 1452);
	assert_int_equal(PF_SHARD_MAX + PF_PACKET_HEADER_BYTES + PF_SEAL_OVERHEAD, 9216);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_stand_where_the_wire_wants_them),
		cmocka_unit_test(reading_gives_what_was_written),
		cmocka_unit_test(every_cut_and_a_wrong_magic_are_refused),
		cmocka_unit_test(default_shards_fill_the_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
