/* Sealed streams with loss, noise and disorder (native-media 8.1 items 12 and 14, 8.2) and the vector file
 * of whole frames (9.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hex.h"
#include "cut.h"
#include "sink.h"
#include "support/vectors.h"

#define PTS UINT64_C(1751500000000000000)

static void every_eighth_packet_deleted(void **state)
{
	static const size_t sizes[] = {1, 40000, 80000, 120000, 160000};
	uint64_t seed = 4711;
	uint8_t *data = malloc(160000);
	assert_non_null(data);
	random_fill(&seed, data, 160000);
	for (unsigned variant = 0; variant < 6; variant++) {
		struct cut c = {.scheme = variant % 2,
			.shard_bytes = 1024,
			.data_max = 32,
			.percent = 25,
			.total_max = 40};
		struct cut_unit u[5];
		struct sink s;
		sink_init(&s, &c, (int)(variant / 2) - 1);
		for (uint32_t i = 0; i < 5; i++) {
			u[i] = (struct cut_unit){.frame_index = i,
				.user_flags = 1,
				.pts_ns = PTS + i * UINT64_C(16666667),
				.data = data,
				.len = sizes[i]};
			cut_whole(&c, &u[i]);
		}
		for (size_t i = 0; i < c.count; i++) {
			if (i % 8 != 7)
				sink_feed(&s, &c.packet[i]);
		}
		assert_int_equal(s.units, 5);
		for (size_t i = 0; i < 5; i++)
			sink_assert_unit(&s, i, &u[i]);
		assert_int_equal(sink_stats(&s).bytes_in_flight, 0);
		sink_finish(&s);
		cut_clear(&c);
	}
	free(data);
}

static size_t sweep(unsigned scheme, bool streamed, unsigned every)
{
	uint8_t *data = malloc(100000);
	assert_non_null(data);
	uint64_t seed = every + 1;
	random_fill(&seed, data, 100000);
	struct cut c = {
		.scheme = scheme, .shard_bytes = 1024, .data_max = 64, .percent = 25, .total_max = 80};
	struct sink s;
	sink_init(&s, &c, PF_CIPHER_AES128_GCM);
	size_t n = 0;
	for (uint32_t i = 0; i < 50; i++) {
		const struct cut_unit u = {.frame_index = i,
			.user_flags = 1,
			.pts_ns = PTS + i * UINT64_C(16666667),
			.data = data,
			.len = 100000};
		if (streamed)
			cut_streamed(&c, &u);
		else
			cut_whole(&c, &u);
		assert_int_equal(c.count, 80 + 43);
		for (size_t k = 0; k < c.count; k++, n++) {
			if (every == 0 || n % every != every - 1)
				sink_feed(&s, &c.packet[k]);
		}
		if (s.units > 0)
			assert_memory_equal(s.unit[s.units - 1].data, data, 100000);
		cut_clear(&c);
	}
	size_t units = s.units;
	sink_finish(&s);
	free(data);
	return units;
}

static void loss_sweep(void **state)
{
	static const unsigned whole[] = {0, 32, 16, 8, 6}, broken[] = {4, 3, 2};
	for (unsigned scheme = 0; scheme < 2; scheme++) {
		for (int streamed = 0; streamed < 2; streamed++) {
			for (size_t i = 0; i < 5; i++)
				assert_int_equal(sweep(scheme, streamed, whole[i]), 50);
			for (size_t i = 0; i < 3; i++)
				assert_int_equal(sweep(scheme, streamed, broken[i]), 0);
		}
	}
}

static void damaged_datagrams_change_nothing(void **state)
{
	uint8_t data[3000];
	uint64_t seed = 99;
	random_fill(&seed, data, sizeof(data));
	struct cut c = {.scheme = 1, .shard_bytes = 512, .data_max = 64, .percent = 25, .total_max = 80};
	const struct cut_unit u = {
		.frame_index = 1, .user_flags = 1, .pts_ns = PTS, .data = data, .len = sizeof(data)};
	cut_whole(&c, &u);
	struct sink s;
	sink_init(&s, &c, PF_CIPHER_AES128_GCM);
	uint8_t datagram[600], copy[600];
	size_t len = sink_seal(&s, &c.packet[0], datagram);
	for (size_t cut = 0; cut < len; cut++) {
		memcpy(copy, datagram, cut);
		pf_receiver_feed(s.receiver, copy, cut, 0);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		memcpy(copy, datagram, len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		pf_receiver_feed(s.receiver, copy, len, 0);
	}
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = random_next(&seed) % sizeof(copy);
		random_fill(&seed, copy, n);
		pf_receiver_feed(s.receiver, copy, n, 0);
	}
	struct pf_receiver_stats stats = sink_stats(&s);
	assert_int_equal(stats.datagrams, 0);
	assert_true(stats.noise > 0);
	assert_int_equal(stats.noise + stats.auth_failed, len + len * 8 + 2000);
	/* The good one opens once, its copy never. */
	memcpy(copy, datagram, len);
	pf_receiver_feed(s.receiver, copy, len, 0);
	pf_receiver_feed(s.receiver, datagram, len, 0);
	stats = sink_stats(&s);
	assert_int_equal(stats.datagrams, 1);
	assert_int_equal(stats.replayed, 1);
	for (size_t i = 1; i < 6; i++)
		sink_feed(&s, &c.packet[i]);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &u);
	sink_finish(&s);
	cut_clear(&c);
}

/* Opened packets whose headers are random, or good ones with damage: nothing but bounds to assert. */
static void nonsense_headers_are_survived(void **state)
{
	uint8_t data[20000];
	uint64_t seed = 31337;
	random_fill(&seed, data, sizeof(data));
	struct cut c = {.scheme = 1, .shard_bytes = 512, .data_max = 16, .percent = 50, .total_max = 24};
	struct sink s;
	sink_init(&s, &c, -1);
	for (uint32_t i = 0; i < 200; i++) {
		const size_t chunks[] = {8500, 3000, 8500};
		const struct cut_unit u = {.frame_index = i,
			.pts_ns = PTS + i * UINT64_C(8000000),
			.data = data,
			.len = sizeof(data),
			.chunks = chunks,
			.chunk_count = 3};
		if (i % 3 == 0)
			cut_whole(&c, &u);
		else if (i % 3 == 1)
			cut_streamed(&c, &u);
		else
			cut_slices(&c, &u);
		for (size_t k = 0; k < 2 * c.count; k++) {
			uint8_t packet[PF_PACKET_HEADER_BYTES + 512];
			size_t len = cut_write(&c.packet[random_next(&seed) % c.count], packet);
			if (random_next(&seed) % 4 == 0)
				packet[16 + random_next(&seed) % 20] ^=
					(uint8_t)(1 << random_next(&seed) % 8);
			if (random_next(&seed) % 16 == 0)
				random_fill(&seed, packet, 36);
			pf_receiver_feed(s.receiver, packet, len, 0);
			assert_true(sink_stats(&s).bytes_in_flight <= 4u * (8 << 20));
		}
		cut_clear(&c);
	}
	assert_true(sink_stats(&s).malformed > 100);
	assert_true(s.units > 0);
	sink_finish(&s);
}

/* The input bytes of a frame of frames.json; its rules are few. */
static size_t vector_input(const char *rule, uint8_t *out)
{
	unsigned factor = 0;
	size_t len = 0;
	if (sscanf(rule, "byte i = (i*%u+7)&255, length %zu", &factor, &len) == 2) {
		for (size_t i = 0; i < len; i++)
			out[i] = (uint8_t)(i * factor + 7);
		return len;
	}
	static const size_t streamed[] = {50, 50, 50}, sliced[] = {320, 403, 100, 200};
	bool slices = strncmp(rule, "chunks of 320,403,100,200", 25) == 0;
	if (!slices && strncmp(rule, "three chunks c=0,1,2 of 50 bytes", 32) != 0)
		return strstr(rule, "empty") ? 0 : SIZE_MAX;
	for (size_t ch = 0; ch < (slices ? 4u : 3u); ch++) {
		for (size_t i = 0; i < (slices ? sliced : streamed)[ch]; i++)
			out[len++] = (uint8_t)(ch * 57 + i * 131 + 7);
	}
	return len;
}

static void take_vector_frame(void *user, const struct pf_received_unit *unit)
{
	struct pf_received_unit *got = user;
	static uint8_t copy[70000];
	assert_true(unit->len <= sizeof(copy));
	if (unit->len > 0)
		memcpy(copy, unit->data, unit->len);
	*got = *unit;
	got->data = copy;
}

/* Cuts the frame anew, with the vector's headers deciding the shape, seals it, and compares both. */
static void feed_vector_frame(struct pf_receiver *r, struct pf_seal *seal, const json_t *group,
	const json_t *frame, const uint8_t *data, size_t len)
{
	const json_t *packets = vectors_get(frame, "packets");
	unsigned k = (unsigned)vectors_number(group, "max_data_per_block");
	struct cut c = {.scheme = 1,
		.shard_bytes = (unsigned)vectors_number(group, "shard_payload"),
		.data_max = k,
		.percent = (unsigned)vectors_number(group, "fec_percent"),
		.total_max = (unsigned)vectors_number(group, "max_total_shards")};
	static const size_t sliced[] = {320, 403, 100, 200};
	const struct cut_unit u = {.frame_index = (uint32_t)vectors_number(frame, "frame_index"),
		.user_flags = (uint32_t)vectors_number(frame, "user_flags"),
		.pts_ns = vectors_number(frame, "pts_ns"),
		.data = data,
		.len = len,
		.chunks = sliced,
		.chunk_count = 4};
	const char *name = vectors_string(group, "name");
	if (u.user_flags & PF_UNIT_SLICE_STREAM)
		cut_slices(&c, &u);
	else if (strncmp(name, "streamed", 8) == 0)
		cut_streamed(&c, &u);
	else
		cut_whole(&c, &u);
	assert_int_equal(c.count, json_array_size(packets));
	for (size_t i = 0; i < c.count; i++) {
		const json_t *p = json_array_get(packets, i);
		size_t header_len;
		uint8_t *header = vectors_bytes(p, "header", &header_len);
		assert_int_equal(header_len, PF_PACKET_HEADER_BYTES);
		uint8_t datagram[PF_SEAL_OVERHEAD + PF_PACKET_HEADER_BYTES + 1408];
		memcpy(datagram + PF_SEAL_SEQ_BYTES, header, header_len);
		memcpy(datagram + PF_SEAL_SEQ_BYTES + header_len, c.packet[i].shard, c.shard_bytes);
		assert_sha256(c.packet[i].shard, c.shard_bytes, vectors_string(p, "shard_sha256"));
		pf_seal_datagram(seal, vectors_number(p, "seq"), datagram, header_len + c.shard_bytes);
		size_t total = PF_SEAL_OVERHEAD + header_len + c.shard_bytes;
		assert_sha256(datagram, total, vectors_string(p, "datagram_sha256"));
		pf_receiver_feed(r, datagram, total, 0);
		free(header);
	}
	cut_clear(&c);
}

static void frames_of_the_vector_file_arrive(void **state)
{
	json_t *file = vectors_load("frames.json");
	static uint8_t data[70000];
	size_t g, f;
	const json_t *group, *frame;
	json_array_foreach(vectors_get(file, "groups"), g, group)
	{
		size_t key_len, salt_len;
		uint8_t *key = vectors_bytes(group, "key", &key_len);
		uint8_t *salt = vectors_bytes(group, "salt", &salt_len);
		struct pf_receiver_params params = {.sealed = true,
			.key = key,
			.fec_scheme = 1,
			.fec_percent = (unsigned)vectors_number(group, "fec_percent"),
			.max_data_per_block = (unsigned)vectors_number(group, "max_data_per_block"),
			.shard_payload = (unsigned)vectors_number(group, "shard_payload"),
			.max_unit_bytes = 8 << 20};
		memcpy(params.salt, salt, PF_SEAL_SALT_BYTES);
		const struct pf_receiver_events events = {.on_unit = take_vector_frame};
		struct pf_received_unit got;
		struct pf_receiver *r;
		struct pf_seal *seal;
		assert_int_equal(pf_receiver_create(&r, &params, &events, &got), PF_OK);
		assert_int_equal(
			pf_seal_create(&seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT), PF_OK);
		json_array_foreach(vectors_get(group, "frames"), f, frame)
		{
			size_t len = vector_input(vectors_string(frame, "input"), data);
			assert_true(len <= sizeof(data));
			got = (struct pf_received_unit){.frame_index = UINT32_MAX};
			feed_vector_frame(r, seal, group, frame, data, len);
			assert_int_equal(got.frame_index, vectors_number(frame, "frame_index"));
			assert_int_equal(got.user_flags, vectors_number(frame, "user_flags"));
			assert_int_equal(got.pts_ns, vectors_number(frame, "pts_ns"));
			assert_int_equal(got.len, len);
			if (len > 0)
				assert_memory_equal(got.data, data, len);
		}
		pf_receiver_destroy(r);
		pf_seal_destroy(seal);
		free(key);
		free(salt);
	}
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_eighth_packet_deleted),
		cmocka_unit_test(loss_sweep),
		cmocka_unit_test(damaged_datagrams_change_nothing),
		cmocka_unit_test(nonsense_headers_are_survived),
		cmocka_unit_test(frames_of_the_vector_file_arrive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
