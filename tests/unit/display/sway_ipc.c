#include "display/sway_ipc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"

/* A sway that takes one connection, reads the command and says what it was told to say. */
struct fake {
	char directory[64], path[80];
	int listener;
	const char *reply;
	uint32_t claimed_len; /* 0 = the truth */
	const char *magic;
	bool silent;
	char command[256];
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct fake *f = arg;
	int fd = accept(f->listener, NULL, NULL);
	char head[14];
	uint32_t len = 0, type = 0;
	if (recv(fd, head, sizeof(head), MSG_WAITALL) == sizeof(head)) {
		memcpy(&len, head + 6, 4);
		if (len < sizeof(f->command) && recv(fd, f->command, len, MSG_WAITALL) == (ssize_t)len)
			f->command[len] = 0;
	}
	if (!f->silent) {
		len = f->claimed_len ? f->claimed_len : (uint32_t)strlen(f->reply);
		memcpy(head, f->magic, 6);
		memcpy(head + 6, &len, 4);
		memcpy(head + 10, &type, 4);
		send(fd, head, sizeof(head), MSG_NOSIGNAL);
		send(fd, f->reply, strlen(f->reply), MSG_NOSIGNAL);
	} else {
		recv(fd, head, 1, 0); /* until the other side gives up */
	}
	close(fd);
	return NULL;
}

static void fake_start(struct fake *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(f->directory, "/tmp/pf-ipc-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/s", f->directory);
	strcpy(address.sun_path, f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(f->listener, 1), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void fake_stop(struct fake *f)
{
	pthread_join(f->thread, NULL);
	close(f->listener);
	unlink(f->path);
	rmdir(f->directory);
}

static int ask(struct fake *f, int64_t patience_ns, struct pf_reason *reason)
{
	if (!f->magic)
		f->magic = "i3-ipc";
	fake_start(f);
	int rc = pf_sway_command(f->path, "output X enable", pf_now_ns() + patience_ns, reason);
	fake_stop(f);
	return rc;
}

static void a_command_that_sway_takes_succeeds(void **state)
{
	struct fake f = {.reply = "[ { \"success\": true } ]"};
	assert_int_equal(ask(&f, 5000000000, NULL), PF_OK);
	assert_string_equal(f.command, "output X enable");
}

static void a_refusal_carries_the_words_of_sway(void **state)
{
	struct fake f = {.reply = "[ { \"success\": false, \"error\": \"Unknown output\" } ]"};
	struct pf_reason reason = {0};
	assert_int_equal(ask(&f, 5000000000, &reason), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "Unknown output"));
	assert_non_null(strstr(reason.text, "output X enable"));
}

static void answers_that_are_none_are_refused(void **state)
{
	static const struct fake bad[] = {
		{.reply = ""},
		{.reply = "null"},
		{.reply = "[ 7 ]"},
		{.reply = "[ { \"success\": true } ]", .magic = "i4-ipc"},
		{.reply = "[ { \"success\": true } ]", .claimed_len = 0xffffffff},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake f = bad[i];
		assert_int_equal(ask(&f, 5000000000, NULL), PF_ERR_INVALID);
	}
}

static void an_answer_that_breaks_off_is_no_success(void **state)
{
	struct fake f = {.reply = "[ { \"succ", .claimed_len = 100};
	assert_int_equal(ask(&f, 5000000000, NULL), PF_ERR_CLOSED);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct fake f = {.reply = "", .silent = true};
	assert_int_equal(ask(&f, 50000000, NULL), PF_ERR_TIMEOUT);
}

static void nobody_there_is_an_error(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(pf_sway_command("/nonexistent/s", "x", pf_now_ns() + 1000000, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "/nonexistent/s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_that_sway_takes_succeeds),
		cmocka_unit_test(a_refusal_carries_the_words_of_sway),
		cmocka_unit_test(answers_that_are_none_are_refused),
		cmocka_unit_test(an_answer_that_breaks_off_is_no_success),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(nobody_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
