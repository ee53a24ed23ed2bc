/*
 * The whole way of the media plane without sockets: units, packetiser, seal, a link that loses, reorders and
 * repeats by a seed, receiver. What comes out is what went in, or is told to be lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "client/receiver.h"
#include "media/unit.h"
#include "packet/packetiser.h"
#include "support/vectors.h"

#define UNITS      240
#define UNIT_MAX   200000
#define FRAME_NS   16666667
#define LINK_DEPTH 64 /* datagrams that may overtake one another */

struct link_law {
	unsigned loss_percent;
	unsigned depth; /* 1 = in order */
	unsigned repeat_percent;
};

struct held {
	uint8_t *data;
	size_t len;
};

struct path {
	uint64_t seed;
	struct link_law law;
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	uint64_t seq;
	struct pf_receiver *receiver;
	struct held held[LINK_DEPTH];
	unsigned held_count;
	int64_t now_ns;
	uint8_t state[UNITS]; /* 1 delivered, 2 lost */
	size_t delivered, lost;
};

static size_t unit_len(uint32_t index)
{
	return index % 60 == 0 ? UNIT_MAX : 1 + (index * 7919u) % 40000;
}

static void fill_unit(uint32_t index, uint8_t *out)
{
	uint64_t seed = index + 1;
	random_fill(&seed, out, unit_len(index));
}

static void check_unit(void *user, const struct pf_received_unit *unit)
{
	struct path *p = user;
	static uint8_t want[UNIT_MAX];
	assert_true(unit->frame_index < UNITS);
	assert_int_equal(p->state[unit->frame_index], 0);
	assert_int_equal(unit->len, unit_len(unit->frame_index));
	fill_unit(unit->frame_index, want);
	assert_memory_equal(unit->data, want, unit->len);
	assert_int_equal(unit->pts_ns, 1000000000 + unit->frame_index * (uint64_t)FRAME_NS);
	p->state[unit->frame_index] = 1;
	p->delivered++;
}

static void note_loss(void *user, uint32_t frame_index)
{
	struct path *p = user;
	assert_true(frame_index < UNITS);
	assert_int_equal(p->state[frame_index], 0);
	p->state[frame_index] = 2;
	p->lost++;
}

static void open_path(struct path *p, uint64_t seed, struct link_law law, unsigned fec_percent)
{
	static const uint8_t key[32] = {9, 8, 7};
	const struct pf_packetiser_params cut = {
		.shard_payload = 1408, .max_data_per_block = 100, .fec_percent = fec_percent};
	const struct pf_receiver_params params = {.sealed = true,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.salt = {1, 2, 3, 4},
		.fec_scheme = 1,
		.fec_percent = fec_percent,
		.max_data_per_block = 100,
		.shard_payload = 1408,
		.max_unit_bytes = 8 << 20};
	const struct pf_receiver_events events = {.on_unit = check_unit, .on_lost = note_loss};
	*p = (struct path){.seed = seed, .law = law};
	assert_int_equal(pf_packetiser_create(&p->packetiser, &cut), PF_OK);
	assert_int_equal(pf_seal_create(&p->seal, params.cipher, key, params.salt, PF_HOST_TO_CLIENT), PF_OK);
	assert_int_equal(pf_receiver_create(&p->receiver, &params, &events, p), PF_OK);
}

static bool chance(struct path *p, unsigned percent)
{
	return random_next(&p->seed) >> 32 < (uint64_t)percent * UINT32_MAX / 100;
}

static struct held copy_of(const uint8_t *datagram, size_t len)
{
	struct held h = {.data = malloc(len), .len = len};
	assert_non_null(h.data);
	memcpy(h.data, datagram, len);
	return h;
}

/* What the link holds arrives in any order. */
static void drain_link(struct path *p)
{
	while (p->held_count > 0) {
		struct held *h = &p->held[random_next(&p->seed) % p->held_count];
		pf_receiver_feed(p->receiver, h->data, h->len, p->now_ns);
		free(h->data);
		*h = p->held[--p->held_count];
	}
}

static void travel(struct path *p, const uint8_t *datagram, size_t len)
{
	unsigned copies = 1 + chance(p, p->law.repeat_percent);
	if (chance(p, p->law.loss_percent))
		return;
	for (unsigned i = 0; i < copies; i++) {
		p->held[p->held_count++] = copy_of(datagram, len);
		if (p->held_count == p->law.depth)
			drain_link(p);
	}
}

static void send_batches(struct path *p)
{
	struct pf_batch b;
	for (;;) {
		assert_int_equal(pf_packetiser_next(p->packetiser, PF_BATCH_MAX, &b), PF_OK);
		if (b.count == 0)
			return;
		for (unsigned i = 0; i < b.count; i++) {
			pf_seal_datagram(p->seal, p->seq++, b.datagram[i], pf_batch_plain_bytes(&b));
			travel(p, b.datagram[i], b.datagram_bytes);
		}
	}
}

enum shape { WHOLE, BLOCKS, SLICES };

static void send_unit(struct path *p, uint32_t index, enum shape shape)
{
	static uint8_t data[UNIT_MAX + PF_UNIT_PADDING];
	size_t len = unit_len(index);
	memset(data, 0, sizeof(data));
	fill_unit(index, data);
	p->now_ns = index * (int64_t)FRAME_NS;
	const struct pf_cut cut = {.data = data,
		.len = len,
		.frame_index = index,
		.user_flags = PF_UNIT_PIC,
		.pts_ns = 1000000000 + index * (uint64_t)FRAME_NS};
	if (shape == WHOLE) {
		assert_int_equal(pf_packetiser_begin(p->packetiser, &cut), PF_OK);
		send_batches(p);
		return;
	}
	assert_int_equal(pf_packetiser_stream(
				 p->packetiser, &cut, shape == BLOCKS ? PF_STREAM_BLOCKS : PF_STREAM_SLICES),
		PF_OK);
	for (size_t part = 1; part <= 4; part++) {
		assert_int_equal(
			pf_packetiser_extend(p->packetiser, data, len * part / 4, true, part == 4), PF_OK);
		send_batches(p);
	}
}

static void run_path(struct path *p, enum shape shape)
{
	for (uint32_t i = 0; i < UNITS; i++)
		send_unit(p, i, shape);
	drain_link(p);
}

static void close_path(struct path *p)
{
	pf_receiver_destroy(p->receiver);
	pf_packetiser_destroy(p->packetiser);
	pf_seal_destroy(p->seal);
}

static void a_clean_link_brings_everything_in_every_shape(void **state)
{
	for (enum shape shape = WHOLE; shape <= SLICES; shape++) {
		for (unsigned percent = 0; percent <= 50; percent += 50) {
			struct path p;
			open_path(&p, 1, (struct link_law){.depth = 1}, percent);
			run_path(&p, shape);
			struct pf_receiver_stats stats;
			pf_receiver_get_stats(p.receiver, &stats);
			assert_int_equal(p.delivered, UNITS);
			assert_int_equal(stats.recovered, 0);
			assert_int_equal(stats.malformed, 0);
			assert_int_equal(stats.bytes_in_flight, 0);
			close_path(&p);
		}
	}
}

static void reordering_and_repeats_cost_nothing(void **state)
{
	for (enum shape shape = WHOLE; shape <= SLICES; shape++) {
		struct path p;
		open_path(&p, 77 + shape, (struct link_law){.depth = LINK_DEPTH, .repeat_percent = 20}, 20);
		run_path(&p, shape);
		struct pf_receiver_stats stats;
		pf_receiver_get_stats(p.receiver, &stats);
		assert_int_equal(p.delivered, UNITS);
		assert_true(stats.replayed > 0);
		assert_int_equal(stats.recovered, stats.late); /* nothing was really lost */
		assert_int_equal(stats.bytes_in_flight, 0);
		close_path(&p);
	}
}

static void what_is_lost_is_repaired_or_told(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		for (enum shape shape = WHOLE; shape <= SLICES; shape++) {
			struct path p;
			open_path(&p, seed,
				(struct link_law){.loss_percent = 3 * (unsigned)seed, .depth = 16}, 25);
			run_path(&p, shape);
			struct pf_receiver_stats stats;
			pf_receiver_get_stats(p.receiver, &stats);
			assert_true(stats.units_repaired > 0);
			assert_int_equal(stats.units, p.delivered);
			assert_int_equal(stats.units_lost, p.lost);
			assert_true(stats.recovered >= stats.late);
			if (seed == 1)
				assert_true(p.delivered > UNITS * 9 / 10);
			/* Those neither delivered nor told lost wait at the end, or nothing of them came. */
			size_t silent = UNITS - p.delivered - p.lost;
			assert_true(silent <= UNITS / 4);
			close_path(&p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_link_brings_everything_in_every_shape),
		cmocka_unit_test(reordering_and_repeats_cost_nothing),
		cmocka_unit_test(what_is_lost_is_repaired_or_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
