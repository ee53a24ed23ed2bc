/* What a host answers to packets of nobody's connection, seen by a bare socket. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"

struct probe {
	struct pair *pair;
	int fd;
	uint8_t answer[2048];
	ssize_t answer_len; /* -1: none */
};

static struct probe open_probe(struct pair *p)
{
	start_host(p, "127.0.0.1", NULL);
	struct probe s = {.pair = p, .fd = socket(AF_INET, SOCK_DGRAM, 0)};
	assert_int_equal(connect(s.fd, (struct sockaddr *)&p->params.remote, sizeof(struct sockaddr_in)), 0);
	return s;
}

static void ask(struct probe *s, const uint8_t *packet, size_t len)
{
	assert_int_equal(send(s->fd, packet, len, 0), len);
	run_for(s->pair, 20);
	s->answer_len = recv(s->fd, s->answer, sizeof(s->answer), MSG_DONTWAIT);
}

/* A long header with ids of 8 bytes each. */
static void put_long_header(uint8_t packet[1200], uint8_t first, uint32_t version)
{
	memset(packet, 0, 1200);
	packet[0] = first;
	for (unsigned i = 0; i < 4; i++)
		packet[1 + i] = (uint8_t)(version >> (24 - 8 * i));
	packet[5] = 8;
	memcpy(packet + 6, "\1\2\3\4\5\6\7\10", 8);
	packet[14] = 8;
	memcpy(packet + 15, "\21\22\23\24\25\26\27\30", 8);
}

static void another_version_is_told_ours(void **state)
{
	struct probe s = open_probe(*state);
	uint8_t packet[1200];
	put_long_header(packet, 0xc0, 0x6b3343cf);
	ask(&s, packet, sizeof(packet));
	assert_int_equal(s.answer_len, 1 + 4 + 9 + 9 + 4);
	assert_true(s.answer[0] & 0x80);
	assert_memory_equal(s.answer + 1, "\0\0\0\0", 4);
	assert_memory_equal(s.answer + 5, "\10\21\22\23\24\25\26\27\30", 9); /* ids change places */
	assert_memory_equal(s.answer + 14, "\10\1\2\3\4\5\6\7\10", 9);
	assert_memory_equal(s.answer + 23, "\0\0\0\1", 4);
	ask(&s, packet, sizeof(packet) - 1); /* too short to be the first packet of anybody */
	assert_int_equal(s.answer_len, -1);
	close(s.fd);
}

static void a_first_packet_gets_a_retry_and_no_memory(void **state)
{
	struct probe s = open_probe(*state);
	uint8_t packet[1200];
	put_long_header(packet, 0xc0, 1);
	packet[23] = 0;    /* no token */
	packet[24] = 0x44; /* length 1174, the rest */
	packet[25] = 0x96;
	ask(&s, packet, sizeof(packet));
	assert_true(s.answer_len > 0 && s.answer_len < 200);
	assert_int_equal(s.answer[0] & 0xf0, 0xf0);
	assert_int_equal(s.pair->accepted, 0);

	ask(&s, packet, sizeof(packet) - 1);
	assert_int_equal(s.answer_len, -1);
	close(s.fd);
}

static void a_forged_token_is_refused(void **state)
{
	struct probe s = open_probe(*state);
	uint8_t packet[1200];
	put_long_header(packet, 0xc0, 1);
	packet[23] = 60;
	packet[24] = 0xb7; /* a Retry token by its first byte, zeros else */
	packet[84] = 0x44;
	packet[85] = 0x5a; /* length 1114, the rest */
	ask(&s, packet, sizeof(packet));
	assert_true(s.answer_len > 0 && s.answer_len < 1200);
	assert_int_equal(s.answer[0] & 0xf0, 0xc0); /* an Initial with CONNECTION_CLOSE */
	assert_int_equal(s.pair->accepted, 0);
	close(s.fd);
}

static void resets_are_shorter_than_what_they_answer(void **state)
{
	struct probe s = open_probe(*state);
	uint8_t packet[1200] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8};
	for (size_t len = 1; len < 44; len++) {
		ask(&s, packet, len);
		assert_int_equal(s.answer_len, -1);
	}
	ask(&s, packet, 100);
	assert_in_range(s.answer_len, 21, 99);
	assert_int_equal(s.answer[0] & 0xc0, 0x40);
	close(s.fd);
}

static void resets_are_limited(void **state)
{
	struct probe s = open_probe(*state);
	uint8_t packet[100] = {0x40};
	unsigned answers = 0;
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(send(s.fd, packet, sizeof(packet), 0), sizeof(packet));
		if (i % 100 == 99)
			run_for(s.pair, 1);
	}
	run_for(s.pair, 10);
	while (recv(s.fd, s.answer, sizeof(s.answer), MSG_DONTWAIT) > 0)
		answers++;
	assert_in_range(answers, 100, 999);
	close(s.fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_version_is_told_ours),
		TEST(a_first_packet_gets_a_retry_and_no_memory),
		TEST(a_forged_token_is_refused),
		TEST(resets_are_shorter_than_what_they_answer),
		TEST(resets_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
