/* Datagrams are opened where their shard most likely belongs. Whatever comes instead, what arrived before stays as it
 * is, and every unit comes out right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "client/reassembler.h"
#include "cut.h"
#include "sink.h"
#include "support/vectors.h"

#define PTS   UINT64_C(1751500000000000000)
#define BYTES 40000
#define UNITS 6

static struct cut usual_cut(unsigned scheme)
{
	return (struct cut){
		.scheme = scheme, .shard_bytes = 512, .data_max = 32, .percent = 50, .total_max = 48};
}

/* Units of several blocks, one after the other; every third one streamed, every third one in slices. */
static void cut_units(struct cut *c, struct cut_unit *u, const uint8_t *data)
{
	static const size_t chunks[] = {17000, 3000, 20000};
	for (uint32_t i = 0; i < UNITS; i++) {
		u[i] = (struct cut_unit){.frame_index = i,
			.user_flags = PF_UNIT_PIC,
			.pts_ns = PTS + i,
			.data = data + i,
			.len = BYTES,
			.chunks = chunks,
			.chunk_count = 3};
		if (i % 3 == 0)
			cut_whole(c, &u[i]);
		else if (i % 3 == 1)
			cut_streamed(c, &u[i]);
		else
			cut_slices(c, &u[i]);
	}
}

static void assert_all_units(const struct sink *s, const struct cut_unit *u)
{
	assert_int_equal(s->units, UNITS);
	for (size_t i = 0; i < UNITS; i++) {
		const struct cut_unit *want = &u[s->unit[i].frame_index];
		assert_int_equal(s->unit[i].len, want->len);
		assert_memory_equal(s->unit[i].data, want->data, want->len);
	}
	assert_int_equal(sink_stats(s).bytes_in_flight, 0);
}

static void shuffle(struct cut *c, uint64_t *random)
{
	for (size_t i = c->count - 1; i > 0; i--) {
		size_t other = random_next(random) % (i + 1);
		struct cut_packet p = c->packet[i];
		c->packet[i] = c->packet[other];
		c->packet[other] = p;
	}
}

/* Neighbours change places now and then, as on a real path. */
static void jumble(struct cut *c, uint64_t *random)
{
	for (size_t i = 1; i < c->count; i++) {
		if (random_next(random) % 3 != 0)
			continue;
		struct cut_packet p = c->packet[i];
		c->packet[i] = c->packet[i - 1];
		c->packet[i - 1] = p;
	}
}

static void disorder_loss_and_duplicates(void **state)
{
	uint64_t random = 2026;
	uint8_t *data = malloc(BYTES + UNITS);
	assert_non_null(data);
	random_fill(&random, data, BYTES + UNITS);
	for (unsigned round = 0; round < 24; round++) {
		struct cut c = usual_cut(round % 2);
		struct cut_unit u[UNITS];
		struct sink s;
		cut_units(&c, u, data);
		sink_init(&s, &c, round % 4 / 2);
		if (round % 3 == 0)
			shuffle(&c, &random);
		else if (round % 3 == 1)
			jumble(&c, &random);
		for (size_t i = 0; i < c.count; i++) {
			if (i % 8 != round % 8)
				sink_feed(&s, &c.packet[i]);
			if (random_next(&random) % 8 == 0)
				sink_feed(&s, &c.packet[random_next(&random) % (i + 1)]);
		}
		for (size_t i = 0; i < c.count; i++) /* the rest, should a block have lost too much */
			sink_feed(&s, &c.packet[i]);
		assert_all_units(&s, u);
		sink_finish(&s);
		cut_clear(&c);
	}
	free(data);
}

/* Before each good datagram come one with a flipped bit, one of noise, and one that was there before: of the length
 * that is expected, so that each is opened over the place of the good one. */
static void forgeries_between_good_ones(void **state)
{
	uint64_t random = 1213;
	uint8_t *data = malloc(BYTES + UNITS);
	assert_non_null(data);
	random_fill(&random, data, BYTES + UNITS);
	for (int cipher = 0; cipher < 2; cipher++) {
		struct cut c = usual_cut(1);
		struct cut_unit u[UNITS];
		struct sink s;
		uint8_t good[SINK_DATAGRAM_MAX], bad[SINK_DATAGRAM_MAX], before[SINK_DATAGRAM_MAX];
		cut_units(&c, u, data);
		sink_init(&s, &c, cipher);
		for (size_t i = 0; i < c.count; i++) {
			size_t len = sink_seal(&s, &c.packet[i], good);
			memcpy(bad, good, len);
			bad[random_next(&random) % len] ^= (uint8_t)(1 << random_next(&random) % 8);
			pf_receiver_feed(s.receiver, bad, len, 0);
			random_fill(&random, bad, len);
			pf_receiver_feed(s.receiver, bad, len, 0);
			if (i > 0) {
				memcpy(bad, before, len);
				pf_receiver_feed(s.receiver, bad, len, 0);
			}
			memcpy(before, good, len);
			pf_receiver_feed(s.receiver, good, len, 0);
		}
		struct pf_receiver_stats stats = sink_stats(&s);
		assert_int_equal(stats.auth_failed, 2 * c.count);
		assert_int_equal(stats.replayed, c.count - 1);
		assert_int_equal(stats.datagrams, c.count);
		assert_int_equal(stats.recovered, 0);
		assert_all_units(&s, u);
		sink_finish(&s);
		cut_clear(&c);
	}
	free(data);
}

/* The shard that comes lies so far behind the expected one that the unit's memory grows, and moves, for it; then one
 * of another unit comes, which ends the first; then one of a longer datagram than its shard. */
static void a_wrong_place_may_go_away_meanwhile(void **state)
{
	uint64_t random = 77;
	size_t len = 4 << 20;
	uint8_t *data = malloc(len);
	assert_non_null(data);
	random_fill(&random, data, len);
	struct cut c = usual_cut(1);
	c.shard_bytes = 1024;
	c.data_max = 4096;
	c.percent = 0;
	c.total_max = 4096;
	struct cut_unit a = {.frame_index = 1, .pts_ns = PTS, .data = data, .len = len};
	struct cut_unit b = {.frame_index = 2, .pts_ns = PTS + 1000000000, .data = data + 7, .len = len / 2};
	cut_whole(&c, &a);
	size_t first_of_b = c.count;
	cut_whole(&c, &b);
	struct sink s;
	sink_init(&s, &c, PF_CIPHER_AES128_GCM);
	sink_feed(&s, &c.packet[0]);
	sink_feed(&s, &c.packet[first_of_b - 1]);
	sink_feed(&s, &c.packet[1]);
	sink_feed(&s, &c.packet[first_of_b]);
	assert_int_equal(s.lost, 1);

	uint8_t datagram[SINK_DATAGRAM_MAX];
	struct cut_packet shorter = c.packet[first_of_b + 1];
	shorter.h.shard_bytes = 512;
	size_t plain = cut_write(&c.packet[first_of_b + 1], datagram + PF_SEAL_SEQ_BYTES);
	pf_packet_header_write(datagram + PF_SEAL_SEQ_BYTES, &shorter.h);
	pf_seal_datagram(s.seal, s.seq++, datagram, plain);
	pf_receiver_feed(s.receiver, datagram, plain + PF_SEAL_OVERHEAD, 0);
	assert_int_equal(sink_stats(&s).malformed, 1);

	for (size_t i = c.count - 1; i > first_of_b; i--)
		sink_feed(&s, &c.packet[i]);
	assert_int_equal(s.units, 1);
	sink_assert_unit(&s, 0, &b);
	sink_finish(&s);
	cut_clear(&c);
	free(data);
}

struct place_user {
	uint8_t unit[BYTES];
	unsigned units;
};

static void on_unit(void *user, const struct pf_received_unit *unit)
{
	struct place_user *u = user;
	memcpy(u->unit, unit->data, unit->len);
	u->units++;
}

/* In order, every shard but the first has its place beforehand; none is offered for parity, beyond the unit, for a
 * shard that is there, or for another size. */
static void places_are_the_next_missing_ones(void **state)
{
	static struct place_user user;
	const struct pf_receiver_events events = {.on_unit = on_unit};
	struct pf_receiver_stats stats = {0};
	struct pf_geometry_limits limits = pf_geometry_limits_of(1, 32, 512, 1 << 20);
	struct pf_reassembler *r = NULL;
	struct cut c = usual_cut(1);
	uint8_t data[5000];
	uint64_t random = 3;
	random_fill(&random, data, sizeof(data));
	const struct cut_unit u = {.frame_index = 9, .pts_ns = PTS, .data = data, .len = sizeof(data)};
	cut_whole(&c, &u);
	assert_int_equal(c.packet[0].h.data_shards, 10);
	assert_int_equal(pf_reassembler_create(&r, 1, &limits, &events, &user, &stats), PF_OK);

	assert_null(pf_reassembler_next_place(r, 512));
	pf_reassembler_feed(r, &c.packet[0].h, c.packet[0].shard, 0);
	assert_null(pf_reassembler_next_place(r, 510));
	pf_reassembler_feed(r, &c.packet[3].h, c.packet[3].shard, 0);
	pf_reassembler_feed(r, &c.packet[2].h, c.packet[2].shard, 0);
	assert_null(pf_reassembler_next_place(r, 512));
	pf_reassembler_feed(r, &c.packet[1].h, c.packet[1].shard, 0);
	assert_null(pf_reassembler_next_place(r, 512));
	pf_reassembler_feed(r, &c.packet[4].h, c.packet[4].shard, 0);
	for (size_t i = 5; i < 9; i++) {
		uint8_t *place = pf_reassembler_next_place(r, 512);
		assert_non_null(place);
		memcpy(place, c.packet[i].shard, 512);
		pf_reassembler_feed(r, &c.packet[i].h, place, 0);
	}
	/* The last one is lost; parity is opened in its place. */
	uint8_t *place = pf_reassembler_next_place(r, 512);
	assert_non_null(place);
	memcpy(place, c.packet[10].shard, 512);
	pf_reassembler_feed(r, &c.packet[10].h, place, 0);
	assert_int_equal(user.units, 1);
	assert_memory_equal(user.unit, data, sizeof(data));
	assert_null(pf_reassembler_next_place(r, 512));
	pf_reassembler_destroy(r);
	cut_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_the_next_missing_ones),
		cmocka_unit_test(disorder_loss_and_duplicates),
		cmocka_unit_test(forgeries_between_good_ones),
		cmocka_unit_test(a_wrong_place_may_go_away_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
