#include "packet/gs_packetiser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fec/fec8.h"
#include "support/vectors.h"

#define PACKETS_MAX 5000

/* The generator of gamestream 10. */
static void fill(uint8_t *out, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		out[i] = (uint8_t)(seed >> 24);
	}
}

static struct pf_unit make_unit(size_t len, uint32_t seed)
{
	struct pf_unit u = {.data = calloc(1, len + PF_UNIT_PADDING), .len = len};
	fill(u.data, len, seed);
	return u;
}

/* Every packet of the unit, one behind the other; returns how many. */
static size_t collect(struct pf_gs_packetiser *p, uint8_t **out, unsigned batch_max)
{
	size_t bytes = pf_gs_packetiser_datagram_bytes(p), count = 0;
	*out = malloc(PACKETS_MAX * bytes);
	struct pf_batch b;
	for (;;) {
		assert_int_equal(pf_gs_packetiser_next(p, batch_max, &b), PF_OK);
		if (b.count == 0)
			return count;
		for (unsigned i = 0; i < b.count; i++)
			memcpy(*out + count++ * bytes, b.datagram[i], bytes);
		assert_true(count < PACKETS_MAX);
	}
}

static struct pf_gs_packetiser *make(unsigned size, unsigned percent, unsigned min_parity, unsigned headroom)
{
	const struct pf_gs_packetiser_params params = {size, percent, min_parity, headroom};
	struct pf_gs_packetiser *p = NULL;
	assert_int_equal(pf_gs_packetiser_create(&p, &params), PF_OK);
	return p;
}

/* Units that bring the counters to where the vector wants them. */
static void advance(struct pf_gs_packetiser *p, uint32_t frames, uint32_t packets)
{
	for (uint32_t f = 0; f < frames; f++) {
		uint32_t now = f + 1 == frames ? packets - f : 1;
		size_t media = pf_gs_packetiser_datagram_bytes(p) - 32;
		struct pf_unit u = make_unit(now * media - 8, 1);
		uint8_t *all;
		pf_gs_packetiser_set_fec_percent(p, 0);
		assert_int_equal(pf_gs_packetiser_begin(p, &u, 0), PF_OK);
		assert_int_equal(collect(p, &all, 64), now);
		free(all);
		free(u.data);
	}
}

static void check_vector(const json_t *v, unsigned batch_max)
{
	unsigned percent = (unsigned)vectors_number(v, "fec_percentage");
	uint32_t first = (uint32_t)vectors_number(v, "first_seq"),
		 frame = (uint32_t)vectors_number(v, "frame_index");
	struct pf_gs_packetiser *p = make((unsigned)vectors_number(v, "packet_size"), percent,
		(unsigned)vectors_number(v, "min_fec"), 0);
	struct pf_unit u = make_unit(
		vectors_number(v, "bitstream_len"), (uint32_t)vectors_number(v, "bitstream_prng_seed"));
	u.key = vectors_number(v, "frame_type") == 2;
	u.pts_ns = vectors_number(v, "rtp_timestamp") * 100000 / 9;
	/* Only frames whose numbers can be reached have been there before; the others begin a stream. */
	bool reachable = first >= frame - 1 && (first == 0) == (frame == 1);
	if (reachable)
		advance(p, frame - 1, first);
	pf_gs_packetiser_set_fec_percent(p, percent);
	assert_int_equal(
		pf_gs_packetiser_begin(p, &u, (unsigned)vectors_number(v, "latency_tenths_ms")), PF_OK);
	uint8_t *all;
	size_t count = collect(p, &all, batch_max), bytes = pf_gs_packetiser_datagram_bytes(p);
	assert_int_equal(count, vectors_number(vectors_get(v, "result"), "packets"));
	if (!reachable) {
		/* Later frame, first packet: put the frame index where it belongs. */
		for (size_t i = 0; i < count; i++)
			all[i * bytes + 20] = (uint8_t)frame;
	}
	assert_sha256(all, count * bytes, vectors_string(v, "packets_sha256"));
	free(all);
	free(u.data);
	pf_gs_packetiser_destroy(p);
}

static void test_vectors(void **state)
{
	json_t *all = vectors_load("gamestream-control.json");
	size_t i;
	json_t *v;
	json_array_foreach(vectors_get(all, "video_packetiser"), i, v)
	{
		check_vector(v, 64);
		check_vector(v, 1);
		check_vector(v, 7);
	}
	json_decref(all);
}

/* --- any size: what a client does with it --- */

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Loses data packets of a block, as many as there is parity, repairs them, and compares what a client reads. */
static void check_repair(uint8_t *block, unsigned k, unsigned m, size_t bytes, uint64_t *random)
{
	struct pf_fec8 *fec = NULL;
	uint8_t *data[255];
	const uint8_t *parity[255];
	bool have[255];
	uint8_t *copy = malloc(k * bytes);
	memcpy(copy, block, k * bytes);
	for (unsigned i = 0; i < k; i++) {
		data[i] = copy + i * bytes;
		have[i] = true;
	}
	for (unsigned i = 0; i < m; i++)
		parity[i] = block + (k + i) * bytes;
	for (unsigned lost = 0; lost < m && lost < k; lost++) {
		unsigned at = (unsigned)(random_next(random) % k);
		have[at] = false;
		memset(data[at], 0, bytes);
	}
	assert_int_equal(pf_fec8_create(&fec, PF_FEC8_CAUCHY, NULL), PF_OK);
	assert_int_equal(pf_fec8_repair(fec, data, have, k, parity, m, bytes), PF_OK);
	for (unsigned i = 0; i < k; i++) {
		assert_memory_equal(data[i] + 16, block + i * bytes + 16, 4);
		assert_memory_equal(data[i] + 24, block + i * bytes + 24, 3);
		assert_memory_equal(data[i] + 32, block + i * bytes + 32, bytes - 32);
	}
	pf_fec8_destroy(fec);
	free(copy);
}

static void check_unit(
	struct pf_gs_packetiser *p, unsigned percent, size_t len, uint32_t *next, uint64_t *random)
{
	struct pf_unit u = make_unit(len, (uint32_t)len);
	uint8_t *all, *media = calloc(1, len + 8192);
	pf_gs_packetiser_set_fec_percent(p, percent);
	assert_int_equal(pf_gs_packetiser_begin(p, &u, 12), PF_OK);
	size_t left = pf_gs_packetiser_left(p);
	size_t count = collect(p, &all, 1 + (unsigned)(random_next(random) % 64));
	size_t bytes = pf_gs_packetiser_datagram_bytes(p), got = 0;
	assert_int_equal(count, left);
	unsigned blocks = (all[27] >> 6) + 1u, block = 0;
	for (size_t at = 0; at < count; block++) {
		uint8_t *first = all + at * bytes;
		uint32_t info = get32(first + 28);
		unsigned k = info >> 22, share = info >> 4 & 0xff, m = (k * share + 99) / 100;
		assert_true(k + m <= 255 || (m == 0 && k <= 1023));
		assert_true(at + k + m <= count);
		for (unsigned i = 0; i < k + m; i++) {
			const uint8_t *s = first + i * bytes;
			assert_int_equal(s[0], 0x90);
			assert_int_equal(s[2] << 8 | s[3], (*next + at + i) & 0xffff);
			assert_int_equal(s[27], block << 4 | (blocks - 1) << 6);
			assert_int_equal(get32(s + 28), k << 22 | i << 12 | share << 4);
			if (i >= k)
				continue;
			assert_int_equal(get32(s + 16) >> 8, (*next + at + i) & 0xffffff);
			assert_int_equal(s[24], 1 | (i == 0) << 2 | (i + 1 == k) << 1);
			memcpy(media + got, s + 32, bytes - 32);
			got += bytes - 32;
		}
		if (m > 0)
			check_repair(first, k, m, bytes, random);
		at += k + m;
	}
	assert_int_equal(block, blocks);
	assert_memory_equal(media + 8, u.data, len);
	size_t last = (8 + len) % (bytes - 32);
	assert_int_equal(media[4] | media[5] << 8, last ? last : bytes - 32);
	*next += (uint32_t)count;
	free(all);
	free(media);
	free(u.data);
}

static void test_sizes_and_shares(void **state)
{
	static const unsigned shares[] = {0, 1, 5, 20, 33, 50, 90, 255};
	uint64_t random = 77;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		for (unsigned min = 0; min <= 4; min += 2) {
			struct pf_gs_packetiser *p = make(64, shares[i], min, 0);
			uint32_t next = 0;
			for (size_t len = 1; len < 60000; len = len * 3 / 2 + random_next(&random) % 97)
				check_unit(p, shares[i], len, &next, &random);
			check_unit(p, shares[i], (size_t)48 * 4 * 1023 - 8, &next, &random);
			pf_gs_packetiser_destroy(p);
		}
	}
}

static void test_limits(void **state)
{
	struct pf_gs_packetiser *p = make(64, 20, 2, 0);
	struct pf_unit u = make_unit((size_t)48 * 4 * 1023 - 7, 1);
	assert_int_equal(pf_gs_packetiser_begin(p, &u, 0), PF_ERR_LIMIT);
	assert_int_equal(pf_gs_packetiser_left(p), 0);
	u.len = 0;
	assert_int_equal(pf_gs_packetiser_begin(p, &u, 0), PF_ERR_INVALID);
	free(u.data);
	pf_gs_packetiser_destroy(p);
	static const unsigned bad[] = {0, 16, 63, 72, 2064, 4096};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct pf_gs_packetiser_params params = {.packet_size = bad[i]};
		assert_int_equal(pf_gs_packetiser_create(&p, &params), PF_ERR_INVALID);
	}
}

/* What is done to a batch with headroom does not reach the parity. */
static void test_headroom(void **state)
{
	struct pf_gs_packetiser *plain = make(1024, 20, 2, 0), *room = make(1024, 20, 2, 32);
	struct pf_unit u = make_unit(200000, 5);
	uint8_t *all;
	assert_int_equal(pf_gs_packetiser_begin(plain, &u, 0), PF_OK);
	assert_int_equal(pf_gs_packetiser_begin(room, &u, 0), PF_OK);
	size_t count = collect(plain, &all, 64), at = 0;
	struct pf_batch b;
	while (pf_gs_packetiser_next(room, 64, &b) == PF_OK && b.count > 0) {
		assert_int_equal(b.datagram_bytes, 32 + 1040);
		for (unsigned i = 0; i < b.count; i++, at++) {
			assert_memory_equal(b.datagram[i] + 32, all + at * 1040, 1040);
			memset(b.datagram[i], 0xee, b.datagram_bytes);
		}
	}
	assert_int_equal(at, count);
	free(all);
	free(u.data);
	pf_gs_packetiser_destroy(plain);
	pf_gs_packetiser_destroy(room);
}

/* What leaves together lies together, whether shards are sent or copies of them. */
static void test_datagrams_are_neighbours(void **state)
{
	for (unsigned headroom = 0; headroom <= 32; headroom += 32) {
		struct pf_gs_packetiser *p = make(1024, 20, 0, headroom);
		struct pf_unit u = make_unit(100000, 3);
		struct pf_batch b;
		unsigned seen = 0;
		assert_int_equal(pf_gs_packetiser_begin(p, &u, 0), PF_OK);
		while (pf_gs_packetiser_next(p, PF_BATCH_MAX, &b) == PF_OK && b.count > 0) {
			for (unsigned i = 1; i < b.count; i++)
				assert_ptr_equal(b.datagram[i], b.datagram[i - 1] + b.datagram_bytes);
			seen += b.count;
		}
		assert_int_equal(seen, 100 + 20);
		free(u.data);
		pf_gs_packetiser_destroy(p);
	}
}

/* Repeats are dated later than the picture behind them. */
static void test_timestamps_rise(void **state)
{
	static const uint64_t pts_ms[] = {1000, 1100, 1050, 1050, 1200};
	struct pf_gs_packetiser *p = make(64, 0, 0, 0);
	struct pf_unit u = make_unit(10, 1);
	uint32_t last = 0;
	for (size_t i = 0; i < sizeof(pts_ms) / sizeof(pts_ms[0]); i++) {
		uint8_t *all;
		u.pts_ns = pts_ms[i] * 1000000;
		assert_int_equal(pf_gs_packetiser_begin(p, &u, 0), PF_OK);
		assert_int_equal(collect(p, &all, 64), 1);
		uint32_t now = (uint32_t)all[4] << 24 | all[5] << 16 | all[6] << 8 | all[7];
		assert_true(now > last);
		last = now;
		free(all);
	}
	assert_int_equal(last, 1200 * 90);
	free(u.data);
	pf_gs_packetiser_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_sizes_and_shares),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_headroom),
		cmocka_unit_test(test_timestamps_rise),
		cmocka_unit_test(test_datagrams_are_neighbours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
