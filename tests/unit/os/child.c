#include "os/child.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static struct pf_child spawn(const char *script, const struct pf_env *env, int out)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	const int fds[] = {-1, out, STDERR_FILENO};
	struct pf_child child = {0};
	assert_int_equal(pf_child_spawn(&child, &(struct pf_child_params){.path = "/bin/sh",
							.argv = argv,
							.env = env,
							.directory = "/",
							.fds = fds,
							.fd_count = 3,
							.own_session = true}),
		PF_OK);
	return child;
}

static void run(const char *script, const struct pf_env *env, char *out, size_t cap)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct pf_child child = spawn(script, env, fds[1]);
	close(fds[1]);
	size_t len = 0;
	for (ssize_t n; len < cap - 1 && (n = read(fds[0], out + len, cap - 1 - len)) > 0;)
		len += (size_t)n;
	out[len] = 0;
	close(fds[0]);
	int status = -1;
	assert_int_equal(pf_child_wait(&child, 10000, &status), PF_OK);
	assert_int_equal(status, 0);
	assert_int_equal(child.pid, 0);
}

static void children_know_what_they_are_given(void **state)
{
	setenv("PF_TEST_SECRET", "hunter2", 1);
	struct pf_env env = {0};
	pf_env_add_user(&env);
	pf_env_set(&env, "GIVEN", "%d", 1);
	pf_env_set(&env, "GIVEN", "%s and %d", "two", 3);
	/* An open descriptor without CLOEXEC must not get through either. */
	int open_fd = open("/dev/null", O_RDONLY);
	char out[4096];
	run("env; pwd; ls /proc/self/fd | tr '\\n' ' '; cat", &env, out, sizeof(out));
	close(open_fd);
	assert_null(strstr(out, "hunter2"));
	assert_non_null(strstr(out, "GIVEN=two and 3\n"));
	assert_null(strstr(out, "GIVEN=1"));
	assert_non_null(strstr(out, "\n/\n"));
	/* 3 is ls's own. */
	assert_non_null(strstr(out, "\n0 1 2 3 "));
	assert_null(strstr(out, "2 3 4"));
	pf_env_finish(&env);
}

static void signals_are_as_at_birth(void **state)
{
	struct pf_env env = {0};
	pf_env_add_user(&env);
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	char out[256];
	run("grep -E 'Sig(Blk|Ign)' /proc/self/status", &env, out, sizeof(out));
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	unsigned long long blocked = 1, ignored = 1;
	assert_int_equal(sscanf(out, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are the C library's own and it may ignore them in children. */
	assert_int_equal(ignored & ~(3ull << 31), 0);
	pf_env_finish(&env);
}

static void descriptors_may_be_given_in_any_order(void **state)
{
	struct pf_env env = {0};
	pf_env_add_user(&env);
	int pair[2];
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	/* Low sources that are targets of others too. */
	int low = dup(pair[1]);
	const int fds[] = {-1, low, low, pair[0], 1, 0, 2, pair[1]};
	char *argv[] = {
		(char *)"sh", (char *)"-c", (char *)"echo one; echo two >&2; echo eight >&7; exit 5", NULL};
	struct pf_child child;
	assert_int_equal(
		pf_child_spawn(&child,
			&(struct pf_child_params){
				.path = "/bin/sh", .argv = argv, .env = &env, .fds = fds, .fd_count = 8}),
		PF_OK);
	int status;
	assert_int_equal(pf_child_wait(&child, 10000, &status), PF_OK);
	assert_int_equal(WEXITSTATUS(status), 5);
	char out[64] = {0};
	assert_int_equal(read(pair[0], out, sizeof(out) - 1), 14);
	assert_string_equal(out, "one\ntwo\neight\n");
	close(low);
	close(pair[0]);
	close(pair[1]);
	pf_env_finish(&env);
}

static void waiting_is_bounded_and_killing_works(void **state)
{
	struct pf_env env = {0};
	pf_env_add_user(&env);
	struct pf_child child = spawn("exec sleep 1000", &env, -1);
	assert_int_equal(pf_child_wait(&child, 0, NULL), PF_ERR_TIMEOUT);
	assert_int_equal(pf_child_wait(&child, 20, NULL), PF_ERR_TIMEOUT);
	pf_child_kill(&child, SIGKILL);
	int status;
	assert_int_equal(pf_child_wait(&child, 10000, &status), PF_OK);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Reaped: nobody is signalled, nothing is waited for. */
	pf_child_kill(&child, SIGKILL);
	assert_int_equal(pf_child_wait(&child, 0, NULL), PF_OK);
	pf_env_finish(&env);
}

static void failures_have_codes(void **state)
{
	struct pf_env env = {0};
	struct pf_child child = {.pid = 0};
	char *argv[] = {(char *)"x", NULL};
	const int fds[] = {-1, -1, -1};
	struct pf_child_params p = {
		.path = "/no/such/program", .argv = argv, .env = &env, .fds = fds, .fd_count = 3};
	assert_int_equal(pf_child_spawn(&child, &p), PF_ERR_IO);
	p.fd_count = 2;
	assert_int_equal(pf_child_spawn(&child, &p), PF_ERR_INVALID);
	assert_int_equal(child.pid, 0);
	for (int i = 0; i <= PF_ENV_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "V%d", i);
		assert_false(env.failed);
		pf_env_set(&env, name, "x");
	}
	assert_true(env.failed);
	p.fd_count = 3;
	assert_int_equal(pf_child_spawn(&child, &p), PF_ERR_NOMEM);
	pf_env_finish(&env);
}

static void programs_are_found_in_path(void **state)
{
	char out[PATH_MAX], tiny[4];
	assert_int_equal(pf_program_find("sh", out, sizeof(out)), PF_OK);
	assert_int_equal(access(out, X_OK), 0);
	assert_int_equal(pf_program_find("sh", tiny, sizeof(tiny)), PF_ERR_LIMIT);
	assert_int_equal(pf_program_find("no-such-program", out, sizeof(out)), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_program_find("/bin/sh", out, sizeof(out)), PF_OK);
	assert_int_equal(pf_program_find("/etc/passwd", out, sizeof(out)), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_program_find("/usr", out, sizeof(out)), PF_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_know_what_they_are_given),
		cmocka_unit_test(signals_are_as_at_birth),
		cmocka_unit_test(descriptors_may_be_given_in_any_order),
		cmocka_unit_test(waiting_is_bounded_and_killing_works),
		cmocka_unit_test(failures_have_codes),
		cmocka_unit_test(programs_are_found_in_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
