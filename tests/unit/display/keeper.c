/* The keeper with a shell in the compositor's place. This program is its own keeper, as the host's is. */
#include "display/keeper.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "display/runtime_dir.h"
#include "os/clock.h"
#include "os/file.h"

static char root[] = "/tmp/pf-test-keeper-XXXXXX";

struct kept {
	struct pf_runtime_dir dir;
	struct pf_keeper keeper;
};

static struct kept start(const char *script)
{
	struct kept k;
	struct pf_env env = {0};
	pf_env_add_user(&env);
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};
	assert_int_equal(pf_runtime_dir_create(&k.dir, root, NULL), PF_OK);
	struct pf_keeper_params params = {
		.directory = k.dir.path, .lock_fd = k.dir.lock_fd, .argv = argv, .env = &env};
	pf_env_set(&env, "DIR", "%s", k.dir.path);
	assert_int_equal(pf_keeper_start(&k.keeper, &params, NULL), PF_OK);
	pf_env_finish(&env);
	pf_runtime_dir_unlock(&k.dir);
	return k;
}

/* The process number that the script wrote into a file of that name. */
static pid_t read_pid(const struct kept *k, const char *name)
{
	char path[128], *text;
	size_t len;
	snprintf(path, sizeof(path), "%s/%s", k->dir.path, name);
	for (int i = 0; i < 2000; i++) {
		if (pf_file_read(path, 64, &text, &len) == PF_OK) {
			pid_t pid = atoi(text);
			free(text);
			if (pid > 0)
				return pid;
		}
		pf_sleep_until_ns(pf_now_ns() + 5000000);
	}
	fail_msg("the script never wrote %s", name);
	return 0;
}

static void assert_gone(pid_t pid)
{
	for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++)
		pf_sleep_until_ns(pf_now_ns() + 5000000);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static int wait_for_end(struct kept *k, struct pf_reason *reason)
{
	for (int i = 0; i < 100; i++) {
		int rc = pf_keeper_check(&k->keeper, 100, reason);
		if (rc != PF_OK)
			return rc;
	}
	return PF_OK;
}

/* A daemon that left its session and parent, and one that ignores being asked. */
static const char *const stubborn =
	"setsid sh -c 'sh -c \"echo \\$\\$ > $DIR/daemon; exec sleep 1000\" &' ; "
	"(trap '' TERM; echo $(exec sh -c 'echo $PPID') > $DIR/deaf; while :; do sleep 0.01; done) & "
	"echo $$ > $DIR/main; wait";

static void stopping_ends_every_descendant(void **state)
{
	struct kept k = start(stubborn);
	pid_t main_pid = read_pid(&k, "main"), daemon_pid = read_pid(&k, "daemon"),
	      deaf = read_pid(&k, "deaf");
	assert_int_equal(pf_keeper_check(&k.keeper, 0, NULL), PF_OK);
	assert_true(pf_keeper_stop(&k.keeper));
	assert_gone(main_pid);
	assert_gone(daemon_pid);
	assert_gone(deaf);
	assert_int_equal(access(k.dir.path, F_OK), -1);
	assert_true(pf_keeper_stop(&k.keeper));
}

static void the_end_of_the_program_ends_the_rest(void **state)
{
	struct kept k =
		start("sleep 1000 & echo $! > $DIR/child; echo first >&2; echo the cause >&2; exit 3");
	struct pf_reason reason = {0};
	assert_int_equal(wait_for_end(&k, &reason), PF_ERR_CLOSED);
	assert_non_null(strstr(reason.text, "exited with 3"));
	assert_non_null(strstr(reason.text, "the cause"));
	assert_int_equal(pf_keeper_check(&k.keeper, 0, &reason), PF_ERR_CLOSED);
	assert_true(pf_keeper_stop(&k.keeper));
	assert_int_equal(access(k.dir.path, F_OK), -1);
}

static void what_was_said_last_can_be_asked_for(void **state)
{
	struct kept k = start("i=0; while [ $i -lt 300 ]; do echo \"line $i of many\"; i=$((i+1)); done; "
			      "echo $$ > $DIR/main; exec sleep 1000");
	read_pid(&k, "main");
	char tail[PF_KEEPER_TAIL_BYTES], last[40];
	pf_keeper_tail(&k.keeper, tail);
	assert_non_null(strstr(tail, "line 299 of many\n"));
	assert_null(strstr(tail, "line 1 of many\n"));
	pf_keeper_last_lines(tail, last, sizeof(last));
	assert_string_equal(last, "line 298 of many line 299 of many");
	assert_true(pf_keeper_stop(&k.keeper));
}

static void a_program_that_cannot_run_is_told(void **state)
{
	struct kept k;
	struct pf_env env = {0};
	char *argv[] = {(char *)"/no/such/program", NULL};
	assert_int_equal(pf_runtime_dir_create(&k.dir, root, NULL), PF_OK);
	struct pf_keeper_params params = {
		.directory = k.dir.path, .lock_fd = k.dir.lock_fd, .argv = argv, .env = &env};
	assert_int_equal(pf_keeper_start(&k.keeper, &params, NULL), PF_OK);
	pf_env_finish(&env);
	pf_runtime_dir_unlock(&k.dir);
	struct pf_reason reason = {0};
	assert_int_equal(wait_for_end(&k, &reason), PF_ERR_CLOSED);
	assert_non_null(strstr(reason.text, "127"));
	assert_true(pf_keeper_stop(&k.keeper));
}

static void a_keeper_starts_no_keepers(void **state)
{
	struct pf_keeper k;
	struct pf_env env = {0};
	struct pf_reason reason = {0};
	setenv(PF_KEEPER_MARK, "1", 1);
	assert_int_equal(
		pf_keeper_start(&k, &(struct pf_keeper_params){.env = &env}, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "display-keeper"));
	unsetenv(PF_KEEPER_MARK);
	assert_true(pf_keeper_stop(&k));
}

static void last_lines_fit(void **state)
{
	char out[12];
	pf_keeper_last_lines("", out, sizeof(out));
	assert_string_equal(out, "");
	pf_keeper_last_lines("\n\n", out, sizeof(out));
	assert_string_equal(out, "");
	pf_keeper_last_lines("one\ntwo\n", out, sizeof(out));
	assert_string_equal(out, "one two");
	pf_keeper_last_lines("something long\nshort\n", out, sizeof(out));
	assert_string_equal(out, "short");
	pf_keeper_last_lines("only one line", out, sizeof(out));
	assert_string_equal(out, "ly one line");
	pf_keeper_last_lines("x\n12345678901\n", out, sizeof(out));
	assert_string_equal(out, "12345678901");
}

static int make_root(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	return rmdir(root);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "display-keeper"))
		return pf_cli_display_keeper(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopping_ends_every_descendant),
		cmocka_unit_test(the_end_of_the_program_ends_the_rest),
		cmocka_unit_test(what_was_said_last_can_be_asked_for),
		cmocka_unit_test(a_program_that_cannot_run_is_told),
		cmocka_unit_test(a_keeper_starts_no_keepers),
		cmocka_unit_test(last_lines_fit),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
