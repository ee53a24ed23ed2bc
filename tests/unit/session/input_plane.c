/* The net loop's side of a backend: when it is flushed, and that one which is gone costs nothing more. */
#include "session/input_plane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"

static uv_loop_t loop;
static struct pf_input_plane *plane;
static int ends[2], flush_answer;
static unsigned flushes;

static int fd(const struct pf_input *in)
{
	return ends[0];
}

static int flush(struct pf_input *in)
{
	flushes++;
	return flush_answer;
}

/* As of a backlog that is late already. */
static int64_t due_ns(const struct pf_input *in)
{
	return flush_answer == PF_ERR_CLOSED ? 1 : INT64_MAX;
}

static const struct pf_input_impl impl = {.name = "fake", .fd = fd, .flush = flush, .due_ns = due_ns};
static struct pf_input backend = {.impl = &impl};

static int set_up(void **state)
{
	flushes = 0;
	flush_answer = PF_OK;
	uv_loop_init(&loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pf_input_plane_create(&plane, &loop, PF_KEYS_NATIVE), PF_OK);
	pf_input_plane_aim(plane, &backend);
	return 0;
}

static int tear_down(void **state)
{
	pf_input_plane_destroy(plane);
	uv_run(&loop, UV_RUN_DEFAULT);
	close(ends[0]);
	close(ends[1]);
	return uv_loop_close(&loop);
}

static void what_the_other_side_says_is_taken(void **state)
{
	unsigned before = flushes;
	assert_int_equal(write(ends[1], "x", 1), 1);
	uv_run(&loop, UV_RUN_ONCE);
	assert_true(flushes > before);
}

static void a_release_that_found_no_room_is_sent_later(void **state)
{
	flush_answer = PF_ERR_AGAIN;
	pf_input_plane_release(plane);
	unsigned before = flushes;
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_true(flushes > before);
}

static void a_backend_that_is_gone_is_left_alone(void **state)
{
	flush_answer = PF_ERR_CLOSED;
	close(ends[1]);
	ends[1] = -1;
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	unsigned told = flushes;
	assert_int_not_equal(told, 0);
	for (int64_t end_ns = pf_now_ns() + 20000000; pf_now_ns() < end_ns;)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(flushes, told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_other_side_says_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_release_that_found_no_room_is_sent_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_backend_that_is_gone_is_left_alone, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
