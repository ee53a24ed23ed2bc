/*
 * Units of random shapes on a lossy way: shard and block sizes, parity, whole and streamed, in any order. A unit
 * arrives exactly when enough shards of each of its blocks do, and the headers keep every limit of a sender.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "client/receiver.h"
#include "packet/packetiser.h"
#include "support/vectors.h"

#define UNIT_MAX    120000
#define PACKETS_MAX 1000 /* of one unit: its data, and parity of at most as much and one per block */
#define PLAIN_MAX   (PF_PACKET_HEADER_BYTES + 2048)

struct packet {
	struct pf_packet_header header;
	size_t len;
	uint8_t bytes[PLAIN_MAX];
};

/* One connection with the unit that is on its way. */
struct way {
	uint64_t random;
	struct pf_packetiser *packetiser;
	struct pf_receiver *receiver;
	unsigned shard_bytes, data_max, total_max;
	uint8_t unit[UNIT_MAX + PF_UNIT_PADDING];
	size_t len;
	uint32_t index;
	struct packet packet[PACKETS_MAX];
	size_t count;
	unsigned arrived[PACKETS_MAX]; /* different shards, by block */
	unsigned delivered;
};

static unsigned below(struct way *w, unsigned n)
{
	return (unsigned)(random_next(&w->random) >> 32) % n;
}

static void check_unit(void *user, const struct pf_received_unit *unit)
{
	struct way *w = user;
	assert_int_equal(unit->frame_index, w->index);
	assert_int_equal(unit->len, w->len);
	assert_memory_equal(unit->data, w->unit, w->len);
	w->delivered++;
}

static void open_way(struct way *w)
{
	unsigned percent = below(w, PF_FEC_PERCENT_MAX + 1);
	w->shard_bytes = PF_SHARD_MIN + 2 * below(w, 700);
	w->data_max = 1 + below(w, below(w, 2) ? 24 : 200);
	w->total_max = w->data_max + (w->data_max * percent + 99) / 100;
	const struct pf_packetiser_params cut = {.shard_payload = w->shard_bytes,
		.max_data_per_block = w->data_max,
		.fec_percent = percent,
		.two_parity_shards = below(w, 2)};
	const struct pf_receiver_params params = {.fec_scheme = 1,
		.max_data_per_block = w->data_max,
		.shard_payload = w->shard_bytes,
		.max_unit_bytes = 8 << 20};
	const struct pf_receiver_events events = {.on_unit = check_unit};
	assert_int_equal(pf_packetiser_create(&w->packetiser, &cut), PF_OK);
	assert_int_equal(pf_receiver_create(&w->receiver, &params, &events, w), PF_OK);
}

static void take_batches(struct way *w)
{
	struct pf_batch b;
	do {
		assert_int_equal(pf_packetiser_next(w->packetiser, 1 + below(w, PF_BATCH_MAX), &b), PF_OK);
		for (unsigned i = 0; i < b.count; i++) {
			assert_true(w->count < PACKETS_MAX);
			struct packet *p = &w->packet[w->count++];
			p->len = pf_batch_plain_bytes(&b);
			memcpy(p->bytes, b.datagram[i] + PF_SEAL_SEQ_BYTES, p->len);
			assert_int_equal(pf_packet_header_read(&p->header, p->bytes, p->len), PF_OK);
		}
	} while (b.count > 0);
	assert_int_equal(pf_packetiser_left(w->packetiser), 0);
}

/* Pieces of any size, some of them ending a slice, or all of them a shard; what is cut from has moved each time. */
static void stream_unit(struct way *w, const struct pf_cut *cut, enum pf_stream_mode mode)
{
	assert_int_equal(pf_packetiser_stream(w->packetiser, cut, mode), PF_OK);
	bool end = false, by_shards = below(w, 2);
	for (size_t at = 0; !end;) {
		at += by_shards ? w->shard_bytes * below(w, 40) : below(w, 20000);
		at = at < w->len ? at : w->len;
		end = at == w->len && below(w, 2);
		uint8_t *so_far = calloc(1, at + PF_UNIT_PADDING);
		assert_non_null(so_far);
		memcpy(so_far, w->unit, at);
		assert_int_equal(pf_packetiser_extend(w->packetiser, so_far, at, below(w, 2), end), PF_OK);
		take_batches(w);
		free(so_far);
	}
}

static void cut_unit(struct way *w)
{
	w->len = below(w, 4) ? below(w, 30000) : below(w, UNIT_MAX);
	if (below(w, 3) == 0)
		w->len -= w->len % w->shard_bytes;
	memset(w->unit, 0, sizeof(w->unit));
	random_fill(&w->random, w->unit, w->len);
	const struct pf_cut cut = {.data = w->unit,
		.len = w->len,
		.frame_index = ++w->index,
		.user_flags = PF_UNIT_PIC,
		.pts_ns = 1000000000 + w->index * UINT64_C(8333333)};
	w->count = 0;
	unsigned shape = below(w, 3);
	if (shape > 0) {
		stream_unit(w, &cut, shape == 1 ? PF_STREAM_BLOCKS : PF_STREAM_SLICES);
		return;
	}
	assert_int_equal(pf_packetiser_begin(w->packetiser, &cut), PF_OK);
	take_batches(w);
}

static void check_headers(const struct way *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct pf_packet_header *h = &w->packet[i].header;
		assert_int_equal(h->shard_bytes, w->shard_bytes);
		assert_in_range(h->data_shards, 1, w->data_max);
		assert_in_range(h->data_shards + h->recovery_shards, 1, w->total_max);
		assert_int_equal((h->flags & PF_PACKET_FIRST) != 0, i == 0);
		assert_int_equal((h->flags & PF_PACKET_LAST) != 0, i == w->count - 1);
	}
}

static void arrive(struct way *w, const struct packet *p)
{
	w->arrived[p->header.block_index]++;
	for (unsigned copies = below(w, 8) ? 1 : 2; copies > 0; copies--) {
		uint8_t *datagram = malloc(p->len);
		assert_non_null(datagram);
		memcpy(datagram, p->bytes, p->len);
		pf_receiver_feed(w->receiver, datagram, p->len, 0);
		free(datagram);
	}
}

static void lose_and_shuffle(struct way *w)
{
	unsigned loss_percent = below(w, 3) ? below(w, 30) : 0;
	bool shuffled = below(w, 2), reversed = below(w, 4) == 0;
	size_t kept = 0;
	static size_t order[PACKETS_MAX];
	memset(w->arrived, 0, sizeof(w->arrived));
	w->delivered = 0;
	for (size_t i = 0; i < w->count; i++) {
		if (below(w, 100) >= loss_percent)
			order[kept++] = reversed ? w->count - 1 - i : i;
	}
	for (size_t i = 0; i < kept; i++) {
		size_t other = shuffled ? i + below(w, (unsigned)(kept - i)) : i, swap = order[other];
		order[other] = order[i];
		order[i] = swap;
		arrive(w, &w->packet[order[i]]);
	}
}

static bool all_blocks_have_enough(const struct way *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct pf_packet_header *h = &w->packet[i].header;
		if (w->arrived[h->block_index] < h->data_shards)
			return false;
	}
	return true;
}

static void a_unit_arrives_when_its_blocks_have_enough(void **state)
{
	struct way *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->random = 0x5eed;
	size_t whole = 0, damaged = 0;
	for (unsigned connection = 0; connection < 200; connection++) {
		open_way(w);
		for (unsigned i = 0; i < 10; i++) {
			if (below(w, 4) == 0)
				pf_packetiser_set_fec_percent(
					w->packetiser, below(w, PF_FEC_PERCENT_MAX + 1));
			if (below(w, 4) == 0) {
				w->shard_bytes = PF_SHARD_MIN + 2 * below(w, 700);
				pf_packetiser_set_shard_payload(w->packetiser, w->shard_bytes);
			}
			cut_unit(w);
			check_headers(w);
			lose_and_shuffle(w);
			bool enough = all_blocks_have_enough(w);
			assert_int_equal(w->delivered, enough);
			*(enough ? &whole : &damaged) += 1;
		}
		struct pf_receiver_stats stats;
		pf_receiver_get_stats(w->receiver, &stats);
		assert_int_equal(stats.malformed + stats.stale + stats.over_budget, 0);
		pf_receiver_destroy(w->receiver);
		pf_packetiser_destroy(w->packetiser);
	}
	assert_true(whole > 100 && damaged > 100);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_arrives_when_its_blocks_have_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
