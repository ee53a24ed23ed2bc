#include "session/punch.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

/* A host's media socket that waits, and what came of it. */
struct waiting {
	uv_loop_t loop;
	struct pf_punch punch;
	struct sockaddr_in host, fallback, client;
	int fd;
	unsigned done;
	bool seen, gone;
};

static int open_at(const char *ip, struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*address = (struct sockaddr_in){.sin_family = AF_INET};
	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, ip, &address->sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static void handle_gone(void *user)
{
	struct waiting *w = user;
	w->gone = true;
}

static void handle_done(void *user, const struct sockaddr *client, bool seen)
{
	struct waiting *w = user;
	w->done++;
	w->seen = seen;
	memcpy(&w->client, client, sizeof(w->client));
	pf_punch_stop(&w->punch, handle_gone);
}

static void start(struct waiting *w)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->fd = open_at("127.0.0.1", &w->host);
	w->fallback = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(1234), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(
		pf_punch_start(&w->punch, &w->loop, w->fd, (struct sockaddr *)&w->fallback, handle_done, w),
		PF_OK);
}

static void finish(struct waiting *w)
{
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_true(w->gone);
	assert_int_equal(w->done, 1);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	close(w->fd);
}

static void say(struct waiting *w, int fd, const char *text, size_t len)
{
	assert_int_equal(
		sendto(fd, text, len, 0, (struct sockaddr *)&w->host, sizeof(w->host)), (ssize_t)len);
}

static void the_port_that_punches_is_streamed_to(void **state)
{
	struct waiting w;
	struct sockaddr_in address;
	int client = open_at("127.0.0.1", &address);
	start(&w);
	say(&w, client, "PFpunch1 and more", 17);
	say(&w, client, "PFpunch1", 8);
	finish(&w);
	assert_true(w.seen);
	assert_int_equal(w.client.sin_port, address.sin_port);
	close(client);
}

static void strangers_and_noise_are_not_listened_to(void **state)
{
	static const char big[2000] = "PFpunch0";
	struct waiting w;
	struct sockaddr_in address, other;
	int client = open_at("127.0.0.1", &address), stranger = open_at("127.0.0.2", &other);
	start(&w);
	for (int i = 0; i < 100; i++) { /* more than one turn of the loop reads */
		say(&w, stranger, "PFpunch1", 8);
		say(&w, client, "PFpunch", 7);
		say(&w, client, "", 0);
	}
	say(&w, client, big, sizeof(big));
	finish(&w); /* the deadline */
	assert_false(w.seen);
	assert_int_equal(w.client.sin_port, htons(1234));
	close(client);
	close(stranger);
}

static void waiting_can_be_given_up(void **state)
{
	struct waiting w;
	start(&w);
	pf_punch_stop(&w.punch, handle_gone);
	w.done++;
	finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_that_punches_is_streamed_to),
		cmocka_unit_test(strangers_and_noise_are_not_listened_to),
		cmocka_unit_test(waiting_can_be_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
