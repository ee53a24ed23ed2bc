#include "packet/packetiser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "media/unit.h"

#define PACKETS_MAX 20000

/* Everything that one packetiser gave out, in order. */
struct sink {
	struct pf_packet_header header[PACKETS_MAX];
	size_t count;
};

static struct pf_packetiser *make(unsigned shard, unsigned per_block, unsigned percent)
{
	struct pf_packetiser *p = NULL;
	const struct pf_packetiser_params params = {
		.shard_payload = shard,
		.max_data_per_block = per_block,
		.fec_percent = percent,
	};
	assert_int_equal(pf_packetiser_create(&p, &params), PF_OK);
	return p;
}

/* Unit memory as media/unit.h wants it. */
static uint8_t *unit_bytes(size_t len)
{
	uint8_t *data = calloc(1, len + PF_UNIT_PADDING);
	assert_non_null(data);
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 131 + 7);
	return data;
}

static void drain(struct pf_packetiser *p, unsigned max, struct sink *sink)
{
	struct pf_batch b;
	while (pf_packetiser_next(p, max, &b) == PF_OK && b.count > 0) {
		for (unsigned i = 0; i < b.count; i++) {
			assert_true(sink->count < PACKETS_MAX);
			const uint8_t *at = b.datagram[i] + PF_SEAL_SEQ_BYTES;
			int rc = pf_packet_header_read(
				&sink->header[sink->count++], at, PF_PACKET_HEADER_BYTES);
			assert_int_equal(rc, PF_OK);
		}
	}
	assert_int_equal(pf_packetiser_left(p), 0);
}

static void cut_whole(
	struct pf_packetiser *p, size_t len, uint32_t index, uint32_t user_flags, struct sink *sink)
{
	uint8_t *data = unit_bytes(len);
	const struct pf_cut cut = {
		.data = data, .len = len, .frame_index = index, .user_flags = user_flags, .pts_ns = 5};
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_OK);
	drain(p, PF_BATCH_MAX, sink);
	free(data);
}

static void check_flags(const struct sink *s)
{
	for (size_t i = 0; i < s->count; i++) {
		unsigned wanted = PF_PACKET_PICTURE;
		if (i == 0)
			wanted |= PF_PACKET_FIRST;
		if (i == s->count - 1)
			wanted |= PF_PACKET_LAST;
		assert_int_equal(s->header[i].flags, wanted);
		assert_int_equal(s->header[i].stream_seq, s->header[0].stream_seq + i);
	}
}

static void data_of_all_blocks_goes_before_parity(void **state)
{
	static const unsigned order[11][2] = {
		{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}, {1, 2}, {0, 4}, {0, 5}, {1, 3}, {1, 4}};
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 4, 50);
	cut_whole(p, 100, 0, 0, s);
	assert_int_equal(s->count, 11);
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(s->header[i].block_index, order[i][0]);
		assert_int_equal(s->header[i].shard_index, order[i][1]);
	}
	check_flags(s);

	s->count = 0;
	assert_int_equal(pf_packetiser_set_fec_percent(p, 0), PF_OK);
	cut_whole(p, 100, 1, 0, s);
	assert_int_equal(s->count, 7);
	check_flags(s);
	assert_int_equal(s->header[6].recovery_shards, 0);
	pf_packetiser_destroy(p);
	free(s);
}

static void an_empty_unit_is_one_packet(void **state)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 4, 0);
	cut_whole(p, 0, 0, 0, s);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->header[0].frame_bytes, 0);
	assert_int_equal(s->header[0].data_shards, 1);
	assert_int_equal(s->header[0].flags, PF_PACKET_PICTURE | PF_PACKET_FIRST | PF_PACKET_LAST);
	pf_packetiser_destroy(p);
	free(s);
}

static void filler_counts_for_itself(void **state)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 64, 0);
	cut_whole(p, 1, 100000, PF_UNIT_PIC, s);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pf_packetiser_begin_filler(p, 16, 9), PF_OK);
		drain(p, 1, s);
	}
	cut_whole(p, 1, 7, PF_UNIT_PIC, s);
	assert_int_equal(s->count, 5);
	static const uint32_t index[] = {100000, 0, 1, 2, 7};
	for (unsigned i = 0; i < 5; i++) {
		bool filler = i > 0 && i < 4;
		assert_int_equal(s->header[i].frame_index, index[i]);
		assert_int_equal(s->header[i].user_flags, filler ? PF_UNIT_PROBE : PF_UNIT_PIC);
		assert_int_equal(s->header[i].stream_seq, i);
	}
	assert_int_equal(pf_packetiser_begin_filler(p, 0, 9), PF_ERR_INVALID);
	assert_int_equal(pf_packetiser_begin_filler(p, PF_FILLER_BYTES_MAX + 1, 9), PF_ERR_INVALID);
	assert_int_equal(pf_packetiser_begin_filler(p, PF_FILLER_BYTES_MAX, 9), PF_OK);
	pf_packetiser_destroy(p);
	free(s);
}

static void raised_parity_never_passes_the_total_of_the_start(void **state)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 4, 10);
	assert_int_equal(pf_packetiser_set_fec_percent(p, 50), PF_OK);
	cut_whole(p, 96, 0, 0, s);
	/* Blocks 4 + 1 (T = 5) and 2 + 1. */
	assert_int_equal(s->count, 8);
	for (size_t i = 0; i < s->count; i++)
		assert_in_range(s->header[i].data_shards + s->header[i].recovery_shards, 1, 5);
	check_flags(s);
	pf_packetiser_destroy(p);

	/* Started without parity, a full block has no room at all, a smaller last one has. */
	p = make(16, 8, 0);
	s->count = 0;
	assert_int_equal(pf_packetiser_set_fec_percent(p, 50), PF_OK);
	cut_whole(p, 192, 0, 0, s);
	assert_int_equal(s->count, 8 + 4 + 2);
	assert_int_equal(s->header[0].recovery_shards, 0);
	assert_int_equal(s->header[8].recovery_shards, 2);
	check_flags(s);
	pf_packetiser_destroy(p);
	free(s);
}

static void two_parity_shards_are_the_floor_when_asked_for(void **state)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = NULL;
	const struct pf_packetiser_params params = {
		.shard_payload = 16, .max_data_per_block = 64, .fec_percent = 10, .two_parity_shards = true};
	assert_int_equal(pf_packetiser_create(&p, &params), PF_OK);
	cut_whole(p, 48, 0, 0, s);
	assert_int_equal(s->header[0].recovery_shards, 2);
	cut_whole(p, 1024, 1, 0, s);
	assert_int_equal(s->header[5].recovery_shards, 7);
	assert_int_equal(pf_packetiser_set_fec_percent(p, 0), PF_OK);
	s->count = 0;
	cut_whole(p, 16, 2, 0, s);
	assert_int_equal(s->header[0].recovery_shards, 0);
	pf_packetiser_destroy(p);
	free(s);
}

static void a_new_shard_size_waits_for_the_next_unit(void **state)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 64, 50);
	uint8_t *data = unit_bytes(320);
	const struct pf_cut cut = {.data = data, .len = 320};
	struct pf_batch b;
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_OK);
	assert_int_equal(pf_packetiser_next(p, 7, &b), PF_OK);
	assert_int_equal(b.count, 7);
	assert_int_equal(pf_packetiser_set_shard_payload(p, PF_SHARD_MAX), PF_OK);
	assert_int_equal(pf_packetiser_set_fec_percent(p, 0), PF_OK);
	drain(p, PF_BATCH_MAX, s);
	assert_int_equal(s->count, 20 + 10 - 7);
	assert_int_equal(s->header[0].shard_bytes, 16);

	s->count = 0;
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_OK);
	assert_int_equal(pf_packetiser_datagram_bytes(p), 9216);
	drain(p, PF_BATCH_MAX, s);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->header[0].shard_bytes, PF_SHARD_MAX);

	assert_int_equal(pf_packetiser_set_shard_payload(p, 1407), PF_ERR_INVALID);
	assert_int_equal(pf_packetiser_set_shard_payload(p, PF_SHARD_MAX + 2), PF_ERR_INVALID);
	assert_int_equal(pf_packetiser_set_fec_percent(p, 91), PF_ERR_INVALID);
	free(data);
	pf_packetiser_destroy(p);
	free(s);
}

static void what_no_client_takes_is_refused(void **state)
{
	uint8_t byte[1 + PF_UNIT_PADDING] = {0};
	struct pf_packetiser *p = make(2, 1, 0);
	struct pf_cut cut = {.data = byte, .len = PF_UNIT_BYTES_MAX + 1};
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_ERR_LIMIT);
	cut.len = 2 * 65535 + 1; /* 65536 blocks */
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_ERR_LIMIT);
	assert_int_equal(pf_packetiser_left(p), 0);
	cut = (struct pf_cut){.len = 1};
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_ERR_INVALID);
	assert_int_equal(pf_packetiser_extend(p, byte, 1, true, true), PF_ERR_INVALID);
	pf_packetiser_destroy(p);

	static const struct pf_packetiser_params bad[] = {
		{.shard_payload = 0, .max_data_per_block = 4},
		{.shard_payload = 15, .max_data_per_block = 4},
		{.shard_payload = 9154, .max_data_per_block = 4},
		{.shard_payload = 16, .max_data_per_block = 0},
		{.shard_payload = 16, .max_data_per_block = 4097},
		{.shard_payload = 16, .max_data_per_block = 4, .fec_percent = 91},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pf_packetiser_create(&p, &bad[i]), PF_ERR_INVALID);
}

/* Feeds `count` pieces of a unit, one slice each; returns the whole length. */
static size_t stream_pieces(struct pf_packetiser *p, enum pf_stream_mode mode, const size_t *piece,
	size_t count, struct sink *sink)
{
	size_t len = 0, all = 0;
	for (size_t i = 0; i < count; i++)
		all += piece[i];
	uint8_t *data = unit_bytes(all);
	const struct pf_cut cut = {.pts_ns = 12345};
	assert_int_equal(pf_packetiser_stream(p, &cut, mode), PF_OK);
	for (size_t i = 0; i < count; i++) {
		len += piece[i];
		assert_int_equal(pf_packetiser_extend(p, data, len, true, i == count - 1), PF_OK);
		drain(p, 5, sink);
	}
	free(data);
	return all;
}

static void streamed_blocks_carry_sentinels(void **state)
{
	static const size_t piece[] = {50, 50, 50};
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 4, 50);
	stream_pieces(p, PF_STREAM_BLOCKS, piece, 3, s);
	assert_int_equal(s->count, 15);
	check_flags(s);
	for (size_t i = 0; i < 15; i++) {
		const struct pf_packet_header *h = &s->header[i];
		bool final = i >= 12;
		assert_int_equal(h->block_index, i / 6);
		assert_int_equal(h->shard_index, i % 6);
		assert_int_equal(h->block_count, final ? 3 : 0);
		assert_int_equal(h->frame_bytes, final ? 150 : 0);
		assert_int_equal(h->data_shards, final ? 2 : 4);
		assert_int_equal(h->recovery_shards, final ? 1 : 2);
	}
	pf_packetiser_destroy(p);
	free(s);
}

static void streamed_unit_of_one_block_has_the_plain_shape(void **state)
{
	static const size_t piece[] = {20, 0, 44};
	struct sink *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct pf_packetiser *p = make(16, 4, 50), *q = make(16, 4, 50);
	size_t len = stream_pieces(p, PF_STREAM_BLOCKS, piece, 3, a);
	uint8_t *data = unit_bytes(len);
	const struct pf_cut cut = {.data = data, .len = len, .pts_ns = 12345};
	assert_int_equal(pf_packetiser_begin(q, &cut), PF_OK);
	drain(q, PF_BATCH_MAX, b);
	assert_int_equal(a->count, 6);
	assert_int_equal(b->count, 6);
	assert_memory_equal(a->header, b->header, 6 * sizeof(a->header[0]));
	free(data);
	pf_packetiser_destroy(p);
	pf_packetiser_destroy(q);
	free(a);
	free(b);
}

static void slices_leave_as_blocks_that_tile_the_unit(void **state)
{
	static const size_t piece[] = {320, 403, 100, 200};
	static const unsigned k[] = {19, 26, 18, 1}, base[] = {0, 19, 45, 63};
	struct sink *s = calloc(1, sizeof(*s));
	struct pf_packetiser *p = make(16, 64, 0);
	stream_pieces(p, PF_STREAM_SLICES, piece, 4, s);
	assert_int_equal(s->count, 64);
	check_flags(s);
	for (size_t i = 0, block = 0; i < 64; i++) {
		const struct pf_packet_header *h = &s->header[i];
		if (block < 3 && i == base[block + 1])
			block++;
		assert_int_equal(h->user_flags, PF_UNIT_SLICE_STREAM);
		assert_int_equal(h->block_index, block);
		assert_int_equal(h->block_count, block == 3 ? 4 : 0);
		assert_int_equal(h->data_shards, k[block]);
		assert_int_equal(h->frame_bytes, block == 3 ? 1023 : base[block] * 16);
		assert_int_equal(h->shard_index, i - base[block]);
	}
	pf_packetiser_destroy(p);
	free(s);
}

/* Sequence numbers belong to places in the batch, so two cores may share it. */
static void two_sealers_give_what_one_gives(void **state)
{
	static const uint8_t key[16] = {1, 2, 3}, salt[4] = {9, 9, 9, 9};
	struct pf_seal *one, *other;
	struct pf_batch a, b;
	uint8_t *data = unit_bytes(20480);
	const struct pf_cut cut = {.data = data, .len = 20480};
	struct pf_packetiser *p = make(512, 64, 20), *q = make(512, 64, 20);
	assert_int_equal(pf_seal_create(&one, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	assert_int_equal(pf_seal_create(&other, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	assert_int_equal(pf_packetiser_begin(p, &cut), PF_OK);
	assert_int_equal(pf_packetiser_begin(q, &cut), PF_OK);
	assert_int_equal(pf_packetiser_next(p, PF_BATCH_MAX, &a), PF_OK);
	assert_int_equal(pf_packetiser_next(q, PF_BATCH_MAX, &b), PF_OK);
	assert_int_equal(a.count, 48);
	assert_int_equal(b.count, 48);
	for (unsigned i = 0; i < 48; i++)
		pf_seal_datagram(one, 1000 + i, a.datagram[i], pf_batch_plain_bytes(&a));
	for (unsigned i = 48; i-- > 24;)
		pf_seal_datagram(other, 1000 + i, b.datagram[i], pf_batch_plain_bytes(&b));
	for (unsigned i = 0; i < 24; i++)
		pf_seal_datagram(one, 1000 + i, b.datagram[i], pf_batch_plain_bytes(&b));
	for (unsigned i = 0; i < 48; i++)
		assert_memory_equal(a.datagram[i], b.datagram[i], a.datagram_bytes);
	pf_seal_destroy(one);
	pf_seal_destroy(other);
	pf_packetiser_destroy(p);
	pf_packetiser_destroy(q);
	free(data);
}

/* Data lies in one piece, and so does parity: what is sent as one train is one or two pieces of memory. */
static void datagrams_of_a_batch_are_neighbours(void **state)
{
	static const unsigned shard[] = {PF_SHARD_DEFAULT_IPV4, PF_SHARD_DEFAULT_IPV6, 16};
	for (size_t i = 0; i < sizeof(shard) / sizeof(shard[0]); i++) {
		size_t len = (size_t)150 * shard[i];
		uint8_t *data = unit_bytes(len);
		const struct pf_cut cut = {.data = data, .len = len};
		struct pf_packetiser *p = make(shard[i], 100, 50);
		struct pf_batch b;
		unsigned borders = 0, seen = 0;
		assert_int_equal(pf_packetiser_begin(p, &cut), PF_OK);
		while (pf_packetiser_next(p, 40, &b) == PF_OK && b.count > 0) {
			for (unsigned n = 1; n < b.count; n++)
				borders += b.datagram[n] != b.datagram[n - 1] + b.datagram_bytes;
			seen += b.count;
		}
		/* 40 40 40 | 30 data and 10 parity, 40 parity; the other block's 25 */
		assert_int_equal(seen, 225);
		assert_int_equal(borders, 1);
		pf_packetiser_destroy(p);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_all_blocks_goes_before_parity),
		cmocka_unit_test(an_empty_unit_is_one_packet),
		cmocka_unit_test(filler_counts_for_itself),
		cmocka_unit_test(raised_parity_never_passes_the_total_of_the_start),
		cmocka_unit_test(two_parity_shards_are_the_floor_when_asked_for),
		cmocka_unit_test(a_new_shard_size_waits_for_the_next_unit),
		cmocka_unit_test(what_no_client_takes_is_refused),
		cmocka_unit_test(streamed_blocks_carry_sentinels),
		cmocka_unit_test(streamed_unit_of_one_block_has_the_plain_shape),
		cmocka_unit_test(slices_leave_as_blocks_that_tile_the_unit),
		cmocka_unit_test(two_sealers_give_what_one_gives),
		cmocka_unit_test(datagrams_of_a_batch_are_neighbours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
