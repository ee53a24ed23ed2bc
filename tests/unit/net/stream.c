#include <stdlib.h>
#include <string.h>

#include "pair.h"

#define TOTAL (1024 * 1024)

/* Writes TOTAL bytes in odd pieces as fast as the queue takes them. */
struct sender {
	struct end *from;
	int64_t stream;
	const uint8_t *bytes;
	size_t written;
	unsigned refused;
};

static void pump(struct sender *s, size_t available)
{
	unsigned seed = (unsigned)s->written;
	while (s->written < available) {
		size_t piece = 1 + (size_t)rand_r(&seed) % 9000;
		if (piece > available - s->written)
			piece = available - s->written;
		int rc = pf_quic_stream_write(
			s->from->q, s->stream, s->bytes + s->written, piece, s->written + piece == TOTAL);
		if (rc == PF_ERR_LIMIT) {
			s->refused++;
			return;
		}
		assert_int_equal(rc, PF_OK);
		s->written += piece;
	}
}

static bool echo_is_complete(struct pair *p)
{
	struct sender *echo = p->at_host[0].user;
	pump(p->client.user, TOTAL);
	echo->bytes = p->at_host[0].received;
	pump(echo, p->at_host[0].received_len);
	return p->client.fin;
}

static void echo_a_mebibyte(struct pair *p)
{
	uint8_t *bytes = malloc(TOTAL);
	assert_non_null(bytes);
	unsigned seed = 42;
	for (size_t i = 0; i < TOTAL; i++)
		bytes[i] = (uint8_t)(rand_r(&seed) >> 5);
	struct sender up = {.from = &p->client, .bytes = bytes};
	struct sender down = {.from = &p->at_host[0]};
	connect_pair(p);
	p->client.user = &up;
	p->at_host[0].user = &down;
	assert_int_equal(pf_quic_stream_open(p->client.q, &up.stream), PF_OK);
	assert_int_equal(up.stream, 0);
	run_until(p, echo_is_complete);
	assert_int_equal(p->client.received_len, TOTAL);
	assert_memory_equal(p->client.received, bytes, TOTAL);
	assert_true(up.refused > 0); /* it is four times the queue */
	free(bytes);
}

static void a_mebibyte_comes_back(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	echo_a_mebibyte(p);
}

static void a_mebibyte_survives_loss(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	relay_init(p);
	p->relay.loss_percent = 3;
	echo_a_mebibyte(p);
	assert_true(p->relay.dropped > 20);
}

static void the_send_queue_is_bounded(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	int64_t id;
	uint8_t *big = calloc(1, PF_QUIC_STREAM_QUEUE_BYTES + 1);
	assert_non_null(big);
	assert_int_equal(pf_quic_stream_open(p->client.q, &id), PF_OK);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, big, PF_QUIC_STREAM_QUEUE_BYTES + 1, false),
		PF_ERR_LIMIT);
	assert_int_equal(
		pf_quic_stream_write(p->client.q, id, big, PF_QUIC_STREAM_QUEUE_BYTES, false), PF_OK);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, big, 1, false), PF_ERR_LIMIT);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, big, 0, true), PF_OK);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, big, 1, false), PF_ERR_CLOSED);
	assert_int_equal(pf_quic_stream_write(p->client.q, 400, big, 1, false), PF_ERR_NOT_FOUND);
	free(big);
}

static bool host_has_fin(struct pair *p)
{
	return p->at_host[0].fin;
}

static void fin_comes_with_the_last_bytes(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	int64_t id;
	assert_int_equal(pf_quic_stream_open(p->client.q, &id), PF_OK);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, "end", 3, true), PF_OK);
	run_until(p, host_has_fin);
	assert_int_equal(p->at_host[0].received_len, 3);
	assert_int_equal(p->at_host[0].chunks, 1);
	assert_int_equal(p->at_host[0].stream, id);
}

static bool host_has_a_chunk(struct pair *p)
{
	return p->at_host[0].chunks > 0;
}

static bool both_reset(struct pair *p)
{
	return p->at_host[0].resets > 0;
}

static void cancel_tells_the_peer_once(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	int64_t id;
	assert_int_equal(pf_quic_stream_open(p->client.q, &id), PF_OK);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, "x", 1, false), PF_OK);
	run_until(p, host_has_a_chunk);
	pf_quic_stream_cancel(p->client.q, id, PF_STREAM_CANCELLED);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, "y", 1, false), PF_ERR_CLOSED);
	run_until(p, both_reset);
	run_for(p, 30);
	assert_int_equal(p->at_host[0].resets, 1);
	assert_int_equal(p->at_host[0].reset_code, PF_STREAM_CANCELLED);
	assert_non_null(p->client.q);
	assert_non_null(p->at_host[0].q);
}

static bool host_got_all_streams(struct pair *p)
{
	return p->at_host[0].received_len == 40;
}

/* Many more streams than may be open at a time: places and credit come back. */
static void streams_may_follow_one_another(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	p->at_host[0].echo = true;
	unsigned done = 0, waited = 0;
	while (done < 40) {
		int64_t id;
		int rc = pf_quic_stream_open(p->client.q, &id);
		if (rc == PF_ERR_AGAIN) {
			assert_true(++waited < 5000);
			run_for(p, 1);
			continue;
		}
		assert_int_equal(rc, PF_OK);
		assert_int_equal(pf_quic_stream_write(p->client.q, id, "s", 1, true), PF_OK);
		done++;
	}
	assert_true(waited > 0);
	run_until(p, host_got_all_streams);
}

static bool client_has_a_chunk(struct pair *p)
{
	return p->client.chunks > 0;
}

static void the_host_may_open_streams(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	connect_pair(p);
	int64_t id;
	assert_int_equal(pf_quic_stream_open(p->at_host[0].q, &id), PF_OK);
	assert_int_equal(id, 1);
	assert_int_equal(pf_quic_stream_write(p->at_host[0].q, id, "hello", 5, false), PF_OK);
	run_until(p, client_has_a_chunk);
	assert_memory_equal(p->client.received, "hello", 5);
	assert_int_equal(pf_quic_stream_write(p->client.q, id, "there", 5, false), PF_OK);
	run_until(p, host_has_a_chunk);
}

static void write_from_connected(struct end *e)
{
	int64_t id;
	assert_int_equal(pf_quic_stream_open(e->q, &id), PF_OK);
	assert_int_equal(pf_quic_stream_write(e->q, id, "early", 5, false), PF_OK);
}

static void a_stream_may_begin_inside_on_connected(void **state)
{
	struct pair *p = *state;
	start_host(p, "127.0.0.1", NULL);
	p->client.on_connected = write_from_connected;
	connect_pair(p);
	run_until(p, host_has_a_chunk);
	assert_memory_equal(p->at_host[0].received, "early", 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mebibyte_comes_back),
		TEST(a_mebibyte_survives_loss),
		TEST(the_send_queue_is_bounded),
		TEST(fin_comes_with_the_last_bytes),
		TEST(cancel_tells_the_peer_once),
		TEST(streams_may_follow_one_another),
		TEST(the_host_may_open_streams),
		TEST(a_stream_may_begin_inside_on_connected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
