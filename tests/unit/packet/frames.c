/* frames.json: headers, shards and sealed datagrams of whole and streamed units, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "media/unit.h"
#include "packet/packetiser.h"
#include "support/vectors.h"

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

struct vector_run {
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	uint64_t seq;
	const json_t *packets;
	size_t next;
};

static void check_packet(struct vector_run *run, uint8_t *datagram, const struct pf_batch *b)
{
	const json_t *packet = json_array_get(run->packets, run->next++);
	assert_non_null(packet);
	size_t len;
	uint8_t *header = vectors_bytes(packet, "header", &len);
	assert_int_equal(len, PF_PACKET_HEADER_BYTES);
	assert_memory_equal(datagram + PF_SEAL_SEQ_BYTES, header, len);
	free(header);
	assert_true(vectors_number(packet, "seq") == run->seq);
	assert_sha256(datagram + PF_DATAGRAM_SHARD_OFFSET, b->datagram_bytes - PF_DATAGRAM_OVERHEAD,
		vectors_string(packet, "shard_sha256"));
	pf_seal_datagram(run->seal, run->seq++, datagram, pf_batch_plain_bytes(b));
	assert_sha256(datagram, b->datagram_bytes, vectors_string(packet, "datagram_sha256"));
}

static void check_batches(struct vector_run *run)
{
	struct pf_batch b;
	for (;;) {
		assert_int_equal(pf_packetiser_next(run->packetiser, 9, &b), PF_OK);
		if (b.count == 0)
			return;
		for (unsigned i = 0; i < b.count; i++)
			check_packet(run, b.datagram[i], &b);
	}
}

/* "byte i = (i*A+7)&255, length N", the rule of whole units in the vectors. */
static uint8_t *input_of(const char *rule, size_t *len)
{
	unsigned factor = 0;
	assert_int_equal(sscanf(rule, "byte i = (i*%u+7)&255, length %zu", &factor, len), 2);
	uint8_t *data = calloc(1, *len + PF_UNIT_PADDING);
	assert_non_null(data);
	for (size_t i = 0; i < *len; i++)
		data[i] = (uint8_t)(i * factor + 7);
	return data;
}

/* The rule of streamed units: chunk c has bytes (c*57+i*131+7)&255. */
static void run_streamed(struct vector_run *run, const struct pf_cut *cut, enum pf_stream_mode mode,
	const size_t *chunk, size_t n)
{
	uint8_t *data = calloc(1, 2048 + PF_UNIT_PADDING);
	size_t len = 0;
	assert_int_equal(pf_packetiser_stream(run->packetiser, cut, mode), PF_OK);
	for (size_t c = 0; c < n; c++) {
		for (size_t i = 0; i < chunk[c]; i++)
			data[len++] = (uint8_t)(c * 57 + i * 131 + 7);
		assert_int_equal(pf_packetiser_extend(run->packetiser, data, len, true, c == n - 1), PF_OK);
		check_batches(run);
	}
	free(data);
}

static void run_frame(struct vector_run *run, const json_t *frame)
{
	static const size_t blocks[] = {50, 50, 50}, slices[] = {320, 403, 100, 200};
	struct pf_cut cut = {
		.frame_index = (uint32_t)vectors_number(frame, "frame_index"),
		.user_flags = (uint32_t)vectors_number(frame, "user_flags"),
		.pts_ns = vectors_number(frame, "pts_ns"),
	};
	const char *rule = vectors_string(frame, "input");
	run->packets = vectors_get(frame, "packets");
	run->next = 0;
	if (strncmp(rule, "three chunks", 12) == 0) {
		run_streamed(run, &cut, PF_STREAM_BLOCKS, blocks, 3);
	} else if (strncmp(rule, "chunks of", 9) == 0) {
		run_streamed(run, &cut, PF_STREAM_SLICES, slices, 4);
	} else {
		uint8_t *data = input_of(rule, &cut.len);
		cut.data = data;
		assert_int_equal(pf_packetiser_begin(run->packetiser, &cut), PF_OK);
		check_batches(run);
		free(data);
	}
	assert_int_equal(run->next, json_array_size(run->packets));
}

static void run_group(const json_t *group)
{
	size_t len, i;
	json_t *frame;
	uint8_t *key = vectors_bytes(group, "key", &len), *salt = vectors_bytes(group, "salt", &len);
	unsigned k = (unsigned)vectors_number(group, "max_data_per_block");
	unsigned total = (unsigned)vectors_number(group, "max_total_shards");
	unsigned percent = (unsigned)vectors_number(group, "fec_percent"), start = percent;
	while (k + (k * start + 99) / 100 > total)
		start--; /* the group says at which total it was opened, not at which percentage */
	struct vector_run run = {
		.packetiser = make((unsigned)vectors_number(group, "shard_payload"), k, start)};
	assert_int_equal(pf_packetiser_set_fec_percent(run.packetiser, percent), PF_OK);
	assert_int_equal(
		pf_seal_create(&run.seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
	json_array_foreach(vectors_get(group, "frames"), i, frame) run_frame(&run, frame);
	pf_seal_destroy(run.seal);
	pf_packetiser_destroy(run.packetiser);
	free(key);
	free(salt);
}

static void frames_match_the_vectors_to_the_byte(void **state)
{
	json_t *root = vectors_load("frames.json"), *group;
	size_t i;
	json_array_foreach(vectors_get(root, "groups"), i, group) run_group(group);
	assert_int_equal(i, 7);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_match_the_vectors_to_the_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
